"""The count: a function of ballots, projects and rule; importing any part of it makes the methods known."""

from pbvote.core.tally import methods as methods
