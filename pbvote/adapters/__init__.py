"""The outside world behind the ports of :mod:`pbvote.runtime`."""
