"""The demo page: whom to sign in as, what to vote with, where the mail went. Never in production.

Everything on it is a secret of invented people; the application registers it only where the setting
``demo_page`` is on, and production refuses to start with that.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import pyotp
from flask import Blueprint, Response, render_template, send_file
from markupsafe import Markup, escape

from pbvote.core.errors import NotFound
from pbvote.core.rules.ruleset import GroundKind
from pbvote.core.rules.stage import Stage
from pbvote.core.types import TAIPEI, Mode
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.policy import allow
from pbvote.edges.web.demo.facts import (
    KEY_FILES,
    CallFacts,
    CityFacts,
    CityUnknown,
    StaffFacts,
    VoterFacts,
    keys_folder,
    read_facts,
)
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.errors import CallUnknown
from pbvote.rooms.calls.queries import CallView
from pbvote.words.catalogue import gettext as _
from pbvote.words.grounds import ground_name

bp = Blueprint("demo_page", __name__)
bp.add_app_template_filter(lambda value: value.astimezone(TAIPEI).strftime("%m-%d %H:%M:%S"), "seconds")

_STEP: Final = 30
_MOST_MAILS: Final = 40
_MAIL_NAME: Final = re.compile(r"[0-9]{8}-[0-9a-f]{8}\.eml")
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%\[\]]+")


class MailUnknown(NotFound):
    """There is no such mail in the demo's folder."""

    code = "demo.mail-unknown"


class KeyFileUnknown(NotFound):
    """There is no such file of a ceremony."""

    code = "demo.key-file-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCard:
    """A text message of the folder."""

    to: str
    text: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCard:
    """An account with the one-time codes that it takes now."""

    facts: StaffFacts
    code: str
    next_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCard:
    """A call with the stage that it is in at this moment."""

    facts: CallFacts
    view: CallView
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class MailCard:
    """A mail of the folder."""

    name: str
    to: str
    subject: str
    received_at: datetime


def _city(rt: Runtime) -> CityFacts:
    if rt.settings.mode is Mode.PRODUCTION:
        raise CityUnknown()
    return read_facts(rt.settings.state_dir)


@bp.get("/demo")
@allow("public")
def city() -> str:
    """The guide to the city."""
    rt = runtime()
    facts, now = _city(rt), rt.clock()
    return render_template(
        "demo/city.html",
        facts=facts,
        calls={card.facts.key: card for card in _calls(rt, facts)},
        staff=[_staff(rt, one) for one in facts.staff],
        codes_until=now + timedelta(seconds=_STEP - int(now.timestamp()) % _STEP),
        stamp=int(now.timestamp()),
        able=_by_district(facts),
        others=[one for one in facts.voters if not one.may_vote],
        shows=_shows(),
        kinds={kind.value: ground_name(kind) for kind in GroundKind},
        roles=_roles(),
        birth_day=date.fromisoformat,
        key_files=KEY_FILES,
        stale=facts.is_stale(now),
    )


def _by_district(facts: CityFacts) -> dict[str, list[VoterFacts]]:
    """The people who may vote, under their district."""
    found: dict[str, list[VoterFacts]] = {}
    for one in facts.voters:
        if one.may_vote:
            found.setdefault(one.district, []).append(one)
    return found


def _staff(rt: Runtime, facts: StaffFacts) -> StaffCard:
    totp = pyotp.TOTP(rt.keystore.get(f"account/{facts.account_id}/totp").decode())
    now = int(rt.clock().timestamp())
    return StaffCard(facts=facts, code=totp.at(now), next_code=totp.at(now + _STEP))


def _calls(rt: Runtime, facts: CityFacts) -> list[CallCard]:
    """The city's calls; one that is gone is left out."""
    cards, now = [], rt.clock()
    with rt.read_main() as tx:
        for one in facts.calls:
            try:
                view = calls.get_published(tx, one.id)
            except CallUnknown:
                continue
            cards.append(CallCard(facts=one, view=view, stage=view.stage(now)))
    return cards


def _shows() -> dict[str, str]:
    """What a visitor sees with a number of each kind."""
    return {
        "match": _("查驗相符，可以投票"),
        "permit": _("居留證號，查驗相符，可以投票"),
        "voted": _("已經投過票，不能再投"),
        "no-match": _("身分資料不符"),
        "locked": _("證號被查驗機關鎖定"),
        "down": _("查驗服務中斷"),
        "timeout": _("查驗服務逾時"),
        "too-young": _("未滿投票年齡"),
        "no-ground": _("身分相符，但不符投票資格"),
    }


def _roles() -> dict[str, str]:
    return {"officer": _("承辦人"), "auditor": _("查核人員"), "administrator": _("管理人員")}


@bp.get("/demo/keys/<agency>/<name>")
@allow("public")
def key_file(agency: str, name: str) -> Response:
    """A file of an agency's ceremony, to be uploaded again by the officer or auditor."""
    rt = runtime()
    known = {key.agency for key in _city(rt).keys}
    path = keys_folder(rt.settings.state_dir.absolute(), agency) / name
    if agency not in known or name not in KEY_FILES or not path.is_file():
        raise KeyFileUnknown(name=name)
    return send_file(
        io.BytesIO(path.read_bytes()),
        mimetype="application/json",
        as_attachment=True,
        download_name=f"{agency}-{name}",
    )


@bp.get("/demo/mail")
@allow("public")
def mails() -> str:
    """The mail folder, newest first."""
    folder = _mail_folder(runtime())
    names = sorted((p.name for p in folder.glob("*.eml") if _MAIL_NAME.fullmatch(p.name)), reverse=True)
    return render_template(
        "demo/mails.html",
        mails=[_mail_card(folder / name) for name in names[:_MOST_MAILS]],
        total=len(names),
        texts=_texts(runtime()),
    )


def _texts(rt: Runtime) -> list[TextCard]:
    """The text messages that a gateway would take, newest first."""
    paths = sorted(rt.settings.sms_folder.glob("*.json"), reverse=True)[:_MOST_MAILS]
    return [_text_card(path) for path in paths]


def _text_card(path: Path) -> TextCard:
    content = json.loads(path.read_text("utf-8"))
    received_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return TextCard(to=content["to"], text=content["text"], received_at=received_at)


@bp.get("/demo/mail/<name>")
@allow("public")
def mail(name: str) -> str:
    """One mail; only links into this service can be clicked."""
    rt = runtime()
    path = _mail_folder(rt) / name
    if not _MAIL_NAME.fullmatch(name) or not path.is_file():
        raise MailUnknown()
    message = _read(path)
    body = message.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    return render_template(
        "demo/mail.html", mail=_mail_card(path), text=linked(text, origin=rt.settings.web.origin)
    )


def _mail_folder(rt: Runtime) -> Path:
    _city(rt)
    return rt.settings.state_dir / "mail"


def _read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def _mail_card(path: Path) -> MailCard:
    message = _read(path)
    return MailCard(
        name=path.name,
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        received_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
    )


def linked(text: str, *, origin: str) -> Markup:
    """The text as safe HTML, in which addresses of this service are links and nothing else is."""
    parts: list[Markup] = []
    done = 0
    for match in _ADDRESS.finditer(text):
        address = match.group().rstrip(".,;:!?)'")
        if not address.startswith(f"{origin}/"):
            continue
        parts.append(escape(text[done : match.start()]))
        local = address.removeprefix(origin)
        if local.startswith("//"):
            parts.append(escape(address))
        else:
            parts.append(Markup('<a href="{}">{}</a>').format(local, address))
        done = match.start() + len(address)
    parts.append(escape(text[done:]))
    return Markup("").join(parts)
