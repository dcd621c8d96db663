"""What a proposal says: typed values become a checked :class:`Content`, or every finding at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.rules.ruleset import MAX_MONEY, Ruleset
from pbvote.core.types import DistrictId
from pbvote.rooms.calls.draft import parse_day
from pbvote.rooms.calls.errors import NotADate
from pbvote.rooms.proposals.errors import (
    CategoryUnknown,
    CostInvalid,
    CostOverLimit,
    DistrictUnknown,
    FieldMissing,
    FieldTooLong,
    PointInvalid,
)

LONGEST = {"title": 300, "summary": 200, "description_md": 20_000, "place": 200}
"""Characters per text field; they bound the frozen manifest, so they are the service's, not a call's."""

_KEPT_MOST = 100_000
FIELDS = (
    *("title", "summary", "district", "category", "place", "latitude", "longitude"),
    *("cost_twd", "description_md", "show_name"),
)


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
    """
    return {name: values[name].replace("\0", "")[:_KEPT_MOST] for name in fields if values.get(name)}


def _text(values: Mapping[str, str], name: str, findings: list[InvalidInput], *, most: int) -> str:
    text = values.get(name, "").replace("\0", "").strip()
    if name != "description_md":
        text = " ".join(text.split())  # one line: it goes into mail headings and onto the ballot
    if not text:
        findings.append(FieldMissing(field=name))
    elif len(text) > most:
        findings.append(FieldTooLong(field=name, most=most, length=len(text)))
    return text


def parse_money(text: str) -> int | None:
    """Whole NT$ above zero as people write it (``300,000 元``, full width), or None."""
    plain = unicodedata.normalize("NFKC", text).upper()
    for noise in ("NT$", "NTD", "$", "元", ",", " "):
        plain = plain.replace(noise, "")
    if not (plain.isascii() and plain.isdecimal()) or len(plain) > 13:
        return None
    amount = int(plain)
    return amount if 0 < amount <= MAX_MONEY else None


def _cost(values: Mapping[str, str], ruleset: Ruleset, findings: list[InvalidInput]) -> int:
    typed = values.get("cost_twd", "").strip()
    if not typed:
        findings.append(FieldMissing(field="cost_twd"))
        return 0
    amount = parse_money(typed)
    if amount is None:
        findings.append(CostInvalid(field="cost_twd", value=typed[:40]))
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
        if typed in {category.id, category.name}:
            return category.id
    if typed:
        findings.append(CategoryUnknown(field="category", value=typed[:40]))
    else:
        findings.append(FieldMissing(field="category"))
    return ""


def _point(values: Mapping[str, str], findings: list[InvalidInput]) -> tuple[float, float] | None:
    """Latitude and longitude (WGS 84, degrees) inside Taiwan and its islands; both or neither."""
    typed = [values.get(name, "").strip() for name in ("latitude", "longitude")]
    if not any(typed):
        return None
    try:
        latitude, longitude = (round(float(text), 6) for text in typed)
    except ValueError:
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
        if typed in {district.id, district.name}:
            return district.id
    if typed:
        findings.append(DistrictUnknown(field="district", value=typed[:40]))
    else:
        findings.append(FieldMissing(field="district"))
    return DistrictId("")


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
        name_shown=bool(values.get("show_name", "").strip()),
        category=_category(values, ruleset, findings),
        latitude=point[0] if point else None,
        longitude=point[1] if point else None,
    )
    order = {name: at for at, name in enumerate(FIELDS)}
    return content, sorted(findings, key=lambda finding: order[finding.field])


def parse_content(values: Mapping[str, str], ruleset: Ruleset) -> Content:
    """The content, complete and within the rules.

    Raises:
        InvalidInput: one finding, or SeveralErrors with all, each naming its field.
    """
    content, findings = content_findings(values, ruleset)
    raise_findings(findings)
    return content


def _held_on(typed: str, findings: list[InvalidInput]) -> date:
    if not typed:
        findings.append(FieldMissing(field="held_on"))
        return date.min
    try:
        return parse_day(typed, field="held_on")
    except NotADate as error:
        findings.append(error)
        return date.min


def workshop_findings(values: Mapping[str, str]) -> tuple[Workshop, list[InvalidInput]]:
    """The origin as far as it can be read, and everything that is wrong with it."""
    findings: list[InvalidInput] = []
    texts = {name: _text(values, name, findings, most=200) for name in ("proposer_name", "meeting", "sheet")}
    workshop = Workshop(
        proposer_name=texts["proposer_name"],
        meeting=texts["meeting"],
        held_on=_held_on(values.get("held_on", "").strip()[:40], findings),
        sheet=texts["sheet"],
    )
    return workshop, findings
