"""The rules of a call: what is open when, who may vote, which ballots count, who wins."""
