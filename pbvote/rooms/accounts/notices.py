"""Mail to a resident by what they chose: at once, in a digest a day or a week, or never.

Some mail is demanded by law or by a rule of the house: it always goes out, and the page of choices says why.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pbvote.platform import outbox
from pbvote.platform.runtime import MailTemplate, Runtime, TextTemplate
from pbvote.rooms.accounts.errors import AccountUnknown, LanguageUnknown, PaceUnknown
from pbvote.rooms.accounts.kinds import Pace, Subject
from pbvote.rooms.accounts.models import Notice, PaceChosen, Resident

_TAIPEI: Final = timezone(timedelta(hours=8))
_ALWAYS: Final = ("zh", "en")
"""Languages in which every mail can be written, whatever its receiver speaks by the time of a digest."""
_HOUR: Final = 7
_ROOM: Final = timedelta(hours=12)
"""A digest that comes later than this before a date is too late for it."""


class Demanded(StrEnum):
    """Why some mail cannot be turned off."""

    ASKED = "asked"
    DECISION = "decision"
    CONSENT = "consent"
    HIDDEN = "hidden"
    DIGEST = "digest"


KINDS: Final[Mapping[MailTemplate, Subject | Demanded]] = {
    MailTemplate.ACCOUNT_CLOSED: Demanded.ASKED,
    MailTemplate.COAUTHOR_INVITED: Demanded.CONSENT,
    MailTemplate.COMMENT_ANSWERED: Subject.COMMENTS,
    MailTemplate.COMMENT_HIDDEN: Demanded.HIDDEN,
    MailTemplate.CONTACT_CODE: Demanded.ASKED,
    MailTemplate.CORRECTION_DUE: Subject.PROPOSALS,
    MailTemplate.DELIVERY_CHANGED: Subject.CARRYING_OUT,
    MailTemplate.DIGEST: Demanded.DIGEST,
    MailTemplate.DRAFT_UNSENT: Subject.PROPOSALS,
    MailTemplate.EMAIL_CHANGE: Demanded.ASKED,
    MailTemplate.EMAIL_CHANGED: Demanded.ASKED,
    MailTemplate.EMAIL_TAKEN: Demanded.ASKED,
    MailTemplate.PROJECT_WITHDRAWN: Demanded.DECISION,
    MailTemplate.PROPOSAL_ACCEPTED: Demanded.DECISION,
    MailTemplate.PROPOSAL_ANSWERED: Subject.COMMENTS,
    MailTemplate.PROPOSAL_CORRECTION: Demanded.DECISION,
    MailTemplate.PROPOSAL_DECIDED: Subject.FOLLOWED,
    MailTemplate.PROPOSAL_RECEIVED: Subject.PROPOSALS,
    MailTemplate.PROPOSAL_REJECTED: Demanded.DECISION,
    MailTemplate.QUESTION_ANSWERED: Subject.COMMENTS,
    MailTemplate.QUESTION_ASKED: Subject.COMMENTS,
    MailTemplate.SIGN_IN: Demanded.ASKED,
    MailTemplate.TOKEN_ISSUED: Demanded.ASKED,
    MailTemplate.VOTE_LAST_DAY: Subject.LAST_DAY,
    MailTemplate.VOTE_OPENS: Subject.CALLS,
    MailTemplate.VOTE_RESULTS: Subject.RESULTS,
}

SUBJECTS: Final = tuple(subject for subject in Subject if subject in KINDS.values())
"""What mail is about that this service writes, and a resident may stop."""


def paces(tx: Session, resident_id: int) -> dict[Subject, Pace]:
    """What a resident chose for each subject."""
    rows = tx.scalars(select(PaceChosen).where(PaceChosen.resident_id == resident_id))
    chosen = {row.subject: Pace(row.pace) for row in rows}
    return {subject: chosen.get(subject, Pace.AT_ONCE) for subject in SUBJECTS}


def deliver(
    tx: Session,
    resident_id: int,
    template: MailTemplate,
    *,
    at: datetime,
    title_for: Callable[[str], str],
    topic: str = "",
    needed_by: datetime | None = None,
    **facts: Any,
) -> None:
    """Post a mail, lay it by for the digest, or drop it, as its receiver chose; the caller commits.

    ``title_for``: the call's title in a language. ``topic``: what its link ends, instead of its subject.
    ``needed_by``: a mail that no digest brings in time for this goes out at once.
    """
    row = tx.get(Resident, resident_id)
    if row is None:
        raise AccountUnknown(account=resident_id)
    if row.left_at is not None:
        return
    if template is MailTemplate.VOTE_LAST_DAY and row.texts and row.phone:
        _post_text(tx, row, at=at, title=title_for(row.language), until=facts["until_short"])
    kind = KINDS[template]
    pace = paces(tx, resident_id)[kind] if isinstance(kind, Subject) else Pace.AT_ONCE
    if pace is Pace.NEVER:
        return
    due = next_digest(pace, at)
    if due is None or (needed_by is not None and due > needed_by - _ROOM):
        leave = [resident_id, topic or f"~{kind}"] if isinstance(kind, Subject) else None
        outbox.post(
            tx,
            to=row.email,
            template=template,
            due_at=at,
            language=row.language,
            leave=leave,
            name=row.name,
            call_title=title_for(row.language),
            **facts,
        )
        return
    tx.add(
        Notice(
            resident_id=resident_id,
            template=template.value,
            subject=str(kind),
            facts={**facts, "titles": {each: title_for(each) for each in {*_ALWAYS, row.language}}},
            at=at,
            due_at=due,
        )
    )


def _post_text(tx: Session, row: Resident, *, at: datetime, title: str, until: Mapping[str, str]) -> None:
    outbox.post_text(
        tx,
        to=row.phone,
        template=TextTemplate.LAST_DAY,
        due_at=at,
        language=row.language,
        title=title,
        until=until.get(row.language, until["en"]),
    )


def next_digest(pace: Pace, now: datetime) -> datetime | None:
    """When the next digest of that pace goes out: seven in the morning in Taipei, weekly on Mondays."""
    if pace not in {Pace.DAILY, Pace.WEEKLY}:
        return None
    local = now.astimezone(_TAIPEI)
    slot = local.replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    if slot <= local:
        slot += timedelta(days=1)
    if pace is Pace.WEEKLY:
        slot += timedelta(days=-slot.weekday() % 7)
    return slot.astimezone(now.tzinfo)


def choose(
    rt: Runtime,
    resident_id: int,
    wanted: Mapping[Subject, str],
    *,
    language: str,
    among: Collection[str] = _ALWAYS,
) -> None:
    """Keep what a resident chose; what waits already comes as soon as the new choice says.

    ``among``: the languages that mail is written in.

    Raises:
        PaceUnknown, LanguageUnknown: none of the choices; with the field.
        AccountUnknown: there is no such resident any more.
    """
    for subject, pace in wanted.items():
        if pace not in set(Pace):
            raise PaceUnknown(field=subject.value.replace("-", "_"))
    if language not in among:
        raise LanguageUnknown(field="language")
    with rt.main() as tx:
        row = held(tx, resident_id)
        row.language = language
        before = paces(tx, resident_id)
        for subject, pace in wanted.items():
            if before.get(subject) is not Pace(pace):
                _set(tx, resident_id, subject, Pace(pace), now=rt.clock())


def stop(rt: Runtime, resident_id: int, topic: str) -> None:
    """Stop the mail of a topic: ``~all`` that may be stopped, ``~digest`` or one subject.

    Raises:
        AccountUnknown: there is no such resident any more.
    """
    with rt.main() as tx:
        stop_in(tx, resident_id, topic, now=rt.clock())


def stop_in(tx: Session, resident_id: int, topic: str, *, now: datetime) -> None:
    """The same in the caller's transaction."""
    row = held(tx, resident_id)
    for subject, pace in paces(tx, resident_id).items():
        digested = topic == "~digest" and pace in {Pace.DAILY, Pace.WEEKLY}
        if topic in {"~all", f"~{subject}"} or digested:
            _set(tx, resident_id, subject, Pace.NEVER, now=now)
    if topic == "~all":
        row.texts = False


