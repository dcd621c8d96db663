"""What became of a project, as every page says it: one standing, one sentence, why, and the arithmetic.

All of it comes from the explanation that the worker stored (:mod:`pbvote.rooms.counting.explaining`), so
that a card, a project's page, its author's list and the result can never say two numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pbvote.core.rules.winner_rule import LeftOver
from pbvote.core.tally.explain import Standing
from pbvote.core.tally.options import Score
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting.queries import ToldView
from pbvote.words import names
from pbvote.words.catalogue import gettext as _
from pbvote.words.explanations import Sentences
from pbvote.words.formats import money
from pbvote.words.language import language


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A project's outcome in words.

    ``tag``: two or three words; ``lacked``: what was missing, for where the tag stands beside it;
    ``headline``: both in one sentence.
    """

    standing: Standing
    tag: str
    lacked: str
    headline: str
    score: str
    reasons: tuple[str, ...]
    arithmetic: tuple[str, ...]
    district: str

    @property
    def funded(self) -> bool:
        """Whether the result funds it."""
        return self.standing.funded


def sentences_of(call: CallView, titles: Mapping[int, str] | None = None) -> Sentences:
    """The wording of a call's explanations for the reader; ``titles``: of projects that may be named."""
    rules = call.rules
    return Sentences(
        language=language(),
        money=money,
        score=rules.winner_rule.score,
        groups={track.id: names.track_name(track) for track in rules.tracks},
        titles=titles or {},
        pools=rules.left_over is LeftOver.CITY_POOL,
        weighted=any(ground.weight > 1 for ground in rules.grounds),
    )


def said_of(call: CallView, told: ToldView, titles: Mapping[int, str] | None = None) -> Said:
    """One project's outcome in words."""
    words = sentences_of(call, titles)
    found = told.found
    return Said(
        standing=told.standing,
        tag=words.standing(told.standing, told.place),
        lacked=_begun(words.lacked(found)) if not told.standing.funded else "",
        headline=words.headline(found, told.standing, told.place),
        score=words.scored(told.score),
        reasons=tuple(words.reasons(found)) if not told.standing.funded else (),
        arithmetic=tuple(words.arithmetic(found)) if not told.standing.funded else (),
        district=told.district,
    )


def _begun(sentence: str) -> str:
    """A part of a sentence as one that stands alone."""
    return sentence[:1].upper() + sentence[1:]


def said_of_each(
    calls: Iterable[CallView], told: Mapping[tuple[str, int], ToldView]
) -> dict[tuple[str, int], Said]:
    """The same of every project of some calls, by call and number; for cards, which name no other project."""
    by_id = {str(call.id): call for call in calls}
    return {key: said_of(by_id[key[0]], each) for key, each in told.items() if key[0] in by_id}


def score_name(call: CallView) -> str:
    """What a project's score is called: votes, or points where the rule adds points up."""
    return _("得票") if call.rules.winner_rule.score is Score.VOTES else _("得分")
