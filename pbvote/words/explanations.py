"""Explanations as sentences, in Traditional Chinese or English, for the page and the command line alike."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from pbvote.core.tally.options import Score
from pbvote.core.tally.outcome import Fate
from pbvote.words.plural import filled

MOST_PAID: Final = 4
"""How many of the winners that the supporters paid for are named; the largest amounts first."""


@cache
def _texts() -> dict[str, dict[str, str]]:
    source = resources.files("pbvote.words").joinpath("explanations.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def say(key: str, language: str, **facts: object) -> str:
    """The text of a key."""
    return filled(_texts()[key][language], facts)


def tie_key(key: str, language: str) -> str:
    """Who comes first by a key of a tie order."""
    return _texts()[f"tie-{key}"][language]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """How explanations are worded for one reader.

    ``money`` turns whole units into an amount; ``groups`` names tracks; ``score`` is the rule's kind of
    score (votes, points or positional). Explanations and rows are the JSON of
    :class:`pbvote.core.tally.explain.Explanation` and :class:`pbvote.core.tally.outcome.TraceRow`.
    """

    language: str
    money: Callable[[int], str]
    score: str = Score.VOTES.value
    groups: Mapping[str, str]

    def say(self, key: str, **facts: object) -> str:
        """The text of a key."""
        return say(key, self.language, **facts)

    def scored(self, score: int) -> str:
        """A score with its unit."""
        return self._scored(score, "votes" if self.score == Score.VOTES else "points")

    def _scored(self, score: int, unit: str) -> str:
        return self.say(f"score-{unit}-one" if score == 1 else f"score-{unit}", score=f"{score:,}")

    def tie_keys(self, keys: Iterable[str]) -> str:
        """The keys that decided a tie, one after the other."""
        return self.say("comma").join(tie_key(key, self.language) for key in keys)

    def reason(self, row: Mapping[str, Any]) -> str:
        """Why a project won or did not, in one sentence."""
        fate = Fate(row["fate"])
        group = self.groups.get(row.get("group", ""), row.get("group", ""))
        key = fate.value
        if fate is Fate.SELECTED and group:
            key = "quota"
        if fate is Fate.UNAFFORDABLE and not row["score"]:
            key = "unsupported"
        if fate is Fate.OVER_CAP:
            key = "over-cap-money" if row["missing"] else "over-cap-number"
        return self.say(
            key,
            place=row["rank"],
            group=group,
            by=row.get("by", 0),
            stopped_by=row["stopped_by"],
            score=self.scored(row["score"]),
            missing_score=self.scored(row["missing"]),
            missing_votes=self._scored(row["missing"], "votes"),
            missing=self.money(row["missing"]),
            money_left=self.money(row["money_left"]),
        )

    def explanation(self, found: Mapping[str, Any]) -> list[str]:
        """The reason, what became of the supporters' money, and what would have changed the result."""
        sentences = [self.reason(found["reason"])]
        if found.get("nobody_voted"):
            return [self.say("nobody-voted"), *sentences]
        if "lost_to" in found:
            keys = self.tie_keys(found["decided_by"])
            sentences.append(self.say("tie-lost", lost_to=found["lost_to"], keys=keys))
        if "money" in found:
            sentences += self._money(found["money"])
        if found["reason"]["fate"] in (Fate.SELECTED, Fate.WITHDRAWN):
            return sentences
        if "more_support" in found:
            more = found["more_support"]
            if "money" in found:
                key = "more-supporters-one" if more == 1 else "more-supporters"
                sentences.append(self.say(key, more_supporters=f"{more:,}"))
            else:
                sentences.append(self.say("more-score", more_score=self.scored(more)))
        else:
            sentences.append(self.say("no-help"))
        if "largest_cost" in found:
            sentences.append(self.say("largest-cost", largest_cost=self.money(found["largest_cost"])))
        return sentences

    def _money(self, money: Mapping[str, Any]) -> list[str]:
        sentences = [
            self.say(
                "money-at-start", at_start=self.money(money["at_start"]), at_end=self.money(money["at_end"])
            )
        ]
        if money["short_in"]:
            sentences.append(self.say("short-in", short_in=money["short_in"]))
        else:
            sentences.append(self.say("short-from-start"))
        paid = sorted(money["paid"], key=lambda each: (-each["money"], each["project"]))
        named = [
            self.say("paid-item", number=each["project"], money=self.money(each["money"]))
            for each in paid[:MOST_PAID]
            if each["money"]
        ]
        if len(paid) > MOST_PAID:
            named.append(self.say("paid-more", count=len(paid) - MOST_PAID))
        if named:
            sentences.append(self.say("paid", paid=self.say("comma").join(named)))
        return sentences
