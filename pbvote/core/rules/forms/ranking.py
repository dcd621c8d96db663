"""Projects in order, the best first (排序)."""

from __future__ import annotations

from pbvote.core.rules.forms.base import BallotFormType, FormKind


class Ranking(BallotFormType):
    """Each project once, in the voter's order."""

    kind = FormKind.RANKING
    ordered = True
    score = "positional"

    def vote_type(self, max_length: str) -> str:
        """An order, whatever its length."""
        return "ordinal"
