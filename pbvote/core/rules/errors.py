"""What can be wrong with a call's rules; every finding names its field."""

from __future__ import annotations

from pbvote.core.errors import InvalidInput


class RuleInvalid(InvalidInput):
    """A rule's value is not allowed (facts ``field``, ``value``)."""

    code = "rules.invalid"


class RuleMissing(InvalidInput):
    """A rule that every call needs is missing (fact ``field``)."""

    code = "rules.missing"


class BudgetNotPositive(InvalidInput):
    """A district's budget has to be a whole number of NT$ above zero."""

    code = "rules.budget-not-positive"


class CapAboveBudget(InvalidInput):
    """A limit of cost above the largest budget (facts ``field``, ``cap_twd``, ``budget_twd``: NT$)."""

    code = "rules.cap-above-budget"


class NameTwice(InvalidInput):
    """Two districts or two grounds are the same."""

    code = "rules.twice"


class BallotLimits(InvalidInput):
    """The smallest number of choices is above the largest, or below what the form allows."""

    code = "rules.ballot-limits"


class SurveyOnly(InvalidInput):
    """Identity verification may be off for opinion surveys only (NDC-01)."""

    code = "rules.survey-only"


class TieUnfinished(InvalidInput):
    """The tie order must end in a key that decides every tie: number or lot (PRA-04)."""

    code = "rules.tie-unfinished"


class DateAfter(InvalidInput):
    """A date behind the one that it must not pass (facts ``field``, ``on``, ``other``, ``other_at``)."""

    code = "rules.date-after"


class DateAbsurd(InvalidInput):
    """A date that no vote of this service can have (facts ``field``, ``on``, ``first``, ``last``)."""

    code = "rules.date-absurd"


class RuleConflict(InvalidInput):
    """A rule without effect or sense beside another (facts ``field``, ``other``)."""

    code = "rules.conflict"
