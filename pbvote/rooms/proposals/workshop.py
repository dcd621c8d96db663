"""Proposals made at a workshop, entered by officers for people without an account (NDC-04).

One by one, or as a table: all of it, or nothing with every error and its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.letters import folded
from pbvote.core.rules.ruleset import Ruleset
from pbvote.core.rules.stage import Act
from pbvote.core.types import Actor, Role
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.proposals import store
from pbvote.rooms.proposals.content import Content, Workshop, content_findings, workshop_findings
from pbvote.rooms.proposals.errors import (
    EnteredTwice,
    ProposalUnknown,
)
from pbvote.rooms.proposals.models import Proposal
from pbvote.rooms.proposals.queries import ProposalView, view
from pbvote.rooms.proposals.status import Move, Status, after
from pbvote.typed.dates import taipei_day
from pbvote.typed.errors import TableTooLong
from pbvote.typed.tables import Column, read_table

COLUMNS = {
    "proposer_name": "提案人",
    "meeting": "會議名稱",
    "held_on": "會議日期",
    "sheet": "簽到表編號",
    "district": "分區",
    "title": "提案名稱",
    "summary": "摘要",
    "place": "地點",
    "cost_twd": "經費",
    "description_md": "說明",
    "show_name": "公開姓名",
    "category": "類別",
}
"""Columns of the table, by field; either name works as a heading."""

_OPTIONAL = frozenset({"show_name", "category"})
_OTHER_NAMES = {
    "proposer_name": ("提案人姓名", "姓名"),
    "meeting": ("會議", "工作坊名稱"),
    "held_on": ("日期", "會議日"),
    "sheet": ("簽到表", "簽到表號"),
    "district": ("區別", "區", "行政區"),
    "title": ("提案名", "案名"),
    "cost_twd": ("金額", "預算", "經費(元)"),
    "show_name": ("姓名公開", "是否公開姓名"),
}
_WHOLE = frozenset({"proposer_name", "meeting", "district", "place"})
_TABLE = tuple(
    Column(
        key=key,
        names=(name, *_OTHER_NAMES.get(key, ())),
        needed=key not in _OPTIONAL,
        whole=key in _WHOLE,
    )
    for key, name in COLUMNS.items()
)
MOST_LINES = 2000
_SPARE_LINES = 500
"""Blank lines and a title do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import brought."""

    created: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    content: Content
    workshop: Workshop

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes two lines the same proposal of the same meeting."""
        return (
            folded(self.content.title),
            folded(self.workshop.proposer_name),
            folded(self.workshop.meeting),
            self.workshop.held_on.isoformat(),
        )


def enter_workshop_proposal(
    rt: Runtime, actor: Actor, call_id: str, values: Mapping[str, str]
) -> ProposalView:
    """Enter one proposal of a meeting; it waits in the queue like any other.

    Raises:
        InvalidInput: incomplete or outside the rules, every finding with its field.
        EnteredTwice: it stands there already.
        StageClosed, CallUnknown, RoleNeeded: not now, or not this officer's.
    """
    now = rt.clock()
    with rt.main() as tx:
        call = _open_call(tx, actor, call_id, at=now)
        line = _checked(values, call.rules, today=taipei_day(now))
        if line.key in _known(tx, call_id):
            raise EnteredTwice(field="title", title=line.content.title)
        row = _add(tx, actor, call_id, line=line, at=now)
        activity.record(
            tx, actor, Activity.PROPOSAL_ENTER_WORKSHOP, at=now, call_id=call_id, subject=str(row.id)
        )
        return view(row)


def revise_workshop_proposal(
    rt: Runtime, actor: Actor, proposal_id: int, values: Mapping[str, str]
) -> ProposalView:
    """Replace what an entered proposal says, for its proposer; it waits in the queue again.

    Raises:
        InvalidInput: incomplete or outside the rules; the version before stands.
        ProposalUnknown, WrongStatus, StageClosed: not entered by this agency, decided, or too late.
    """
    now = rt.clock()
    with rt.main() as tx:
        row, call = _entered(tx, actor, proposal_id)
        call.require(Act.ENTER_WORKSHOP_PROPOSAL, now)
        step = Move.SUBMIT if row.status == Status.CORRECTION else Move.REVISE
        after(Status(row.status), step)
        line = _checked(values, call.rules, today=taipei_day(now))
        store.fill(row, line.content)
        row.proposer_name, row.workshop = line.workshop.proposer_name, _origin(line.workshop)
        store.move(tx, row, step, actor=actor, at=now)
        activity.record(tx, actor, Activity.PROPOSAL_REVISE, at=now, call_id=row.call_id, subject=str(row.id))
        return view(row)


def withdraw_workshop_proposal(rt: Runtime, actor: Actor, proposal_id: int) -> ProposalView:
    """Take an entered proposal back because its proposer asked for it, before the freeze.

    Raises:
        ProposalUnknown, WrongStatus, StageClosed: as for :func:`revise_workshop_proposal`.
    """
    now = rt.clock()
    with rt.main() as tx:
        row, call = _entered(tx, actor, proposal_id)
        call.require(Act.WITHDRAW_PROPOSAL, now)
        store.move(tx, row, Move.WITHDRAW, actor=actor, at=now)
        activity.record(
            tx, actor, Activity.PROPOSAL_WITHDRAW, at=now, call_id=row.call_id, subject=str(row.id)
        )
        return view(row)


