"""Who may vote, and with which ballot style: reasons, not a yes or no (PRA-03).

A match of identity never means eligible: identity says who somebody is, the rules say whether
that person votes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pbvote.core.errors import NotPermitted
from pbvote.core.letters import folded
from pbvote.core.rules.ruleset import Evidence, Ground, GroundKind, Ruleset
from pbvote.core.types import DistrictId, StyleId


class TooYoung(NotPermitted):
    """Under the minimum age on the day that counts (facts ``minimum_age``, ``age_on``)."""

    code = "eligibility.too-young"


class NoGround(NotPermitted):
    """None of the call's grounds holds on its cut-off date."""

    code = "eligibility.no-ground"


class DeskOnly(NotPermitted):
    """The ground is checked at a desk, not on line."""

    code = "eligibility.counter-only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """One bond of a person to an area, as the identity source states it."""

    kind: GroundKind
    area: str
    since_on: date
    district: DistrictId


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Ballot style (投票身分別): a district's ballot with a weight."""

    district: DistrictId
    weight: int

    @property
    def id(self) -> StyleId:
        """Stable id, ``<district>-w<weight>``."""
        return StyleId(f"{self.district}-w{self.weight}")


def style_of(style_id: str) -> Style:
    """The style of an id made by :attr:`Style.id`.

    Raises:
        ValueError: no such form, or another spelling of the weight.
    """
    district, mark, weight = style_id.rpartition("-w")
    if not mark or not district or not weight.isdecimal():
        raise ValueError("not a style id")
    style = Style(district=DistrictId(district), weight=int(weight))
    if style.id != style_id:
        raise ValueError("not a style id")
    return style


def possible_styles(ruleset: Ruleset) -> tuple[Style, ...]:
    """Every style that the rules can give, by district, then weight."""
    return tuple(Style(district=d.id, weight=w) for d in ruleset.districts for w in ruleset.weights)


def age_on(birth_on: date, day: date) -> int:
    """Full years on a day; somebody born on 29 February is a year older from 1 March."""
    return day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))


def require_age(ruleset: Ruleset, birth_on: date) -> None:
    """Guarantee the minimum age.

    Raises:
        TooYoung: under age on the day that the rules name.
    """
    if age_on(birth_on, ruleset.age_on) < ruleset.minimum_age:
        raise TooYoung(minimum_age=ruleset.minimum_age, age_on=ruleset.age_on.isoformat())


def _holds(ground: Ground, bond: Bond) -> bool:
    near = folded(ground.area) == folded(bond.area)
    return ground.kind is bond.kind and near and bond.since_on <= ground.cut_off_on


def grounds_of_weight(ruleset: Ruleset, weight: int) -> tuple[int, ...]:
    """The places in the rules of the grounds that give a ballot of this weight on line."""
    return tuple(
        place
        for place, ground in enumerate(ruleset.grounds)
        if ground.weight == weight and not ground.desk_only
    )


def may_owe_statement(ruleset: Ruleset, places: tuple[int, ...]) -> bool:
    """Whether one of these grounds is shown by the person's own statement (切結, PRA-03)."""
    return any(ruleset.grounds[place].evidence is Evidence.STATEMENT for place in places)


def decide_style(
    ruleset: Ruleset, bonds: tuple[Bond, ...], *, birth_on: date, at_desk: bool = False
) -> Style:
    """The style of :func:`decide_ground`."""
    return decide_ground(ruleset, bonds, birth_on=birth_on, at_desk=at_desk)[0]


def decide_ground(
    ruleset: Ruleset, bonds: tuple[Bond, ...], *, birth_on: date, at_desk: bool = False
) -> tuple[Style, int]:
    """The style with the largest weight among the grounds that hold, and that ground's place in the rules.

    The order in the rules breaks ties.

    Raises:
        TooYoung, NoGround, DeskOnly: the reason, for the voter to read.
    """
    require_age(ruleset, birth_on)
    districts = {district.id for district in ruleset.districts}
    held = [
        (ground, bond)
        for ground in ruleset.grounds
        for bond in bonds
        if _holds(ground, bond) and bond.district in districts
    ]
    if not held:
        raise NoGround()
    usable = [(ground, bond) for ground, bond in held if at_desk or not ground.desk_only]
    if not usable:
        raise DeskOnly()
    ground, bond = max(usable, key=lambda pair: pair[0].weight)
    return Style(district=bond.district, weight=ground.weight), ruleset.grounds.index(ground)
