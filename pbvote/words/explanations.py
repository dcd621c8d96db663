"""Explanations as sentences, in Traditional Chinese or English, for the page and the command line alike."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Final

from pbvote.core.tally.again import Support
from pbvote.core.tally.explain import Place, Standing
from pbvote.core.tally.options import Score
from pbvote.core.tally.outcome import Fate
from pbvote.words.catalogue import paired
from pbvote.words.plural import filled

MOST_PAID: Final = 4
"""How many of the winners that the supporters paid for are named; the largest amounts first."""


@cache
def _texts() -> dict[str, dict[str, str]]:
    source = resources.files("pbvote.words").joinpath("explanations.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def say(key: str, language: str, **facts: object) -> str:
    """The text of a key."""
    return filled(paired(_texts()[key], language), facts)


def tie_key(key: str, language: str) -> str:
    """Who comes first by a key of a tie order."""
    return paired(_texts()[f"tie-{key}"], language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """How explanations are worded for one reader.

    ``money`` turns whole units into an amount; ``groups`` names tracks; ``titles`` names projects by
    number; ``score`` is the rule's kind of score (votes, points or positional); ``pools``: what districts
    leave is given out once more; ``weighted``: a ballot may count as several votes, so that what was missing
    is told in votes, not in people. Explanations and rows are the JSON of
    :class:`pbvote.core.tally.explain.Explanation` and :class:`pbvote.core.tally.outcome.TraceRow`.
    """

    language: str
    money: Callable[[int], str]
    score: str = Score.VOTES.value
    groups: Mapping[str, str]
    titles: Mapping[int, str] = field(default_factory=dict)
    pools: bool = False
    weighted: bool = False

    def say(self, key: str, **facts: object) -> str:
        """The text of a key."""
        return say(key, self.language, **facts)

    def scored(self, score: int) -> str:
        """A score with its unit."""
        unit = "votes" if self.score == Score.VOTES else "points"
        return self.say(f"score-{unit}-one" if score == 1 else f"score-{unit}", score=f"{score:,}")

    def tie_keys(self, keys: Iterable[str]) -> str:
        """The keys that decided a tie, one after the other."""
        return self.say("comma").join(tie_key(key, self.language) for key in keys)

    def standing(self, standing: str, place: int = 0) -> str:
        """Whether a project won, in a word or two."""
        return self.say(f"standing-{standing}", place=place)

    # ---- the parts of an explanation

    def headline(self, found: Mapping[str, Any], standing: str = Standing.LOST, place: int = 0) -> str:
        """The one sentence about a project, with the one number that counting again confirms.

        ``place``: of a runner-up among runners-up.
        """
        row = found["reason"]
        if standing in (Standing.COVERED, Standing.WITHDRAWN) or Fate(row["fate"]) in _SAID_BY_ROW:
            return self.reason(row)
        if standing in (Standing.WON, Standing.POOLED):
            if row.get("group") and Fate(row["fate"]) is Fate.SELECTED:
                return self.reason(row)
            return self.say(f"told-{standing}", score=self.scored(row["score"]), place=row["rank"])
        stands, lacked = self.standing(standing, place), self.lacked(found)
        if not lacked:
            return self.say("told-plain", standing=stands)
        return self.say("told", standing=stands, lacked=lacked)

    def lacked(self, found: Mapping[str, Any]) -> str:
        """What was missing, with the one number; nothing where that is not known."""
        more = found.get("more_support", 0)
        for key in ("nobody_voted", "over_budget", "hopeless"):
            if found.get(key):
                return self.say(key.replace("_", "-"))
        if not more:
            return ""
        if found["support"] != Support.VOTERS:
            return self.say("lacked-score", more=self.scored(more))
        key = ("lacked-vote" if self.weighted else "lacked-voter") + ("s" if more > 1 else "")
        return self.say(key, more=f"{more:,}", fewer=f"{more - 1:,}")

    def reasons(self, found: Mapping[str, Any]) -> list[str]:
        """Why, in plain words: what kept it out, the winner that it is compared with, and the money left."""
        row = found["reason"]
        fate = Fate(row["fate"])
        if fate in _SAID_BY_ROW or fate is Fate.SELECTED:
            return []
        said = [self.reason(row)]
        if found.get("beyond_threshold"):
            said.append(self.say("not-the-threshold-alone"))
        if "lost_to" in found:
            keys = self.tie_keys(found["decided_by"])
            said.append(self.say("tie-lost", lost_to=self.project(found["lost_to"]), keys=keys))
        said += [self._rival(each, found) for each in found.get("rivals", ())]
        return said + self._left(found)

    def arithmetic(self, found: Mapping[str, Any]) -> list[str]:
        """How the number was found, where the supporters' shares went, and the cost that would have won."""
        said = []
        more = found.get("more_support", 0)
        if more:
            facts: dict[str, object] = {"more": f"{more:,}", "fewer": f"{more - 1:,}"}
            key = "shows-voters-points" if found.get("each_gives") else "shows-voters"
            if found["support"] != Support.VOTERS:
                key, facts = "shows-score", {"more": self.scored(more), "fewer": self.scored(more - 1)}
            said.append(self.say(key, each=found.get("each_gives", 0), **facts))
        if "money" in found:
            said += self._money(found["money"])
        if "largest_cost" in found:
            key = "cost-shares" if found.get("support") == Support.VOTERS else "largest-cost"
            said.append(self.say(key, largest_cost=self.money(found["largest_cost"])))
        return said

    def explanation(self, found: Mapping[str, Any], standing: str = "", place: int = 0) -> list[str]:
        """Everything: the one sentence, why, and the arithmetic."""
        if not standing:
            standing = Standing.WON if found["reason"]["fate"] == Fate.SELECTED else Standing.LOST
        return [self.headline(found, standing, place), *self.reasons(found), *self.arithmetic(found)]

    def reason(self, row: Mapping[str, Any]) -> str:
        """Why a project won or did not, in one sentence about its turn in the count."""
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
            threshold=self.scored(row["score"] + row["missing"]),
            cost=self.money(row["cost"]),
            missing=self.money(row["missing"]),
            money_left=self.money(row["money_left"]),
        )

    def project(self, number: int) -> str:
        """A project as a sentence names it."""
        title = self.titles.get(number, "")
        return self.say("project-titled" if title else "project", number=number, title=title)

    # ---- parts of parts

    def _rival(self, rival: Mapping[str, Any], found: Mapping[str, Any]) -> str:
        key = f"rival-{rival['place']}"
        if rival["place"] == Place.SMALLER and found["reason"]["fate"] == Fate.UNAFFORDABLE:
            key = "rival-smaller-shares"
        return self.say(
            key,
            rival=self.project(rival["project"]),
            score=self.scored(rival["score"]),
            cost=self.money(rival["cost"]),
        )

    def _left(self, found: Mapping[str, Any]) -> list[str]:
        left = found.get("left", 0)
        if not left or Fate(found["reason"]["fate"]) not in _FOR_WANT_OF_MONEY:
            return []
        key = "left-too-little" if left < found.get("least_cost", 0) else "left-unused"
        return [self.say("left-pooled" if self.pools else key, left=self.money(left))]

    def _money(self, money: Mapping[str, Any]) -> list[str]:
        amounts = {"at_start": self.money(money["at_start"]), "at_end": self.money(money["at_end"])}
        said = [self.say("money-at-start", **amounts)]
        if money["short_in"]:
            said.append(self.say("short-in", short_in=money["short_in"]))
        else:
            said.append(self.say("short-from-start"))
        paid = sorted(money["paid"], key=lambda each: (-each["money"], each["project"]))
        named = [
            self.say("paid-item", rival=self.project(each["project"]), money=self.money(each["money"]))
            for each in paid[:MOST_PAID]
            if each["money"]
        ]
        if len(paid) > MOST_PAID:
            named.append(self.say("paid-more", count=len(paid) - MOST_PAID))
        if named:
            said.append(self.say("paid", paid=self.say("comma").join(named)))
        return said


_SAID_BY_ROW = (Fate.COVERED, Fate.WITHDRAWN)
_FOR_WANT_OF_MONEY = (Fate.DID_NOT_FIT, Fate.STOPPED, Fate.UNAFFORDABLE)
