"""Counting Pabulib files at the desk: one rule, all rules side by side, and invented elections."""
