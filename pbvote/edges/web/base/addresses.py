"""What may stand in an address."""

from __future__ import annotations

from werkzeug.routing import IntegerConverter, Map

_LARGEST = 2**31 - 1  # what a column of ids holds; beyond it there is no such page


class NumberConverter(IntegerConverter):
    """``<number:proposal_id>``: an id of one of our tables."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=_LARGEST)
