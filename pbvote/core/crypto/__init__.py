"""Blind signatures, sealing, credentials, service signatures, key files and shared keys."""