def _entered(tx: Session, actor: Actor, proposal_id: int) -> tuple[Proposal, calls.CallView]:
    row = store.locked(tx, proposal_id)
    call = calls.get_call_of(tx, actor, Role.OFFICER, call_id=row.call_id)
    if not row.workshop:
        raise ProposalUnknown(proposal=proposal_id)  # a resident's own is the resident's alone
    return row, call


def import_workshop_table(rt: Runtime, actor: Actor, call_id: str, content: bytes) -> ImportReport:
    """Enter every line of a table, or none.

    CSV in UTF-8, UTF-16 or Big5, or a spreadsheet; a line names the columns in either language.

    Raises:
        InvalidInput: every finding; ``field`` is ``lines.<line as a spreadsheet counts>.<field>``.
        StageClosed, CallUnknown, RoleNeeded: not now, or not this officer's.
    """
    now = rt.clock()
    with rt.main() as tx:
        call = _open_call(tx, actor, call_id, at=now)
        lines = _read(content, call.rules, known=_known(tx, call_id), today=taipei_day(now))
        created = [_add(tx, actor, call_id, line=line, at=now).id for line in lines]
        activity.record(
            tx, actor, Activity.PROPOSAL_IMPORT_WORKSHOP, at=now, call_id=call_id, count=len(created)
        )
    return ImportReport(created=tuple(created))


def template_csv() -> bytes:
    """An empty table to fill in: the headings, with the mark that spreadsheets look for."""
    return "\ufeff".encode() + (",".join(COLUMNS.values()) + "\r\n").encode()


def _open_call(tx: Session, actor: Actor, call_id: str, *, at: datetime) -> calls.CallView:
    call = calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
    call.require(Act.ENTER_WORKSHOP_PROPOSAL, at)
    return call


def _checked(values: Mapping[str, str], ruleset: Ruleset, *, today: date) -> _Line:
    line, findings = _line(values, ruleset, today=today)
    raise_findings(findings)
    return line


def _line(values: Mapping[str, str], ruleset: Ruleset, *, today: date) -> tuple[_Line, list[InvalidInput]]:
    workshop, origin = workshop_findings(values, today=today)
    content, findings = content_findings(values, ruleset)
    return _Line(content=content, workshop=workshop), origin + findings


def _known(tx: Session, call_id: str) -> set[tuple[str, str, str, str]]:
    rows = tx.execute(
        select(Proposal.title, Proposal.proposer_name, Proposal.workshop).where(
            Proposal.call_id == call_id,
            Proposal.proposer_id.is_(None),
            Proposal.status != Status.WITHDRAWN.value,
        )
    )
    return {
        (folded(title), folded(name), folded(w.get("meeting", "")), w.get("held_on", ""))
        for title, name, w in rows
    }


def _origin(workshop: Workshop) -> dict[str, str]:
    return {
        "meeting": workshop.meeting,
        "held_on": workshop.held_on.isoformat(),
        "sheet": workshop.sheet,
    }


def _add(tx: Session, actor: Actor, call_id: str, *, line: _Line, at: datetime) -> Proposal:
    row = Proposal(
        call_id=call_id,
        proposer_id=None,
        proposer_name=line.workshop.proposer_name,
        workshop=_origin(line.workshop),
        status=Status.SUBMITTED.value,
        revision=0,
        created_at=at,
        changed_at=at,
        submitted_at=at,
        pictures=[],
        documents=[],
        guardian={},
    )
    store.fill(row, line.content)
    tx.add(row)
    store.keep_version(tx, row, "enter-workshop", actor=actor, at=at)
    return row


def _located(finding: InvalidInput, number: int, cell: str) -> InvalidInput:
    place = {"field": f"lines.{number}.{finding.field}", "line": number, "cell": cell}
    return type(finding)(**finding.facts | place)


def _read(
    content: bytes, ruleset: Ruleset, *, known: set[tuple[str, str, str, str]], today: date
) -> list[_Line]:
    table = read_table(content, _TABLE, field="file", most_rows=MOST_LINES + _SPARE_LINES, surplus="pass")
    if len(table.lines) > MOST_LINES:
        raise TableTooLong(field="file", most=MOST_LINES)
    lines: list[_Line] = []
    findings = [_on_its_line(finding) for finding in table.findings]
    seen = set(known)
    for row in table.lines:
        line, wrong = _line(row.cells, ruleset, today=today)
        if not wrong and line.key in seen:
            wrong = [EnteredTwice(field="title", title=line.content.title)]
        seen.add(line.key)
        lines.append(line)
        findings += [_located(each, row.number, table.cell(each.field, row.number)) for each in wrong]
    raise_findings(sorted(findings, key=lambda finding: int(str(finding.facts["line"]))))
    return lines


def _on_its_line(finding: InvalidInput) -> InvalidInput:
    """A finding about the table's shape, placed as those about its contents are."""
    return type(finding)(**finding.facts | {"field": f"lines.{finding.facts['line']}."})
