"""Text messages: a number confirmed by a code, limits by design, one part each, a folder for the gateway."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from pbvote.core.rules.stage import Progress
from pbvote.core.types import Actor, CallId
from pbvote.edges.bootstrap import system_clock
from pbvote.edges.sms import PART, FolderTexter, TextRenderer, units
from pbvote.platform import outbox
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.places import TEMPLATES
from pbvote.platform.runtime import Runtime, Text, TextTemplate
from pbvote.rooms.accounts import notices, telephone
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.accounts.errors import CodeRefused, PhoneNeeded, TextsMany, TextsOff
from pbvote.rooms.accounts.models import Confirmation, TextSent
from pbvote.rooms.calls.service import set_progress
from pbvote.rooms.engagement import following, reminders
from pbvote.typed.errors import NotAMobile
from tests.make.people import put_resident
from tests.make.services import MovableClock

NUMBER = "0912-345-678"
LAST_DAY = datetime(2026, 5, 10, 3, tzinfo=UTC)


def texts(rt: Runtime) -> list[dict[str, str]]:
    outbox.send_due(rt)
    return [json.loads(path.read_text("utf-8")) for path in sorted(rt.settings.sms_folder.glob("*.json"))]


def code_in(rt: Runtime) -> str:
    found = re.search(r"\d{6}", texts(rt)[-1]["text"])
    assert found is not None
    return found[0]


def confirmed(rt: Runtime, who: Actor, number: str = NUMBER) -> None:
    telephone.request_code(rt, who, number)
    telephone.confirm(rt, who, code_in(rt))


def known(rt: Runtime, who: Actor) -> accounts.ResidentView:
    with rt.read_main() as tx:
        return accounts.resident_view(tx, who.id)


def test_a_number_is_kept_once_its_owner_has_typed_the_code(rt: Runtime, ming: Actor) -> None:
    telephone.request_code(rt, ming, "＋８８６ 912 345 678")
    assert known(rt, ming).phone == ""
    (text,) = texts(rt)
    assert text["to"] == "+886912345678"
    telephone.confirm(rt, ming, f" {code_in(rt)[:3]} {code_in(rt)[3:]} ")
    assert (known(rt, ming).phone, known(rt, ming).texts) == ("+886912345678", True)
    with pytest.raises(CodeRefused):
        telephone.confirm(rt, ming, code_in(rt))


def test_a_code_is_refused_when_wrong_late_or_guessed_at(
    rt: Runtime, ming: Actor, clock: MovableClock
) -> None:
    telephone.request_code(rt, ming, NUMBER)
    right = code_in(rt)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(5):
        with pytest.raises(CodeRefused):
            telephone.confirm(rt, ming, wrong)
    with pytest.raises(CodeRefused):
        telephone.confirm(rt, ming, right)
    telephone.request_code(rt, ming, NUMBER)
    late = code_in(rt)
    clock.forward(minutes=10)
    with pytest.raises(CodeRefused):
        telephone.confirm(rt, ming, late)
    accounts_service.forget_old_links(rt)
    with rt.read_main() as tx:
        assert tx.scalars(select(Confirmation)).all() == []


def test_another_residents_code_confirms_nothing(rt: Runtime, ming: Actor) -> None:
    other = put_resident(rt, "李小華")
    telephone.request_code(rt, ming, NUMBER)
    with pytest.raises(CodeRefused):
        telephone.confirm(rt, other, code_in(rt))


def test_codes_to_one_number_are_few_whoever_orders_them(
    rt: Runtime, ming: Actor, clock: MovableClock
) -> None:
    people = [put_resident(rt, name) for name in ("甲", "乙", "丙", "丁")]
    for who in people[:3]:
        telephone.request_code(rt, who, NUMBER)
    with pytest.raises(TextsMany) as caught:
        telephone.request_code(rt, people[3], "+886912345678")
    assert 3590 < int(caught.value.facts["retry_after"]) <= 3601
    clock.forward(hours=1, seconds=1)
    for who in people[1:]:
        telephone.request_code(rt, who, NUMBER)
    clock.forward(hours=1, seconds=1)
    with pytest.raises(TextsMany):  # six a day
        telephone.request_code(rt, people[3], NUMBER)
    clock.forward(days=1, seconds=1)
    telephone.request_code(rt, people[3], NUMBER)
    assert len(texts(rt)) == 7


def test_one_account_orders_few_codes_for_many_numbers(rt: Runtime, ming: Actor) -> None:
    for n in range(3):
        telephone.request_code(rt, ming, f"091234567{n}")
    with pytest.raises(TextsMany):
        telephone.request_code(rt, ming, "0912345679")


def test_limits_are_counted_by_keyed_hashes_and_forgotten(
    rt: Runtime, ming: Actor, clock: MovableClock
) -> None:
    telephone.request_code(rt, ming, NUMBER)
    with rt.read_main() as tx:
        rows = list(tx.scalars(select(TextSent)))
    assert all("912345678" not in row.number_hash for row in rows)
    clock.forward(days=1, seconds=1)
    accounts_service.forget_old_links(rt)
    with rt.read_main() as tx:
        assert tx.scalars(select(TextSent)).all() == []


def test_what_is_no_mobile_number_sends_nothing(rt: Runtime, ming: Actor) -> None:
    with pytest.raises(NotAMobile):
        telephone.request_code(rt, ming, "02-2345-6789")
    assert texts(rt) == []


def test_without_a_gateway_no_number_is_asked_for(rt: Runtime, ming: Actor) -> None:
    with pytest.raises(TextsOff):
        telephone.request_code(replace(rt, texter=None), ming, NUMBER)


def test_the_last_day_is_told_to_who_chose_it(
    rt: Runtime, call_id: CallId, clock: MovableClock, ming: Actor
) -> None:
    quiet, without = put_resident(rt, "甲"), put_resident(rt, "乙")
    confirmed(rt, ming)
    confirmed(rt, quiet, "0987654321")
    telephone.choose_texts(rt, quiet, wanted=False)
    with pytest.raises(PhoneNeeded):
        telephone.choose_texts(rt, without, wanted=True)
    for who in (ming, quiet, without):
        following.follow(rt, who, call_id)
    with rt.main() as tx:
        set_progress(tx, call_id, Progress.FROZEN)
    before = len(texts(rt))
    clock.set(LAST_DAY)
    for _ in range(2):
        reminders.post_due(rt)
    told = texts(rt)[before:]
    assert [one["to"] for one in told] == ["+886912345678"]
    assert "投票到5月" in told[0]["text"]
    assert "王小明" not in told[0]["text"]


def test_stopping_everything_stops_text_messages(rt: Runtime, ming: Actor) -> None:
    confirmed(rt, ming)
    notices.stop(rt, ming.id, "~all")
    assert known(rt, ming).texts is False


def test_a_forgotten_number_is_nowhere(rt: Runtime, ming: Actor) -> None:
    confirmed(rt, ming)
    telephone.request_code(rt, ming, "0987-654-321")
    telephone.forget(rt, ming)
    assert known(rt, ming).phone == ""
    with rt.read_main() as tx:
        assert tx.scalars(select(Confirmation)).all() == []
        assert tx.scalars(select(OutboxMessage)).all() == []


@pytest.mark.parametrize("template", list(TextTemplate))
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "title", ["", "雲海市115年參與式預算票選" * 5, "🌳" * 60, "A vote about many parks " * 9]
)
def test_every_message_fits_one_part(template: TextTemplate, language: str, title: str) -> None:
    renderer = TextRenderer(origin="https://vote.longcityname.gov.tw")
    until = {"zh": "12月14日17:00", "en": "14 Dec 17:00"}[language]
    facts = {"code": "000000", "minutes": 10, "title": title, "until": until}
    words = renderer.text(Text(to="+886912345678", template=template, language=language, facts=facts))
    assert 20 < units(words) <= PART
    assert "\n" not in words


def test_every_message_has_its_text_in_both_languages() -> None:
    written = {path.name for path in (TEMPLATES / "sms").glob("*.txt")}
    assert written == {f"{each}.{language}.txt" for each in TextTemplate for language in ("zh", "en")}


def test_a_gateway_never_sees_half_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texter = FolderTexter(tmp_path / "sms", origin="https://pb.example", clock=system_clock)
    message = Text(
        to="+886912345678",
        template=TextTemplate.PHONE_CODE,
        language="zh",
        facts={"code": "123456", "minutes": 10},
    )
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", lambda *_given: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            texter.send(message)
    assert list((tmp_path / "sms").glob("*.json")) == []
    texter.send(message)
    (path,) = (tmp_path / "sms").glob("*.json")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_message_that_cannot_be_left_is_tried_again(rt: Runtime, ming: Actor, clock: MovableClock) -> None:
    telephone.request_code(rt, ming, NUMBER)
    rt.settings.sms_folder.write_text("in the way")
    assert outbox.send_due(rt) == 0
    rt.settings.sms_folder.unlink()
    clock.forward(minutes=2)
    assert len(texts(rt)) == 1
