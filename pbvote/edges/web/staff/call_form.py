"""What the pages of a call's fields need of the list of fields."""

from __future__ import annotations

import json
from typing import Any

from pbvote.core.rules.ways import WAYS
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import fields
from pbvote.rooms.calls.layout import When
from pbvote.rooms.calls.values import Values, field_named, in_effect, row_count, row_lists, shown_values
from pbvote.words.call_fields import label_of
from pbvote.words.choices import WORDS, Offers, offered


def offers(rt: Runtime) -> dict[str, Offers]:
    """The values of every choice with their words; without those that this service does not run."""
    found = {words: offered(words) for words in WORDS}
    found["verification"] = [each for each in found["verification"] if rt.offers(WAYS[each[0]])]
    return found


def shown_among(when: When) -> str:
    """The values for which a field is shown, as the page's script reads them; nothing chosen is the usual."""
    values = [str(value) for value in when.among()]
    other = field_named(when.name)
    usual = [""] if other is not None and str(other.default) in values else []
    return json.dumps(values + usual)


def page_values(rt: Runtime, values: Values, *, more: str = "") -> dict[str, Any]:
    """What the templates of the fields need; ``more``: a list that shows one row more than it has."""
    return {
        "sections": fields.SECTIONS,
        "values": shown_values(values),
        "offers": offers(rt),
        "shown_among": shown_among,
        "holds": lambda when: in_effect(values, when),
        "label_of": label_of,
        "counts": {
            rows.name: max(rows.fewest, row_count(values, rows) + (more == rows.name)) for rows in row_lists()
        },
    }
