"""Pages of residents who propose."""
