"""Grounds of eligibility (PRA-03) by name and by weight; needs no room, so that the booth can say it too."""

from __future__ import annotations

from typing import assert_never

from pbvote.core.rules.ruleset import GroundKind, Ruleset
from pbvote.words.catalogue import gettext as _


def ground_name(kind: GroundKind) -> str:
    """設籍, 居住, 就業 or 就學 (PRA-03)."""
    match kind:
        case GroundKind.REGISTERED:
            return _("設籍")
        case GroundKind.RESIDENT:
            return _("居住")
        case GroundKind.EMPLOYED:
            return _("就業")
        case GroundKind.ENROLLED:
            return _("就學")
        case _ as never:
            assert_never(never)


def weight_sentences(ruleset: Ruleset) -> list[str]:
    """How many votes a ballot counts by its ground, heaviest first; nothing where all weigh the same."""
    if len(ruleset.weights) < 2:
        return []
    return [
        _(
            "%(grounds)s的人，一票以 %(weight)s 票計算。",
            grounds=_("、").join(
                dict.fromkeys(ground_name(g.kind) for g in ruleset.grounds if g.weight == weight)
            ),
            weight=weight,
        )
        for weight in reversed(ruleset.weights)
    ]
