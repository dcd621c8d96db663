"""What the service does, a room for each of the field's nouns; no Flask, no network."""
