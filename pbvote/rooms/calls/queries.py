"""Calls as others may see them: frozen views, no writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core.rules.instants import parse_instant
from pbvote.core.rules.intake import ReadableFrom
from pbvote.core.rules.ruleset import Ruleset, VoteKind, ruleset_from_json
from pbvote.core.rules.stage import Act, Progress, Stage, require
from pbvote.core.types import Actor, AgencyId, CallId, Role, sha256
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts.access import require_role
from pbvote.rooms.accounts.errors import NotYours
from pbvote.rooms.accounts.queries import AgencyView
from pbvote.rooms.calls.errors import CallUnknown
from pbvote.rooms.calls.models import Call
from pbvote.rooms.calls.values import members_of

PRIVACY_NOTICE_FIELDS = members_of("notice")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyNotice:
    """The personal-data notice (個資法 art. 8) that stands before any identity field (PRA-17)."""

    agency: str
    purpose: str
    categories: str
    period: str
    area: str
    recipients: str
    manner: str
    rights: str
    effect: str
    version: int


def text_digest(text: str) -> str:
    """What a translation is kept under: 16 hexadecimal digits, the same for the same words."""
    return sha256(" ".join(text.split()).encode()).hex()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """A call. ``ruleset`` and ``notice`` are None until it is published.

    ``translations``: by language, then by :func:`text_digest` of the Chinese text.
    """

    id: CallId
    agency: AgencyView
    title: str
    title_en: str
    description_md: str
    contact: str
    notice: PrivacyNotice | None
    progress: Progress
    ruleset: Ruleset | None
    draft: Mapping[str, str]
    translations: Mapping[str, Mapping[str, str]]
    published_at: datetime | None
    created_at: datetime

    @property
    def agency_id(self) -> AgencyId:
        """The agency that the call belongs to."""
        return self.agency.id

    @property
    def agency_name(self) -> str:
        """The agency's name."""
        return self.agency.name

    @property
    def rules(self) -> Ruleset:
        """The rules of a published call.

        Raises:
            CallUnknown: not published, so that nobody but its officers knows it.
        """
        if self.ruleset is None:
            raise CallUnknown(call=self.id)
        return self.ruleset

    @property
    def is_survey(self) -> bool:
        """Whether the vote is an opinion survey, for reference (意向調查, NDC-03)."""
        return self.rules.vote_kind is VoteKind.SURVEY

    @property
    def readable_from(self) -> ReadableFrom:
        """From which step on everybody may read a proposal."""
        return self.rules.intake.readable_from

    @property
    def shows_submitted(self) -> bool:
        """Whether proposals are public before they are decided, because residents endorse them."""
        return self.readable_from is ReadableFrom.SUBMISSION

    def translation(self, text: str, language: str) -> str:
        """What the agency gave for a text of this call in that language; nothing where it gave none."""
        return self.translations.get(language, {}).get(text_digest(text), "")

    def title_for(self, language: str) -> str:
        """The title in that language where the agency gave one, else in English where the reader needs it."""
        if language == "zh":
            return self.title
        own = self.title_en if language == "en" else ""
        return own or self.translation(self.title, language) or self.title_en or self.title

    def stage(self, now: datetime) -> Stage:
        """The stage at a time."""
        if self.ruleset is None:
            return Stage.DRAFT
        return self.ruleset.timeline.stage(self.progress, now)

    def require(self, act: Act, now: datetime) -> None:
        """Guarantee that the act is open.

        Raises:
            StageClosed: it is not.
        """
        require(self.stage(now), act)


def _view(row: Call, agency: AgencyView) -> CallView:
    return CallView(
        id=CallId(row.id),
        agency=agency,
        title=row.title,
        title_en=row.title_en,
        description_md=row.description_md,
        contact=row.contact,
        notice=notice_view(row.notice, version=int(row.notice["version"])) if row.notice else None,
        progress=Progress(row.progress),
        ruleset=ruleset_from_json(row.ruleset) if row.ruleset else None,
        draft=dict(row.draft),
        translations={
            language: texts for language, texts in row.translations.items() if isinstance(texts, dict)
        },
        published_at=row.published_at,
        created_at=row.created_at,
    )


def notice_view(values: Mapping[str, str], *, version: int) -> PrivacyNotice:
    """The notice of its nine parts by name; a missing part is empty."""
    return PrivacyNotice(**{name: values.get(name, "") for name in PRIVACY_NOTICE_FIELDS}, version=version)


def get_call(tx: Session, call_id: str) -> CallView:
    """The call of that id, published or not.

    Raises:
        CallUnknown: there is none.
    """
    row = tx.get(Call, call_id)
    if row is None:
        raise CallUnknown(call=call_id)
    return _view(row, accounts.get_agency(tx, row.agency_id))


def locked(tx: Session, call_id: str) -> Call:
    """The row, held until the transaction ends.

    Raises:
        CallUnknown: there is none.
    """
    row = tx.get(Call, call_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise CallUnknown(call=call_id)
    return row


def get_published(tx: Session, call_id: str) -> CallView:
    """The call of that id, if everybody may see it.

    Raises:
        CallUnknown: there is none, or it is still a draft.
    """
    call = get_call(tx, call_id)
    if call.progress is Progress.DRAFT:
        raise CallUnknown(call=call_id)
    return call


def earlier_privacy_notices(tx: Session, call_id: str) -> list[tuple[PrivacyNotice, datetime]]:
    """The versions of the notice that no longer stand, the newest first, with the time that each ended."""
    row = tx.get(Call, call_id)
    earlier = row.notice.get("earlier", []) if row is not None else []
    found = []
    for each in reversed(earlier):
        ended = parse_instant(each["until"], field="until")
        if ended is not None:
            found.append((notice_view(each, version=int(each["version"])), ended))
    return found


def get_call_of(tx: Session, actor: Actor, role: Role, *, call_id: str) -> CallView:
    """The call, for staff of its agency who hold the role; what is another agency's does not exist.

    Raises:
        CallUnknown: no such call in the actor's agency.
        RoleNeeded: the agency's own staff, without the role.
    """
    call = get_call(tx, call_id)
    try:
        require_role(actor, role, call.agency_id)
    except NotYours as error:
        raise CallUnknown(call=call_id) from error
    return call


def get_call_of_agency(tx: Session, actor: Actor, *, call_id: str) -> CallView:
    """The call, for staff of its agency in whatever role.

    Raises:
        CallUnknown: no such call in the actor's agency.
    """
    call = get_call(tx, call_id)
    if actor.kind != "officer" or actor.agency_id != call.agency_id:
        raise CallUnknown(call=call_id)
    return call


def _views(tx: Session, rows: Iterable[Call]) -> list[CallView]:
    found = list(rows)
    agencies = accounts.agencies_by_id(tx, (row.agency_id for row in found))
    return [_view(row, agencies[row.agency_id]) for row in found]


def list_published(tx: Session) -> list[CallView]:
    """Every call that everybody may see, newest first."""
    query = select(Call).where(Call.progress >= Progress.PUBLISHED)
    return _views(tx, tx.scalars(query.order_by(Call.published_at.desc(), Call.id)))


def list_of_agency(tx: Session, agency_id: int) -> list[CallView]:
    """An agency's calls, drafts too, newest first."""
    query = select(Call).where(Call.agency_id == agency_id)
    return _views(tx, tx.scalars(query.order_by(Call.created_at.desc(), Call.id)))