def held(tx: Session, resident_id: int) -> Resident:
    """The row of a resident who is still here, held until the transaction ends.

    Raises:
        AccountUnknown.
    """
    row = tx.get(Resident, resident_id, with_for_update=True)
    if row is None or row.left_at is not None:
        raise AccountUnknown(account=resident_id)
    return row


def _set(tx: Session, resident_id: int, subject: Subject, pace: Pace, *, now: datetime) -> None:
    tx.merge(PaceChosen(resident_id=resident_id, subject=subject.value, pace=pace.value))
    waiting = (Notice.resident_id == resident_id, Notice.subject == subject.value)
    if pace is Pace.NEVER:
        tx.execute(delete(Notice).where(*waiting))
        return
    latest = next_digest(pace, now) or now
    for row in tx.scalars(select(Notice).where(*waiting, Notice.due_at > latest)):
        row.due_at = latest


def post_digests(rt: Runtime, *, most: int = 200) -> int:
    """Put every digest that is due into the outbox, one for each resident; returns how many that is.

    What a digest tells leaves the waiting list in the transaction that posts it: nothing is told twice or
    lost, whenever the worker dies. Who has nothing waiting gets nothing.
    """
    now = rt.clock()
    with rt.read_main() as tx:
        due = list(tx.scalars(select(Notice.resident_id).where(Notice.due_at <= now).distinct().limit(most)))
    return sum(_post_digest(rt, resident_id, now) for resident_id in due)


def _post_digest(rt: Runtime, resident_id: int, now: datetime, *, most: int = 100) -> bool:
    with rt.main() as tx:
        row = tx.get(Resident, resident_id, with_for_update=True)  # another worker at once finds nothing left
        waiting = select(Notice).where(Notice.resident_id == resident_id, Notice.due_at <= now)
        notices = list(tx.scalars(waiting.order_by(Notice.id).limit(most)))
        if row is None or not notices:
            return False
        for notice in notices:
            tx.delete(notice)
        outbox.post(
            tx,
            to=row.email,
            template=MailTemplate.DIGEST,
            due_at=now,
            language=row.language,
            leave=[resident_id, "~digest"],
            name=row.name,
            items=[_item(notice, row.language) for notice in notices],
        )
        return True


def _item(notice: Notice, language: str) -> dict[str, Any]:
    facts = dict(notice.facts)
    titles = facts.pop("titles")
    return {"template": notice.template, "facts": {**facts, "call_title": titles.get(language, titles["en"])}}


def withdraw(tx: Session, *, fact: str, value: int) -> None:
    """What waits for a digest and carries this fact is not told any more; nor is such mail not yet sent."""
    tx.execute(delete(Notice).where(Notice.facts[fact].as_integer() == value))
    outbox.withdraw(tx, fact=fact, value=value)
