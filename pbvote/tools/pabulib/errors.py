"""What can be wrong at the desk."""

from __future__ import annotations

from pbvote.core.errors import InvalidInput


class SeedMissing(InvalidInput):
    """A lot was asked for without its seed (fact ``field``)."""

    code = "elections.tie-seed"


class TraceUnreadable(InvalidInput):
    """A line that is no line of a trace (facts ``file``, ``line``)."""

    code = "elections.trace-unreadable"


class FileUnreadable(InvalidInput):
    """A file that cannot be opened (fact ``file``)."""

    code = "elections.unreadable"


class TooLarge(InvalidInput):
    """A number beyond what an invented election may have (facts ``field``, ``value``)."""

    code = "elections.too-large"
