"""The words of the ways of identity, in Traditional Chinese or English."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources

from pbvote.core.rules.ruleset import Ruleset
from pbvote.core.rules.ways import WAYS, WayOfIdentity
from pbvote.words.catalogue import paired


@cache
def texts() -> dict[str, dict[str, dict[str, str]]]:
    """``{way: {key: {"zh": …, "en": …}}}`` as ``ways.toml`` has it."""
    source = resources.files("pbvote.words").joinpath("ways.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def name(way: str, language: str) -> str:
    """What a way is called; the name of an unknown one as it stands."""
    return paired(texts()[way]["name"], language) if way in WAYS else way


def lead(way: WayOfIdentity, language: str) -> str:
    """What is going to be asked, before it is."""
    return paired(texts()[way.name]["lead"], language)


def service(way: WayOfIdentity, language: str) -> str:
    """What the service outside is called."""
    return paired(texts()[way.name]["service"], language)


def choices(offered: Iterable[WayOfIdentity], language: str) -> list[tuple[str, str]]:
    """Ways with the words that offer them in the call form."""
    return [(way.name, paired(texts()[way.name]["choice"], language)) for way in offered]


def sentence(ruleset: Ruleset, language: str) -> str:
    """How identities are checked, in the rules that everybody reads."""
    way = ruleset.way
    key = "sentence-with-desk" if ruleset.has_desk and not way.at_desk else "sentence"
    return paired(texts()[way.name][key], language)
