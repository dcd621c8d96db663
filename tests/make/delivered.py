"""A certified call whose winners are carried out: projects 2 and 3 of one district, and 5 of the other."""

from __future__ import annotations

from pbvote.platform.runtime import Runtime
from pbvote.rooms.delivery import service
from tests.make.polls import Poll, moderated_poll

BALLOTS = {0: (2, 3), 3: (2,), 6: (2, 3), 1: (3,), 2: (4,), 5: (5,), 8: (5,)}
WINNERS = (2, 3, 5)


def certified_poll(rt: Runtime, **values: str) -> Poll:
    """A call with a certified result, just now; nothing is taken up yet."""
    poll = moderated_poll(rt, values=values)
    poll.freeze()
    poll.open_voting()
    for number, chosen in BALLOTS.items():
        poll.vote(number, *chosen)
    poll.close()
    poll.open_box()
    poll.certify()
    return poll


def delivered_poll(rt: Runtime, **values: str) -> Poll:
    """The same, with its winners taken up."""
    poll = certified_poll(rt, **values)
    service.take_up(rt)
    return poll


def said(**changes: str) -> dict[str, str]:
    """What an officer types into the form of an update."""
    return {"state": "approved", "since_on": "", "spent_twd": "", "note": ""} | changes
