"""The offline verifier: ``python -m pbvote.verifier``."""
