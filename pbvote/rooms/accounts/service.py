"""Staff sign in with a password and a one-time code; residents with a link mailed to them.

A wrong login, a wrong password and a suspended account get the same answer in the same time. Whether a
mail address has an account is told only to whoever reads its mail.

Example::

    create_agency(rt, slug="shilin", name="士林區公所", level="township", county="臺北市")
    account_id, uri = create_staff(
        rt, agency_slug="shilin", login="lin", name="林承辦", roles=("officer",), password="…"
    )
    account_id = sign_in_staff(rt, "lin", "…")
    actor = confirm_totp(rt, account_id, "123456")
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pbvote.core.errors import raise_findings
from pbvote.core.letters import narrow
from pbvote.core.types import Actor, Role
from pbvote.platform import activity, outbox
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.accounts import misses, queries, telephone
from pbvote.rooms.accounts.access import own_agency
from pbvote.rooms.accounts.errors import (
    AccountUnknown,
    AgencyInvalid,
    EmailInvalid,
    LinkSpent,
    LoginTaken,
    NameNeeded,
    OwnAccount,
    PasswordTooShort,
    RolesInvalid,
    SignInFailed,
    SignInPaused,
    TotpPaused,
    TotpRefused,
)
from pbvote.rooms.accounts.models import Agency, Resident, SignInLink, StaffAccount
from pbvote.rooms.accounts.queries import AgencyView
from pbvote.typed.errors import NotAnAddress
from pbvote.typed.texts import address_of, line, text_findings

LINK_LIVES = timedelta(minutes=30)
LINKS_AT_ONCE = 5
PASSWORD_LEAST = 12
NAME_MOST = 60
LOGIN_MOST = 64
_TOTP_STEP = 30
_LEVELS = frozenset({"central", "county", "township"})
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
_hasher = PasswordHasher()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    """What an unknown login is compared with, so that it takes as long as a known one."""
    return _hasher.hash(secrets.token_hex(16))


def _totp_name(account_id: int) -> str:
    return f"account/{account_id}/totp"


def create_agency(
    rt: Runtime, *, slug: str, name: str, level: str, county: str = "", name_en: str = ""
) -> AgencyView:
    """An agency of that short name exists afterwards.

    Raises:
        AgencyInvalid: the short name is taken or malformed, the name empty or the level unknown.
    """
    if not _SLUG.fullmatch(slug):
        raise AgencyInvalid(field="slug", value=slug)
    if not name.strip():
        raise AgencyInvalid(field="name", value=name)
    if level not in _LEVELS:
        raise AgencyInvalid(field="level", value=level)
    with rt.main() as tx:
        if tx.scalars(select(Agency.id).where(Agency.slug == slug)).first() is not None:
            raise AgencyInvalid(field="slug", value=slug)
        row = Agency(
            slug=slug, name=name.strip(), name_en=name_en.strip(), level=level, county=county.strip()
        )
        tx.add(row)
        tx.flush()
        return queries.get_agency(tx, row.id)


def create_staff(
    rt: Runtime, *, agency_slug: str, login: str, name: str, roles: Iterable[str], password: str
) -> tuple[int, str]:
    """A staff account exists afterwards: its id, and the TOTP provisioning URI, shown this once.

    Raises:
        AgencyUnknown: no such agency.
        LoginTaken, NameNeeded, RolesInvalid, PasswordTooShort: naming the field.
    """
    login = login.strip().lower()
    wanted = _roles(roles)
    if not _LOGIN.fullmatch(login):
        raise LoginTaken(field="login", value=login)
    if not name.strip():
        raise NameNeeded(field="name")
    password_hash = _hash_password(password)
    secret = pyotp.random_base32()
    with rt.main() as tx:
        agency = queries.agency_of_slug(tx, agency_slug)
        if tx.scalars(select(StaffAccount.id).where(StaffAccount.login == login)).first() is not None:
            raise LoginTaken(field="login", value=login)
        row = StaffAccount(
            agency_id=agency.id,
            login=login,
            name=name.strip(),
            password_hash=password_hash,
            roles=wanted,
            created_at=rt.clock(),
        )
        tx.add(row)
        tx.flush()
        # before the commit: an account without its second factor never exists
        rt.keystore.put(_totp_name(row.id), secret.encode())
        return row.id, pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=agency.name)


def _roles(roles: Iterable[str]) -> list[str]:
    try:
        wanted = sorted({Role(role).value for role in roles})
    except ValueError as error:
        raise RolesInvalid(field="roles") from error
    if not wanted:
        raise RolesInvalid(field="roles")
    return wanted


def _hash_password(password: str) -> str:
    if len(password) < PASSWORD_LEAST:
        raise PasswordTooShort(field="password", least=PASSWORD_LEAST)
    return _hasher.hash(unicodedata.normalize("NFKC", password))


def _password_matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, unicodedata.normalize("NFKC", password))
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def sign_in_staff(rt: Runtime, login: str, password: str, *, address: str = "") -> int:
    """Step 1: the account's id, to be confirmed by :func:`confirm_totp`; nobody is signed in yet.

    The slow comparison runs with no transaction open. Misses count for the login from this network address
    alone (:mod:`pbvote.rooms.accounts.misses`).

    Raises:
        SignInFailed: whatever the reason. SignInPaused: too many misses from this address.
    """
    login = login.strip().lower()[:LOGIN_MOST]
    with rt.read_main() as tx:
        known = tx.scalars(select(StaffAccount).where(StaffAccount.login == login)).first()
        paused = misses.paused_until(rt, tx, login=login, address=address)
    if paused is not None:
        raise SignInPaused(field="password", until=misses.until_text(paused))
    matches = _password_matches(known.password_hash if known else _nobodys_hash(), password)
    with rt.main() as tx:
        row = tx.get(StaffAccount, known.id if known else 0)
        admitted = row is not None and row.active and matches
        if matches:
            misses.forget_password(rt, tx, login=login, address=address)
        else:
            misses.count_password(rt, tx, login=login, address=address)
    if row is None or not admitted:
        raise SignInFailed(field="password")
    return row.id


def _use_code(rt: Runtime, row: StaffAccount, *, code: str) -> bool:
    """Whether the code is right now, and never was used; it is used afterwards (RFC 6238, 5.2)."""
    now = rt.clock()
    typed = narrow(code).replace(" ", "")
    totp = pyotp.TOTP(rt.keystore.get(_totp_name(row.id)).decode())
    this_step = int(now.timestamp()) // _TOTP_STEP
    for step in (this_step - 1, this_step, this_step + 1):
        right = totp.at(step * _TOTP_STEP)
        if hmac.compare_digest(right.encode(), typed.encode()) and step > row.last_totp_step:
            row.last_totp_step = step
            return True
    return False


def confirm_totp(rt: Runtime, account_id: int, code: str) -> Actor:
    """Step 2: the actor that is now signed in.

    Raises:
        TotpRefused: wrong, used before, or the account is suspended. TotpPaused: too many misses.
    """
    actor, now = None, rt.clock()
    with rt.main() as tx:
        row = tx.get(StaffAccount, account_id, with_for_update=True)
        paused = row.locked_until if row is not None and misses.is_paused(row.locked_until, now) else None
        if row is not None and row.active and paused is None:
            if _use_code(rt, row, code=code):
                row.failed, row.locked_until = 0, None
                actor = queries.actor_of(row)
                activity.record(tx, actor, Activity.ACCOUNT_SIGN_IN, at=now)
            else:
                misses.count_code(row, now)
    if paused is not None:
        raise TotpPaused(field="code", until=misses.until_text(paused))
    if actor is None:
        raise TotpRefused(field="code")
    return actor


def require_fresh_totp(rt: Runtime, actor: Actor, code: str) -> None:
    """Guarantee that this staff member typed a right code that nobody used before, just now.

    Only misses from within the account's own sessions count: nobody outside can stop an act.

    Raises:
        TotpRefused: wrong, used before, or the account is suspended (fact ``field`` = ``totp``).
        TotpPaused: too many misses.
    """
    fresh, now = False, rt.clock()
    with rt.main() as tx:
        row = tx.get(StaffAccount, actor.id, with_for_update=True) if actor.kind == "officer" else None
        until = row.session_paused_until if row is not None else None
        paused = until if misses.is_paused(until, now) else None
        if row is not None and row.active and paused is None:
            fresh = _use_code(rt, row, code=code)
            if fresh:
                row.session_failed, row.session_paused_until = 0, None
            else:
                misses.count_session_code(row, now)
    if paused is not None:
        raise TotpPaused(field="totp", until=misses.until_text(paused))
    if not fresh:
        raise TotpRefused(field="totp")


def suspend_staff(rt: Runtime, actor: Actor, account_id: int) -> None:
    """A colleague's account admits nobody any more, and its sessions end at once.

    Raises:
        RoleNeeded: the actor is no administrator.
        AccountUnknown: no such account in the actor's agency.
        OwnAccount: nobody suspends themselves.
    """
    if account_id == actor.id:
        raise OwnAccount()
    with rt.main() as tx:
        row = _colleague(tx, actor, account_id)
        row.active, row.session_number = False, row.session_number + 1
        activity.record(tx, actor, Activity.ACCOUNT_SUSPEND, at=rt.clock(), subject=str(account_id))


def restore_staff(rt: Runtime, actor: Actor, account_id: int) -> None:
    """A colleague's account is active, and a pause after wrong codes is over.

    Raises:
        RoleNeeded: the actor is no administrator.
        AccountUnknown: no such account in the actor's agency.
    """
    with rt.main() as tx:
        row = _colleague(tx, actor, account_id)
        row.active = True
        misses.forget_all(rt, tx, row)
        activity.record(tx, actor, Activity.ACCOUNT_RESTORE, at=rt.clock(), subject=str(account_id))


def _colleague(tx: Session, actor: Actor, account_id: int) -> StaffAccount:
    agency_id = own_agency(actor, Role.ADMINISTRATOR)
    row = tx.get(StaffAccount, account_id, with_for_update=True)
    if row is None or row.agency_id != agency_id:
        raise AccountUnknown(account=account_id)
    return row


def clean_email(email: str) -> str:
    """The mail address in the form that it is kept in: NFKC, trimmed, lower case.

    Raises:
        EmailInvalid: not a mail address.
    """
    try:
        return address_of(email)
    except NotAnAddress as error:
        raise EmailInvalid(field="email") from error


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def request_sign_in_link(
    rt: Runtime, email: str, name: str | None = None, *, language: str = "zh", goes_to: str = ""
) -> None:
    """A link that signs in, or signs up, is on its way to the address; the answer is always the same.

    ``goes_to``: the path of this site where its owner wanted to be.

    More than a few live links for one address send no further mail, so that nobody's mailbox is
    flooded from here.

    Raises:
        EmailInvalid: not a mail address.
        InvalidInput: a name that is too long, or that cannot be shown.
    """
    address = clean_email(email)
    given = line(name or "")
    raise_findings(text_findings(given, field="name", most=NAME_MOST, missing=None))
    now = rt.clock()
    token = secrets.token_urlsafe(24)
    with rt.main() as tx:
        live = select(func.count()).where(SignInLink.email == address, SignInLink.expires_at > now)
        if (tx.scalar(live) or 0) >= LINKS_AT_ONCE:
            return
        tx.add(
            SignInLink(
                token_sha256=_digest(token),
                email=address,
                name=given,
                language=language,
                expires_at=now + LINK_LIVES,
            )
        )
        outbox.post(
            tx,
            to=address,
            template=MailTemplate.SIGN_IN,
            due_at=now,
            language=language,
            token=token,
            minutes=int(LINK_LIVES.total_seconds()) // 60,
            goes_to=goes_to,
        )


def link_needs_name(rt: Runtime, token: str) -> bool:
    """Whether the link opens a new account whose name is not known yet.

    Raises:
        LinkSpent: unknown, too old, or used.
    """
    with rt.read_main() as tx:
        link = _live_link(tx, token, now=rt.clock())
        return _resident_of(tx, link.email) is None and not link.name


def _live_link(tx: Session, token: str, *, now: datetime) -> SignInLink:
    link = tx.get(SignInLink, _digest(token), with_for_update=True)
    if link is None or link.used_at is not None or now >= link.expires_at:
        raise LinkSpent()
    return link


def _resident_of(tx: Session, email: str) -> Resident | None:
    return tx.scalars(select(Resident).where(Resident.email == email)).first()


def use_sign_in_link(rt: Runtime, token: str, name: str = "") -> Actor:
    """The resident of the link's address is signed in, made first where new; the link is spent.

    Raises:
        LinkSpent: unknown, too old, or used.
        NameNeeded: a new account, and no name given; the link stays good.
    """
    now = rt.clock()
    with rt.main() as tx:
        link = _live_link(tx, token, now=now)
        resident = _resident_of(tx, link.email)
        if resident is None:
            chosen = line(name) or link.name
            raise_findings(text_findings(chosen, field="name", most=NAME_MOST, missing=NameNeeded))
            resident = Resident(email=link.email, name=chosen, language=link.language, confirmed_at=now)
            tx.add(resident)
        link.used_at = now
        tx.flush()
        return Actor(kind="resident", id=resident.id)


def forget_old_links(rt: Runtime) -> None:
    """Links that no longer work and misses of yesterday are removed (the worker calls this each round)."""
    with rt.main() as tx:
        misses.forget_old(rt, tx)
        telephone.forget_old(rt, tx)
        for link in tx.scalars(select(SignInLink).where(SignInLink.expires_at <= rt.clock())):
            tx.delete(link)
