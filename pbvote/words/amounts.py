"""What an amount that somebody typed is read as, in a sentence for the page on which they type it."""

from __future__ import annotations

from pbvote.typed.errors import NotMoney
from pbvote.typed.numbers import money_of
from pbvote.words.catalogue import gettext as _
from pbvote.words.errors import sentence
from pbvote.words.formats import money


def understood(typed: str) -> str:
    """What an amount that somebody typed is read as, ``讀成 850,000 元``, or why it cannot be read."""
    if not typed.strip():
        return ""
    try:
        return _("讀成 %(amount)s", amount=money(money_of(typed, field="")))
    except NotMoney as error:
        return sentence(error)
