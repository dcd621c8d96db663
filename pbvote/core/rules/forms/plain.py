"""Up to, exactly, and between so many projects: sets that differ in their limits alone."""

from __future__ import annotations

from pbvote.core.errors import InvalidInput
from pbvote.core.rules.errors import BallotLimits
from pbvote.core.rules.forms.base import BallotFormType, FormKind, Limits


class UpTo(BallotFormType):
    """最多選幾案."""

    kind = FormKind.UP_TO


class Exactly(BallotFormType):
    """剛好選幾案."""

    kind = FormKind.EXACTLY
    least_if_empty = "most"

    def findings(self, limits: Limits) -> list[InvalidInput]:
        """Least and most are one number."""
        found = super().findings(limits)
        if limits.min_choices != limits.max_choices:
            found.insert(
                1 if limits.max_choices < 1 else len(found), BallotLimits(field="ballot_form.max_choices")
            )
        return found


class Between(BallotFormType):
    """選幾案到幾案."""

    kind = FormKind.BETWEEN
    least_if_empty = "asked"
