"""The pure core: values in, values out.

Everything an auditor has to read lives here. No framework, no database, no network, no clock and no
chance (randomness is drawn in :mod:`pbvote.core.crypto` alone).
"""
