"""The ballot: what a legal choice is, its bytes, how it is sealed, and the receipt for it."""
