"""The check-in (報到): who somebody is, with a cookie of its own."""
