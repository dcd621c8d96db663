"""How far a proposal is: the state of every part, how many are done, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pbvote.edges.web.base.context import runtime
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.proposals import queries
from pbvote.rooms.proposals.consent import consent_findings
from pbvote.rooms.proposals.content import content_findings
from pbvote.rooms.proposals.documents import document_findings
from pbvote.rooms.proposals.gallery import picture_findings
from pbvote.rooms.proposals.parts import FORMS, PARTS, reply_field, reply_findings, standings
from pbvote.rooms.proposals.queries import ProposalView, RevisionView
from pbvote.words import formats
from pbvote.words.catalogue import gettext as _
from pbvote.words.errors import sentence
from pbvote.words.proposal_parts import part_titles

Values = dict[str, str]

FIELDS_OF = {part: (*fields, reply_field(part)) for part, fields in FORMS.items()}
"""What the form of a part holds: its fields, and the answer to the agency."""
_OPTIONAL = frozenset({"pictures", "documents", "people"})
_ASKED = frozenset({"asked", "changed", "answered"})
_FINISHED = frozenset({"done", "changed", "answered"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One row of the task list; ``state``: done, wrong, empty, optional, asked, changed or answered."""

    name: str
    title: str
    state: str

    @property
    def is_needed(self) -> bool:
        """Whether it has to be done: the parts without which nothing is handed in, and what was asked for."""
        return self.name not in _OPTIONAL or self.state in _ASKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The task list as a whole; ``at``: the number of the part on the page, 0 on the list itself."""

    tasks: tuple[Task, ...]
    at: int

    @property
    def needed(self) -> int:
        """How many parts have to be done, as far as is known."""
        return sum(task.is_needed for task in self.tasks)

    @property
    def done(self) -> int:
        """How many of them are."""
        return sum(task.is_needed and task.state in _FINISHED for task in self.tasks)

    @property
    def next(self) -> Task | None:
        """The first part behind this one that still needs something, then those before it."""
        waiting = [task for task in self.tasks if task.state in {"wrong", "empty", "asked"}]
        behind = [task for task in waiting if self.tasks.index(task) >= self.at]
        return next(iter(behind or waiting), None)

    @property
    def is_ready(self) -> bool:
        """Whether nothing is missing that this page knows of."""
        return self.next is None


def errors_of(call: CallView, values: Values, part: str, *, works: bool = False) -> dict[str, str]:
    """What is wrong with one part; ``works``: the proposal has pictures or documents."""
    _content, findings = content_findings(values, call.rules)
    errors: dict[str, str] = {}
    for finding in findings + reply_findings(values) + consent_findings(values, works=works):
        if finding.field in FIELDS_OF[part]:
            errors.setdefault(finding.field, sentence(finding))
    return errors


def progress(call: CallView, own: ProposalView | None, part: str = "") -> Progress:
    """How far the proposal is, seen from one of its parts or from the task list."""
    revisions: Iterable[RevisionView] = ()
    if own is not None and own.asked:
        with runtime().read_main() as tx:
            revisions = queries.revisions(tx, own.id)
    standing = standings(own, revisions) if own else {}
    tasks = []
    for name, title in part_titles().items():
        state = _state(call, own, name)
        if name in standing and state != "wrong":
            state = standing[name].value
        tasks.append(Task(name=name, title=title, state=state))
    return Progress(tasks=tuple(tasks), at=PARTS.index(part) + 1 if part else 0)


def _state(call: CallView, own: ProposalView | None, name: str) -> str:
    values = own.values if own else {}
    if name == "pictures":
        return "optional" if not (own and own.pictures) else "wrong" if picture_findings(own) else "done"
    if name == "documents":
        return "optional" if not (own and own.documents) else "wrong" if document_findings(own) else "done"
    typed = any(values.get(field) for field in FORMS[name])
    works = bool(own and (own.pictures or own.documents))
    if errors_of(call, values, name, works=works):
        return "wrong" if typed else "empty"
    if name == "people":
        return "done" if (own and own.coauthors) or typed else "optional"
    return "done" if typed else "optional"


def said_when_handed_in(call: CallView) -> str:
    """What comes next for a proposal that has just been handed in."""
    due = call.rules.intake.due(call.rules.timeline)
    if due is None:
        return _("提案已送出，承辦機關會進行審核，結果會以電子郵件通知您。")
    return _(
        "提案已送出並公開。到%(when)s為止要有 %(count)s 位鄰居連署，請把這一頁下面的網址傳給他們。",
        when=formats.short(due),
        count=call.rules.intake.endorsements_least,
    )
