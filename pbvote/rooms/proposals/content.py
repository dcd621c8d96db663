"""What a proposal says: typed values become a checked :class:`Content`, or every finding at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.letters import folded
from pbvote.core.rules.ruleset import Ruleset
from pbvote.core.rules.stage import FIRST_DAY
from pbvote.core.types import DistrictId
from pbvote.rooms.proposals.errors import (
    CategoryUnknown,
    CostInvalid,
    CostOverLimit,
    DistrictUnknown,
    FieldMissing,
    PointInvalid,
)
from pbvote.typed.dates import date_of
from pbvote.typed.errors import NotMoney, TextTooLong
from pbvote.typed.numbers import degrees_of, money_of
from pbvote.typed.texts import line, prose, quoted, text_findings, yes_of

LONGEST = {"title": 300, "summary": 200, "description_md": 20_000, "place": 200}
"""Characters per text field; they bound the frozen manifest, so they are the service's, not a call's."""

LONGEST_REPLY = 1000
"""Characters of what a proposer answers the agency about one part."""
_ORIGIN_MOST = 200
_KEPT_MOST = 100_000
_AHEAD = timedelta(days=31)
"""A meeting is entered once it has been held; some time for whoever prepares the table before it."""
FIELDS = (
    *("title", "summary", "district", "category", "place", "latitude", "longitude"),
    *(
        "cost_twd",
        "description_md",
        "show_name",
        "minor",
        "guardian_how",
        "guardian_name",
        "guardian_contact",
    ),
)


OWNERS_FIELDS = frozenset({"show_name", "minor", "guardian_how", "guardian_name", "guardian_contact"})
"""What the proposer decides alone, whoever writes with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The checked text of a proposal; ``name_shown``: the proposer wants the full name public."""

    title: str
    summary: str
    description_md: str
    place: str
    district: DistrictId
    cost_twd: int
    name_shown: bool
    category: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Where a proposal without an account came from (NDC-04)."""

    proposer_name: str
    meeting: str
    held_on: date
    sheet: str


def kept(values: Mapping[str, str], fields: tuple[str, ...]) -> dict[str, str]:
    """The typed values of these fields, as typed: a draft loses nothing that somebody could hand in.

    But the NUL character, which no keyboard types and PostgreSQL does not take.

    Raises:
        TextTooLong: far more than any field takes; a draft keeps what is only somewhat too long.
    """
    raise_findings(
        [
            TextTooLong(field=name, most=_KEPT_MOST, length=len(values[name]))
            for name in fields
            if len(values.get(name, "")) > _KEPT_MOST
        ]
    )
    return {name: values[name].replace("\0", "") for name in fields if values.get(name)}


def _text(values: Mapping[str, str], name: str, findings: list[InvalidInput], *, most: int) -> str:
    typed = values.get(name, "")
    text = prose(typed) if name == "description_md" else line(typed)
    findings += text_findings(text, field=name, most=most, missing=FieldMissing)
    return text


def _cost(values: Mapping[str, str], ruleset: Ruleset, findings: list[InvalidInput]) -> int:
    typed = values.get("cost_twd", "").strip()
    if not typed:
        findings.append(FieldMissing(field="cost_twd"))
        return 0
    try:
        amount = money_of(typed, field="cost_twd")
    except NotMoney:
        amount = 0
    if not amount:
        findings.append(CostInvalid(field="cost_twd", value=quoted(typed)))
        return 0
    most = ruleset.intake.cost_most_twd
    if most and amount > most:
        findings.append(CostOverLimit(field="cost_twd", most=most, value=amount))
    return amount


def _category(values: Mapping[str, str], ruleset: Ruleset, findings: list[InvalidInput]) -> str:
    """The id of a category given by id or name; a call without categories asks for none."""
    typed = values.get("category", "").strip()
    if not ruleset.intake.categories:
        return ""
    for category in ruleset.intake.categories:
        if typed and folded(typed) in {folded(category.id), folded(category.name), folded(category.name_en)}:
            return category.id
    if typed:
        findings.append(CategoryUnknown(field="category", value=quoted(typed)))
    else:
        findings.append(FieldMissing(field="category"))
    return ""


