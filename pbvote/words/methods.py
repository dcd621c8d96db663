"""What the methods of counting are called and how they are told, in Traditional Chinese or English."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from pbvote.core.tally.method import METHODS, Column, Method
from pbvote.core.tally.options import CountOptions
from pbvote.words.catalogue import paired


@cache
def texts() -> dict[str, dict[str, Any]]:
    """``{method: {key: {"zh": …, "en": …}}}`` as ``methods.toml`` has it."""
    source = resources.files("pbvote.words").joinpath("methods.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def name(method: Method, language: str) -> str:
    """What a method is called."""
    return paired(texts()[method.name]["name"], language)


def choices(language: str) -> list[tuple[str, str]]:
    """Every method with the words that offer it, in the order of the list of methods."""
    return [(key, paired(texts()[key]["choice"], language)) for key in METHODS]


def names(language: str) -> list[tuple[str, str]]:
    """Every method with its name, in the order of the list of methods."""
    return [(key, name(method, language)) for key, method in METHODS.items()]


def sentences(rule: CountOptions, language: str) -> list[str]:
    """How a rule's method counts, in sentences that need no mathematics."""
    words = texts()[rule.method.name]
    told = words.get(f"sentence-{rule.score}", words["sentence"])
    first = rule.positions[0] if rule.positions else 0
    pairs = zip(told["zh"], told["en"], strict=True)
    return [paired({"zh": zh, "en": en}, language).format(first=first) for zh, en in pairs]


def heading(method: Method, column: Column, language: str) -> str:
    """What heads a column in a comparison of rules."""
    return paired(texts()[method.name]["column"][column.name], language)
