"""The pages of the demo city; production never loads them."""