def _point(values: Mapping[str, str], findings: list[InvalidInput]) -> tuple[float, float] | None:
    """Latitude and longitude (WGS 84, degrees) inside Taiwan and its islands; both or neither."""
    typed = [values.get(name, "").strip() for name in ("latitude", "longitude")]
    if not any(typed):
        return None
    if not typed[1]:  # both as a map gives them: 25.0330, 121.5654
        typed = [part.strip() for part in typed[0].replace("，", ",").split(",")]
    latitude, longitude = (degrees_of(text) for text in typed) if len(typed) == 2 else (None, None)
    if latitude is None or longitude is None:
        findings.append(PointInvalid(field="latitude"))
        return None
    if not (20.0 <= latitude <= 27.0 and 116.0 <= longitude <= 123.0):
        findings.append(PointInvalid(field="latitude"))
        return None
    return latitude, longitude


def _district(values: Mapping[str, str], ruleset: Ruleset, findings: list[InvalidInput]) -> DistrictId:
    typed = values.get("district", "").strip()
    if not typed and len(ruleset.districts) == 1:
        return ruleset.districts[0].id
    for district in ruleset.districts:
        if typed and folded(typed) in {folded(district.id), folded(district.name), folded(district.name_en)}:
            return district.id
    if typed:
        findings.append(DistrictUnknown(field="district", value=quoted(typed)))
    else:
        findings.append(FieldMissing(field="district"))
    return DistrictId("")


def _name_shown(values: Mapping[str, str], findings: list[InvalidInput]) -> bool:
    """Whether the full name may be public: only where a known word for yes stands."""
    try:
        return yes_of(values.get("show_name", ""), field="show_name")
    except InvalidInput as error:
        findings.append(error)
        return False


def content_findings(values: Mapping[str, str], ruleset: Ruleset) -> tuple[Content, list[InvalidInput]]:
    """The content as far as it can be read, and everything that is wrong with it."""
    findings: list[InvalidInput] = []
    texts = {name: _text(values, name, findings, most=most) for name, most in LONGEST.items()}
    point = _point(values, findings)
    content = Content(
        title=texts["title"],
        summary=texts["summary"],
        description_md=texts["description_md"],
        place=texts["place"],
        district=_district(values, ruleset, findings),
        cost_twd=_cost(values, ruleset, findings),
        name_shown=_name_shown(values, findings),
        category=_category(values, ruleset, findings),
        latitude=point[0] if point else None,
        longitude=point[1] if point else None,
    )
    order = {name: at for at, name in enumerate(FIELDS)}
    return content, sorted(findings, key=lambda finding: order[finding.field])


def _held_on(typed: str, findings: list[InvalidInput], *, today: date) -> date:
    """The day of a meeting: not before this service existed, and no further ahead than a typing mistake."""
    if not typed:
        findings.append(FieldMissing(field="held_on"))
        return date.min
    try:
        return date_of(typed, field="held_on", first=FIRST_DAY, last=today + _AHEAD)
    except InvalidInput as error:
        findings.append(error)
        return date.min


def workshop_findings(values: Mapping[str, str], *, today: date) -> tuple[Workshop, list[InvalidInput]]:
    """The origin as far as it can be read, and everything that is wrong with it; ``today`` in Taipei."""
    findings: list[InvalidInput] = []
    texts = {
        name: _text(values, name, findings, most=_ORIGIN_MOST)
        for name in ("proposer_name", "meeting", "sheet")
    }
    workshop = Workshop(
        proposer_name=texts["proposer_name"],
        meeting=texts["meeting"],
        held_on=_held_on(values.get("held_on", "").strip(), findings, today=today),
        sheet=texts["sheet"],
    )
    return workshop, findings
