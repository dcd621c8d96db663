"""The command line and what it drives: Pabulib files, the voter's client, rehearsal, demo."""
