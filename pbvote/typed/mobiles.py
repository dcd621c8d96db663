"""Taiwanese mobile numbers as people type them: ``0912-345-678``, ``+886 912 345 678``, full width."""

from __future__ import annotations

import re
from typing import Final

from pbvote.core.letters import narrow, without_invisible
from pbvote.typed.errors import NotAMobile

_MARKS: Final = str.maketrans("", "", " -‐‑‒–—−.()·　\t")
_NUMBER = re.compile(r"(?:(?:\+|00)?886(?:0)?|0)(9[0-9]{8})")


def mobile_of(text: str, *, field: str = "phone") -> str:
    """A mobile number of Taiwan in international form: ``+886912345678``.

    Raises:
        NotAMobile: anything else, numbers of other countries and of telephones at home too.
    """
    plain = narrow(without_invisible(text)).translate(_MARKS) if len(text) <= 60 else ""
    found = _NUMBER.fullmatch(plain)
    if found is None:
        raise NotAMobile(field=field)
    return f"+886{found[1]}"


def masked_mobile(number: str) -> str:
    """A number as a page shows it: ``0912-***-678``."""
    local = f"0{number.removeprefix('+886')}"
    return f"{local[:4]}-***-{local[-3:]}"
