"""Freeze, close, open, count, certify and publish a vote (定案, 截止, 開票, 計票, 審定, 公告).

Joins moderation, registrar and ballot box, which never meet. Officers' acts are in ``service``; what
follows from them across the two databases is done by the worker through ``steps``.
"""
