"""What an officer types, read into rules: every value a string, every finding named by its field.

Members of the rules are filled from the list of fields by their names; only what depends on something else
is written out here. Times are typed as Asia/Taipei wall time and kept as UTC; years may be typed in the ROC
calendar.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from pbvote.core.errors import InvalidInput, findings_of, raise_findings
from pbvote.core.rules.errors import CapAboveBudget
from pbvote.core.rules.intake import Category, Intake
from pbvote.core.rules.ruleset import District, Evidence, Ground, Ruleset
from pbvote.core.rules.stage import FIRST_DAY, Timeline
from pbvote.core.rules.winner_rule import Track
from pbvote.platform.settings import VoteSettings
from pbvote.rooms.calls.draft_counting import ballot_form, winner_rule
from pbvote.rooms.calls.errors import DeskNeeded, DocumentNeedsDesk
from pbvote.rooms.calls.kinds import Line
from pbvote.rooms.calls.layout import Default, Field
from pbvote.rooms.calls.values import (
    Values,
    field_named,
    in_effect,
    known_values,
    row_count,
    row_lists,
    rows_named,
    single_fields,
)
from pbvote.typed.dates import taipei_day
from pbvote.typed.errors import RowsTooMany

ROWS_MOST = 60

Row = TypeVar("Row")


@dataclass(slots=True)
class Reader:
    """Reads values by the list of fields; one that cannot be read becomes a finding and a stand-in."""

    values: Values
    settings: VoteSettings = field(default_factory=VoteSettings)
    findings: list[InvalidInput] = field(default_factory=list)

    def value(self, name: str, **given: object) -> Any:
        """The value of a field; ``default``: what stands for nothing typed here, instead of the list's."""
        found = field_named(name)
        if found is None:
            raise KeyError(name)
        return self._read(name, found, given.get("default", found.default))

    def _read(self, name: str, found: Field, default: object) -> Any:
        if default is Default.SERVICE:
            default = getattr(self.settings, name)
        stand_in = found.kind.stand_in if default is Default.REQUIRED else default
        typed = self.values.get(name, "").strip()
        try:
            if default is Default.REQUIRED and found.kind.nothing(typed):
                raise found.missing(field=name)
            return found.kind.read(typed, field=name) if typed else default
        except InvalidInput as error:
            self.findings.append(error)
        return stand_in

    def members(
        self, kind: type, prefix: str = "", *, defaults: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """What the fields under a prefix say of the members of a class; those not in effect are left out."""
        return dict(self._members(kind, f"{prefix}." if prefix else "", defaults or {}))

    def _members(
        self, kind: type, start: str, defaults: Mapping[str, object]
    ) -> Iterator[tuple[str, object]]:
        for member in dataclasses.fields(kind):
            name = start + member.metadata.get("written", member.name)
            found = field_named(name)
            if found is not None and in_effect(self.values, found.shown_when):
                yield member.name, self._read(name, found, defaults.get(member.name, found.default))

    def rows(self, list_name: str, kind: type[Row]) -> tuple[Row, ...]:
        """The rows of a list, each with the id that it was given or that its number makes."""
        rows = rows_named(list_name)
        if not in_effect(self.values, rows.shown_when):
            return ()
        made = []
        for number in range(row_count(self.values, rows)):
            own = {"id": f"{rows.letter}{number + 1}"} if rows.letter else {}
            made.append(kind(**own | self.members(kind, f"{list_name}.{number}", defaults=own)))
        return tuple(made)


def text_findings(values: Values) -> list[InvalidInput]:
    """What is wrong with the texts of the call itself, which are no rules: title, description, notice."""
    read = Reader(values)
    for each in single_fields():
        if isinstance(each.kind, Line):
            read.value(each.name)
    return read.findings


def _row_findings(values: Values) -> list[InvalidInput]:
    counts = {rows.name: row_count(values, rows) for rows in row_lists()}
    return [
        RowsTooMany(field=name, most=ROWS_MOST, count=count)
        for name, count in counts.items()
        if count > ROWS_MOST
    ]


def _timeline(read: Reader) -> Timeline:
    """The dates; one that could not be read is None here and a finding already."""
    dates = read.members(Timeline, "timeline")
    grace = timedelta(minutes=read.value("grace_minutes"))
    until = dates["issue_until"]
    # Timeline.check passes over what is None, so that the other dates are still compared
    return Timeline(**dates, cast_until=cast("datetime", until + grace if until else None))


def _grounds(read: Reader) -> tuple[Ground, ...]:
    grounds = read.rows("grounds", Ground)
    for number, ground in enumerate(grounds):
        if ground.evidence is Evidence.DOCUMENT and not ground.desk_only:
            read.findings.append(DocumentNeedsDesk(field=f"grounds.{number}.at_counter_only"))
    return grounds


def parse_draft(values: Values, *, defaults: VoteSettings) -> Ruleset:
    """The rules of a draft, complete and free of contradictions.

    Raises:
        InvalidInput: one finding, or SeveralErrors with all of them, each naming the form's field.
    """
    values = known_values(values)
    read = Reader(values, defaults)
    read.findings += _row_findings(values)
    timeline = _timeline(read)
    opens_at = cast("datetime | None", timeline.voting_opens_at)
    form = ballot_form(read)
    ruleset = Ruleset(
        **read.members(Ruleset, defaults={"age_on": taipei_day(opens_at) if opens_at else FIRST_DAY}),
        timeline=timeline,
        grounds=_grounds(read),
        districts=read.rows("districts", District),
        ballot_form=form,
        winner_rule=winner_rule(read, form),
        tracks=read.rows("tracks", Track),
        intake=Intake(**read.members(Intake, "intake"), categories=read.rows("categories", Category)),
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
    found.extend(_cap_findings(ruleset))
    if not ruleset.has_desk and any(ground.desk_only for ground in ruleset.grounds):
        found.append(DeskNeeded(field="counter"))
    by_field: dict[str, InvalidInput] = {}
    for finding in found:
        by_field.setdefault(finding.field, finding)
    return list(by_field.values())


def _cap_findings(ruleset: Ruleset) -> list[InvalidInput]:
    """A cap above every district's budget would never hold anything back: likely a digit too many.

    Asked of drafts alone: a call that an earlier release published with one is frozen as it stands.
    """
    most = max((district.budget_twd for district in ruleset.districts), default=0)
    caps = {"intake.cost_most_twd": ruleset.intake.cost_most_twd}
    caps |= {f"tracks.{i}.cap_twd": track.cap_twd for i, track in enumerate(ruleset.tracks)}
    return [
        CapAboveBudget(field=name, cap_twd=cap, budget_twd=most)
        for name, cap in caps.items()
        if cap > most > 0
    ]
