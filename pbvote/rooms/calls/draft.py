"""What an officer types, read into rules: every value a string, every finding named by its field.

The names of a draft's values are the names of the fields on the form, and the names that errors
carry: ``title``, ``districts.0.budget_twd``, ``timeline.voting_opens_at``, ``notice.purpose``. Times
are typed as Asia/Taipei wall time and kept as UTC; years may be typed in the ROC calendar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar, cast

from pbvote.core.errors import InvalidInput, findings_of, raise_findings
from pbvote.core.rules.errors import RuleInvalid, RuleMissing
from pbvote.core.rules.intake import Category, Intake
from pbvote.core.rules.ruleset import District, Evidence, Ground, GroundKind, Ruleset, VoteKind
from pbvote.core.rules.stage import FIRST_DAY, Timeline
from pbvote.core.rules.ways import ROLL, WAYS, chosen_way
from pbvote.core.rules.winner_rule import LeftOver
from pbvote.core.types import DistrictId
from pbvote.platform.settings import VoteSettings
from pbvote.rooms.calls.draft_counting import ballot_form, tracks, winner_rule
from pbvote.rooms.calls.errors import DeskNeeded, DocumentNeedsDesk
from pbvote.typed.dates import date_of, moment_of, taipei_day
from pbvote.typed.errors import RowsTooMany
from pbvote.typed.numbers import money_of, percent_of, whole_of
from pbvote.typed.texts import line, text_findings, yes_of

Values = Mapping[str, str]
ROWS_MOST = 60
TEXT_MOST = 20_000
NAME_MOST = 200

DISTRICT_FIELDS = ("name", "name_en", "budget_twd", "id")
CATEGORY_FIELDS = ("name", "name_en")
TRACK_FIELDS = ("name", "name_en", "cap_twd", "most_winners", "quota")
GROUND_FIELDS = ("kind", "area", "cut_off_on", "evidence", "at_counter_only", "weight")
PRIVACY_NOTICE_FIELDS = (
    "agency",
    "purpose",
    "categories",
    "period",
    "area",
    "recipients",
    "manner",
    "rights",
    "effect",
)
TIMELINE_FIELDS = (
    "proposals_open_at",
    "proposals_close_at",
    "moderation_until",
    "voting_opens_at",
    "issue_until",
)
_PLAIN = (
    "title",
    "title_en",
    "description_md",
    "contact",
    "vote_kind",
    "verification",
    "counter",
    "minimum_age",
    "age_on",
    "ballot_form.kind",
    "ballot_form.min_choices",
    "ballot_form.max_choices",
    "ballot_form.points_total",
    "ballot_form.points_most",
    "winner_rule.method",
    "winner_rule.fit",
    "winner_rule.cover_percent",
    "winner_rule.threshold_votes",
    "winner_rule.threshold_share",
    "winner_rule.threshold_of",
    "winner_rule.most_winners",
    "winner_rule.floor",
    "winner_rule.completion",
    "winner_rule.add1_stop",
    "winner_rule.comparison",
    "intake.cost_most_twd",
    "intake.endorsements_least",
    "intake.endorsements_until",
    "left_over",
    "tie_order",
    "grace_minutes",
    "batch_seconds",
    "batch_least",
)
_ROW = re.compile(r"(districts|grounds|tracks|categories)\.(\d{1,3})\.(\w+)")
_ROW_FIELDS = {
    "districts": DISTRICT_FIELDS,
    "grounds": GROUND_FIELDS,
    "tracks": TRACK_FIELDS,
    "categories": CATEGORY_FIELDS,
}
# a row with nothing typed beyond what a select shows by itself is an empty row
_TYPED = {
    "districts": {"name", "name_en", "budget_twd"},
    "grounds": {"area", "cut_off_on"},
    "tracks": {"name", "name_en", "cap_twd", "most_winners", "quota"},
    "categories": {"name", "name_en"},
}

Member = TypeVar("Member", bound=StrEnum)
Read = TypeVar("Read")


def known_values(values: Values) -> dict[str, str]:
    """The values that a draft keeps, as typed: known names only, rows numbered without gaps.

    Rows with nothing typed in them are left out.
    """
    names = [
        *_PLAIN,
        *(f"notice.{n}" for n in PRIVACY_NOTICE_FIELDS),
        *(f"timeline.{n}" for n in TIMELINE_FIELDS),
    ]
    kept = {name: values[name] for name in names if name in values}
    for list_name, fields in _ROW_FIELDS.items():
        for number, row in enumerate(_rows(values, list_name)):
            kept.update({f"{list_name}.{number}.{f}": row[f] for f in fields if f in row})
    return kept


def _rows(values: Values, list_name: str) -> list[dict[str, str]]:
    rows: dict[int, dict[str, str]] = {}
    for name, value in values.items():
        match = _ROW.fullmatch(name)
        if match and match[1] == list_name and match[3] in _ROW_FIELDS[list_name]:
            rows.setdefault(int(match[2]), {})[match[3]] = value
    used = (row for _, row in sorted(rows.items()) if any(row.get(f, "").strip() for f in _TYPED[list_name]))
    return list(used)


def row_count(values: Values, list_name: str) -> int:
    """How many rows of ``districts``, ``grounds``, ``tracks`` or ``categories`` a draft has."""
    return len(_rows(values, list_name))


@dataclass(slots=True)
class Reader:
    """Reads single values; a value that cannot be read becomes a finding and a stand-in."""

    values: Values
    findings: list[InvalidInput] = field(default_factory=list)

    def rows(self, list_name: str) -> range:
        return range(row_count(self.values, list_name))

    def text(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def named(self, name: str) -> str:
        """A name that is shown, in one line; none is for the rules to refuse."""
        text = line(self.values.get(name, ""))
        self.findings += text_findings(text, field=name, most=NAME_MOST, missing=None)
        return text

    def _read(self, name: str, read: Callable[..., Read], *, default: Read | None, stand_in: Read) -> Read:
        """What was typed; where nothing was, the default, or a finding if there is none."""
        typed = self.text(name)
        try:
            if typed:
                return read(typed, field=name)
            if default is not None:
                return default
            self.findings.append(RuleMissing(field=name))
        except InvalidInput as error:
            self.findings.append(error)
        return stand_in

    def whole(self, name: str, *, default: int | None = None, stand_in: int = 0) -> int:
        return self._read(name, whole_of, default=default, stand_in=stand_in)

    def money(self, name: str, *, default: int | None = None) -> int:
        return self._read(name, money_of, default=default, stand_in=0)

    def percent(self, name: str, *, default: int | None = None) -> int:
        """In 1/10,000ths."""
        return self._read(name, percent_of, default=default, stand_in=100)

    def flag(self, name: str) -> bool:
        """Whether it says yes; nothing typed is no."""
        return self._read(name, yes_of, default=False, stand_in=False)

    def day(self, name: str, *, default: date) -> date:
        return self._read(name, date_of, default=default, stand_in=default)

    def moment(self, name: str) -> datetime | None:
        typed = self.text(name)
        try:
            return moment_of(typed, field=name) if typed else None
        except InvalidInput as error:
            self.findings.append(error)
            return None

    def required_moment(self, name: str) -> datetime | None:
        if not self.text(name):
            self.findings.append(RuleMissing(field=name))
        return self.moment(name)

    def member(self, name: str, kind: type[Member]) -> Member:
        typed = self.text(name)
        try:
            return kind(typed)
        except ValueError:
            wrong = RuleInvalid(field=name, value=typed) if typed else RuleMissing(field=name)
            self.findings.append(wrong)
            return next(iter(kind))


def _row_findings(values: Values) -> list[InvalidInput]:
    counts = {name: row_count(values, name) for name in _ROW_FIELDS}
    return [
        RowsTooMany(field=name, most=ROWS_MOST, count=count)
        for name, count in counts.items()
        if count > ROWS_MOST
    ]


def _timeline(read: Reader, grace: int) -> Timeline:
    """The dates; one that could not be read is None here and a finding already."""
    issue_until = read.required_moment("timeline.issue_until")
    dates = {
        "proposals_open_at": read.moment("timeline.proposals_open_at"),
        "proposals_close_at": read.moment("timeline.proposals_close_at"),
        "moderation_until": read.required_moment("timeline.moderation_until"),
        "voting_opens_at": read.required_moment("timeline.voting_opens_at"),
        "issue_until": issue_until,
        "cast_until": issue_until + timedelta(minutes=grace) if issue_until else None,
    }
    # Timeline.check passes over what is None, so that the other dates are still compared
    return Timeline(**cast("dict[str, datetime]", dates))


def _districts(read: Reader) -> tuple[District, ...]:
    districts = []
    for i in range(row_count(read.values, "districts")):
        where = f"districts.{i}"
        given = read.text(f"{where}.id")
        if given and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,19}", given):
            read.findings.append(RuleInvalid(field=f"{where}.id", value=given))
        districts.append(
            District(
                id=DistrictId(given or f"d{i + 1}"),
                name=read.named(f"{where}.name"),
                name_en=read.named(f"{where}.name_en"),
                budget_twd=read.money(f"{where}.budget_twd"),
            )
        )
    return tuple(districts)


def _intake(read: Reader) -> Intake:
    return Intake(
        categories=tuple(
            Category(
                id=f"c{i + 1}",
                name=read.named(f"categories.{i}.name"),
                name_en=read.named(f"categories.{i}.name_en"),
            )
            for i in read.rows("categories")
        ),
        cost_most_twd=read.money("intake.cost_most_twd", default=0),
        endorsements_least=read.whole("intake.endorsements_least", default=0),
        endorsements_until=read.moment("intake.endorsements_until"),
    )


def _way(read: Reader) -> str:
    """The name of the way of identity."""
    typed = read.text("verification")
    try:
        return chosen_way(typed).name
    except ValueError:
        field = "verification"
        read.findings.append(RuleInvalid(field=field, value=typed) if typed else RuleMissing(field=field))
        return ROLL.name


def _grounds(read: Reader) -> tuple[Ground, ...]:
    grounds = []
    for i in range(row_count(read.values, "grounds")):
        where = f"grounds.{i}"
        if not read.text(f"{where}.cut_off_on"):
            read.findings.append(RuleMissing(field=f"{where}.cut_off_on"))
        ground = Ground(
            kind=read.member(f"{where}.kind", GroundKind),
            area=read.named(f"{where}.area"),
            cut_off_on=read.day(f"{where}.cut_off_on", default=date.min),
            evidence=read.member(f"{where}.evidence", Evidence),
            desk_only=read.flag(f"{where}.at_counter_only"),
            weight=read.whole(f"{where}.weight", default=1),
        )
        if ground.evidence is Evidence.DOCUMENT and not ground.desk_only:
            read.findings.append(DocumentNeedsDesk(field=f"{where}.at_counter_only"))
        grounds.append(ground)
    return tuple(grounds)


def parse_draft(values: Values, *, defaults: VoteSettings) -> Ruleset:
    """The rules of a draft, complete and free of contradictions.

    Raises:
        InvalidInput: one finding, or SeveralErrors with all of them, each naming the form's field.
    """
    values = known_values(values)
    read = Reader(values)
    read.findings += _row_findings(values)
    grace = read.whole("grace_minutes", default=defaults.grace_minutes)
    if not 1 <= grace <= 24 * 60:
        read.findings.append(RuleInvalid(field="grace_minutes", value=grace))
    timeline = _timeline(read, max(1, min(grace, 24 * 60)))
    opens_at = cast("datetime | None", timeline.voting_opens_at)
    verification = _way(read)
    # nobody checks grounds or documents where identity is not checked: to state them would mislead
    checked = WAYS[verification].has_person
    form = ballot_form(read)
    ruleset = Ruleset(
        vote_kind=read.member("vote_kind", VoteKind),
        verification=verification,
        desk=checked and read.flag("counter"),
        minimum_age=read.whole("minimum_age"),
        age_on=read.day("age_on", default=taipei_day(opens_at) if opens_at else FIRST_DAY),
        grounds=_grounds(read) if checked else (),
        districts=_districts(read),
        ballot_form=form,
        winner_rule=winner_rule(read, form),
        tracks=tracks(read),
        left_over=read.text("left_over") or LeftOver.KEEP.value,
        intake=_intake(read),
        tie_order=tuple(key.strip() for key in read.text("tie_order").split(",") if key.strip()),
        timeline=timeline,
        batch_seconds=read.whole("batch_seconds", default=defaults.batch_seconds),
        batch_least=read.whole("batch_least", default=defaults.batch_least),
    )
    raise_findings(_with_sense(ruleset, read.findings))
    return ruleset


def _with_sense(ruleset: Ruleset, findings: list[InvalidInput]) -> list[InvalidInput]:
    """The findings so far and those of the rules as a whole, one per field."""
    found = list(findings)
    try:
        ruleset.check()
    except InvalidInput as error:
        found.extend(findings_of(error))
    if not ruleset.has_desk and any(ground.desk_only for ground in ruleset.grounds):
        found.append(DeskNeeded(field="counter"))
    by_field: dict[str, InvalidInput] = {}
    for finding in found:
        by_field.setdefault(finding.field, finding)
    return list(by_field.values())
