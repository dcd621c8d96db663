"""Staff and residents: sign-in, lockout, one-time codes, links, tenancy."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import select

from pbvote.core.types import Actor, AgencyId, Role
from pbvote.platform import outbox
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import queries, service
from pbvote.rooms.accounts.access import require_role
from pbvote.rooms.accounts.errors import (
    AccountUnknown,
    AgencyInvalid,
    EmailInvalid,
    LinkSpent,
    LoginTaken,
    NameNeeded,
    NotYours,
    OwnAccount,
    PasswordTooShort,
    RoleNeeded,
    RolesInvalid,
    SignInFailed,
    SignInPaused,
    TotpPaused,
    TotpRefused,
)
from pbvote.rooms.accounts.models import SignInLink, SignInMiss, StaffAccount
from tests.make.people import mailed_token
from tests.make.services import MovableClock

PASSWORD = "correct horse battery"


@pytest.fixture
def staff(rt: Runtime) -> tuple[int, pyotp.TOTP]:
    service.create_agency(rt, slug="shilin", name="士林區公所", level="township", county="臺北市")
    account_id, uri = service.create_staff(
        rt, agency_slug="shilin", login="Lin", name="林承辦", roles=("officer",), password=PASSWORD
    )
    totp = pyotp.parse_uri(uri)
    assert isinstance(totp, pyotp.TOTP)
    return account_id, totp


def colleague(rt: Runtime, login: str, *roles: str, agency: str = "shilin") -> int:
    return service.create_staff(
        rt, agency_slug=agency, login=login, name=login, roles=roles, password=PASSWORD
    )[0]


def test_password_and_code_together_sign_an_officer_in(
    rt: Runtime, staff: tuple[int, pyotp.TOTP], clock: MovableClock
) -> None:
    account_id, totp = staff
    assert service.sign_in_staff(rt, " LIN ", PASSWORD) == account_id
    actor = service.confirm_totp(rt, account_id, totp.at(clock.now))
    assert actor.kind == "officer"
    assert actor.roles == {Role.OFFICER}


def test_unknown_login_and_wrong_password_get_the_same_answer(
    rt: Runtime, staff: tuple[int, pyotp.TOTP]
) -> None:
    with pytest.raises(SignInFailed) as unknown:
        service.sign_in_staff(rt, "nobody", PASSWORD)
    with pytest.raises(SignInFailed) as wrong:
        service.sign_in_staff(rt, "lin", "wrong password!")
    assert unknown.value.facts == wrong.value.facts


def test_an_unknown_login_is_compared_with_a_hash_too(
    rt: Runtime, staff: tuple[int, pyotp.TOTP], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    real = service._password_matches

    def watched(password_hash: str, password: str) -> bool:
        compared.append(password_hash)
        return real(password_hash, password)

    monkeypatch.setattr(service, "_password_matches", watched)
    with pytest.raises(SignInFailed):
        service.sign_in_staff(rt, "nobody", PASSWORD)
    assert len(compared) == 1
    assert compared[0].startswith("$argon2id$")


def test_five_wrong_passwords_pause_the_account_for_fifteen_minutes_even_for_the_right_one(
    rt: Runtime, staff: tuple[int, pyotp.TOTP], clock: MovableClock
) -> None:
    for _ in range(5):
        with pytest.raises(SignInFailed):
            service.sign_in_staff(rt, "lin", "wrong password!")
    with pytest.raises(SignInFailed):
        service.sign_in_staff(rt, "lin", PASSWORD)
    clock.forward(minutes=15)
    assert service.sign_in_staff(rt, "lin", PASSWORD) == staff[0]


def test_a_pause_says_until_when_and_is_for_known_and_unknown_logins_alike(
    rt: Runtime, staff: tuple[int, pyotp.TOTP]
) -> None:
    said = []
    for login in ("lin", "nobody"):
        for _ in range(5):
            with pytest.raises(SignInFailed):
                service.sign_in_staff(rt, login, "wrong password!", address="192.0.2.1")
        with pytest.raises(SignInPaused) as paused:
            service.sign_in_staff(rt, login, PASSWORD, address="192.0.2.1")
        said.append(paused.value.facts)
    assert said[0] == said[1]
    assert said[0]["until"] == "09:15"  # Taipei; the tests' clock begins at nine


def test_a_strangers_wrong_passwords_lock_nobody_else_out(
    rt: Runtime, staff: tuple[int, pyotp.TOTP], clock: MovableClock
) -> None:
    account_id, totp = staff
    actor = service.confirm_totp(rt, account_id, totp.at(clock.now))
    for _ in range(3):  # round after round, without end
        for _ in range(12):
            with pytest.raises(SignInFailed):
                service.sign_in_staff(rt, "lin", "wrong password!", address="192.0.2.66")
        assert service.sign_in_staff(rt, "lin", PASSWORD, address="192.0.2.1") == account_id
        clock.forward(minutes=15)
        service.require_fresh_totp(rt, actor, totp.at(clock.now))
    service.confirm_totp(rt, account_id, totp.at(clock.now + timedelta(seconds=30)))


def test_wrong_codes_at_the_door_do_not_stop_somebody_in_session_and_the_other_way_round(
    rt: Runtime, staff: tuple[int, pyotp.TOTP], clock: MovableClock
) -> None:
    account_id, totp = staff
    actor = service.confirm_totp(rt, account_id, totp.at(clock.now))
    clock.forward(minutes=1)
    right = totp.at(clock.now)
    wrong = f"{(int(right) + 333_333) % 1_000_000:06d}"
    for _ in range(5):
        with pytest.raises(TotpRefused):
            service.confirm_totp(rt, account_id, wrong)
    with pytest.raises(TotpPaused) as paused:
        service.confirm_totp(rt, account_id, right)
    assert paused.value.facts["until"] == "09:16"
    service.require_fresh_totp(rt, actor, right)
    clock.forward(minutes=16)
    for _ in range(5):
        with pytest.raises(TotpRefused):
            service.require_fresh_totp(rt, actor, "000000" if wrong != "000000" else "111111")
    with pytest.raises(TotpPaused) as paused:
        service.require_fresh_totp(rt, actor, totp.at(clock.now))
    assert paused.value.field == "totp"
    service.confirm_totp(rt, account_id, totp.at(clock.now))


def test_neither_login_nor_address_of_a_miss_is_kept_readable_or_for_long(
    rt: Runtime, staff: tuple[int, pyotp.TOTP], clock: MovableClock
) -> None:
    with pytest.raises(SignInFailed):
        service.sign_in_staff(rt, "my password, typed here", "x", address="192.0.2.5")
    with rt.read_main() as tx:
        row = tx.scalars(select(SignInMiss)).one()
    assert "password" not in row.login_hash
    assert "192" not in row.address_hash
    clock.forward(hours=25)
    service.forget_old_links(rt)
    with rt.read_main() as tx:
        assert tx.scalars(select(SignInMiss)).all() == []


def test_an_administrator_ends_every_pause(
    rt: Runtime,
    staff: tuple[int, pyotp.TOTP],
) -> None:
    chief = colleague(rt, "chief", "administrator")
    with rt.read_main() as tx:
        admin = queries.staff_actor(tx, chief)
    assert admin is not None
    for _ in range(5):
        with pytest.raises(SignInFailed):
            service.sign_in_staff(rt, "lin", "wrong password!", address="192.0.2.1")
    service.restore_staff(rt, admin, staff[0])
    assert service.sign_in_staff(rt, "lin", PASSWORD, address="192.0.2.1") == staff[0]


def test_misses_during_a_pause_do_not_lengthen_it(
    rt: Runtime, staff: tuple[int, pyotp.TOTP], clock: MovableClock
) -> None:
    for _ in range(5):
        with pytest.raises(SignInFailed):
            service.sign_in_staff(rt, "lin", "wrong password!")
    clock.forward(minutes=14)
    with pytest.raises(SignInFailed):
        service.sign_in_staff(rt, "lin", "wrong password!")
    clock.forward(minutes=1)
    assert service.sign_in_staff(rt, "lin", PASSWORD) == staff[0]


def test_who_knows_the_password_cannot_try_codes_for_ever(
    rt: Runtime, staff: tuple[int, pyotp.TOTP], clock: MovableClock
) -> None:
    account_id, totp = staff
    right = totp.at(clock.now)
    wrong = f"{(int(right) + 333_333) % 1_000_000:06d}"
    for _ in range(5):
        service.sign_in_staff(rt, "lin", PASSWORD)
        with pytest.raises(TotpRefused):
            service.confirm_totp(rt, account_id, wrong)
    with pytest.raises(TotpRefused):
        service.confirm_totp(rt, account_id, right)


def test_a_code_works_once_only(rt: Runtime, staff: tuple[int, pyotp.TOTP], clock: MovableClock) -> None:
    account_id, totp = staff
    code = totp.at(clock.now)
    actor = service.confirm_totp(rt, account_id, code)
    with pytest.raises(TotpRefused):
        service.confirm_totp(rt, account_id, code)
    with pytest.raises(TotpRefused) as refused:
        service.require_fresh_totp(rt, actor, code)
    assert refused.value.field == "totp"
    clock.forward(seconds=30)
    service.require_fresh_totp(rt, actor, totp.at(clock.now))


def test_a_code_two_minutes_old_is_refused(
    rt: Runtime, staff: tuple[int, pyotp.TOTP], clock: MovableClock
) -> None:
    account_id, totp = staff
    with pytest.raises(TotpRefused):
        service.confirm_totp(rt, account_id, totp.at(clock.now - timedelta(minutes=2)))


def test_neither_password_nor_totp_secret_stands_in_the_database(
    rt: Runtime, staff: tuple[int, pyotp.TOTP]
) -> None:
    with rt.read_main() as tx:
        row = tx.get_one(StaffAccount, staff[0])
        stored = " ".join(str(value) for value in vars(row).values())
    assert PASSWORD not in stored
    assert staff[1].secret not in stored
    assert rt.keystore.get(f"account/{staff[0]}/totp").decode() == staff[1].secret


def test_a_resident_cannot_give_a_fresh_code(rt: Runtime, staff: tuple[int, pyotp.TOTP]) -> None:
    with pytest.raises(TotpRefused):
        service.require_fresh_totp(rt, Actor(kind="resident", id=staff[0]), "000000")


def test_a_suspended_account_signs_in_nowhere_and_is_no_actor(
    rt: Runtime, staff: tuple[int, pyotp.TOTP], clock: MovableClock
) -> None:
    chief = colleague(rt, "chief", "administrator")
    with rt.read_main() as tx:
        admin = queries.staff_actor(tx, chief)
    assert admin is not None
    service.suspend_staff(rt, admin, staff[0])
    with pytest.raises(SignInFailed):
        service.sign_in_staff(rt, "lin", PASSWORD)
    with pytest.raises(TotpRefused):
        service.confirm_totp(rt, staff[0], staff[1].at(clock.now))
    with rt.read_main() as tx:
        assert queries.staff_actor(tx, staff[0]) is None
    service.restore_staff(rt, admin, staff[0])
    assert service.sign_in_staff(rt, "lin", PASSWORD) == staff[0]


def test_an_administrator_reaches_no_account_of_another_agency_and_not_their_own(
    rt: Runtime, staff: tuple[int, pyotp.TOTP]
) -> None:
    service.create_agency(rt, slug="xindian", name="新店區公所", level="township")
    foreign = colleague(rt, "other", "administrator", agency="xindian")
    with rt.read_main() as tx:
        admin = queries.staff_actor(tx, foreign)
        officer = queries.staff_actor(tx, staff[0])
    assert admin is not None
    assert officer is not None
    with pytest.raises(AccountUnknown):
        service.suspend_staff(rt, admin, staff[0])
    with pytest.raises(OwnAccount):
        service.suspend_staff(rt, admin, foreign)
    with pytest.raises(RoleNeeded):
        service.suspend_staff(rt, officer, foreign)


@pytest.mark.parametrize(
    ("change", "error", "field"),
    [
        ({"login": "lin"}, LoginTaken, "login"),
        ({"login": "li n"}, LoginTaken, "login"),
        ({"name": " "}, NameNeeded, "name"),
        ({"roles": ("king",)}, RolesInvalid, "roles"),
        ({"roles": ()}, RolesInvalid, "roles"),
        ({"password": "short"}, PasswordTooShort, "password"),
    ],
)
def test_an_account_that_cannot_be_is_refused_with_its_field(
    rt: Runtime,
    staff: tuple[int, pyotp.TOTP],
    change: dict[str, Any],
    error: type[Exception],
    field: str,
) -> None:
    values: dict[str, Any] = {"login": "new", "name": "新", "roles": ("officer",), "password": PASSWORD}
    with pytest.raises(error) as refused:
        service.create_staff(rt, agency_slug="shilin", **(values | change))
    assert refused.value.facts["field"] == field  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "shilin"}, "slug"),
        ({"slug": "Ä"}, "slug"),
        ({"name": ""}, "name"),
        ({"level": "moon"}, "level"),
    ],
)
def test_an_agency_that_cannot_be_is_refused_with_its_field(
    rt: Runtime, staff: tuple[int, pyotp.TOTP], change: dict[str, str], field: str
) -> None:
    with pytest.raises(AgencyInvalid) as refused:
        service.create_agency(rt, **({"slug": "new", "name": "新", "level": "county"} | change))
    assert refused.value.field == field


def test_another_agencys_things_do_not_exist_and_ones_own_need_the_role() -> None:
    auditor = Actor(kind="officer", id=1, agency_id=AgencyId(1), roles=frozenset({Role.AUDITOR}))
    require_role(auditor, Role.AUDITOR, 1)
    with pytest.raises(NotYours):
        require_role(auditor, Role.AUDITOR, 2)
    with pytest.raises(RoleNeeded):
        require_role(auditor, Role.OFFICER, 1)
    with pytest.raises(NotYours):
        require_role(Actor(kind="resident", id=1), Role.OFFICER, 1)


def test_a_mailed_link_makes_an_account_once_and_signs_in_after(rt: Runtime) -> None:
    service.request_sign_in_link(rt, "  Mei@Example.COM ", language="en")
    token = mailed_token(rt)
    assert service.link_needs_name(rt, token)
    with pytest.raises(NameNeeded):
        service.use_sign_in_link(rt, token)
    first = service.use_sign_in_link(rt, token, "陳小美")
    with pytest.raises(LinkSpent):
        service.use_sign_in_link(rt, token, "陳小美")
    service.request_sign_in_link(rt, "mei@example.com")
    token = mailed_token(rt)
    assert not service.link_needs_name(rt, token)
    assert service.use_sign_in_link(rt, token) == first
    with rt.read_main() as tx:
        assert queries.resident_view(tx, first.id).email == "mei@example.com"


def test_a_link_is_good_for_thirty_minutes_and_only_its_digest_is_kept(
    rt: Runtime, clock: MovableClock
) -> None:
    service.request_sign_in_link(rt, "mei@example.com", "陳小美")
    token = mailed_token(rt)
    with rt.read_main() as tx:
        assert all(token not in link.token_sha256 for link in tx.scalars(select(SignInLink)))
    clock.forward(minutes=30)
    with pytest.raises(LinkSpent):
        service.use_sign_in_link(rt, token)
    service.forget_old_links(rt)
    with rt.read_main() as tx:
        assert tx.scalars(select(SignInLink)).all() == []


def test_nobodys_mailbox_is_flooded(rt: Runtime) -> None:
    for _ in range(8):
        service.request_sign_in_link(rt, "mei@example.com")
    with rt.read_main() as tx:
        assert len(tx.scalars(select(OutboxMessage)).all()) == service.LINKS_AT_ONCE


@pytest.mark.parametrize(
    "email", ["", "mei", "mei@", "a b@example.com", "a@example.com\nBcc: b@example.com", "x" * 300 + "@a.tw"]
)
def test_what_is_no_mail_address_is_refused(rt: Runtime, email: str) -> None:
    with pytest.raises(EmailInvalid):
        service.request_sign_in_link(rt, email)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_mail_holds_the_link_to_the_confirmation_page(rt: Runtime, language: str) -> None:
    service.request_sign_in_link(rt, "mei@example.com", language=language)
    token = mailed_token(rt)
    assert outbox.send_due(rt) == 1
    mails = list((rt.settings.state_dir / "mail").iterdir())
    assert len(mails) == 1
    from email import message_from_bytes, policy

    body = message_from_bytes(mails[0].read_bytes(), policy=policy.default).get_body()
    assert body is not None
    links = re.findall(r"https?://\S+", body.get_content())
    assert links == [f"{rt.settings.web.origin}/account/link/{token}"]
