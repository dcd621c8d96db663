"""Outlines of counties, towns and villages: real ones from open data, and those of the invented city.

``python tools/outlines.py`` makes the files, ``python tools/invented_city.py`` those of the city that
demonstrations live in. Both are read when first needed.
"""
