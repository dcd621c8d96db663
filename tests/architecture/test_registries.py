"""What has a name in the code has its words in both languages: acts, mails, kinds."""

from __future__ import annotations

import re

from pbvote.platform.activity import Activity
from pbvote.platform.places import TEMPLATES
from pbvote.platform.runtime import MailTemplate
from pbvote.words.activities import activity_name
from pbvote.words.language import LANGUAGES, in_language
from tests.architecture.source import calls, modules, place

CJK = re.compile(r"[\u4e00-\u9fff]")


def test_every_act_of_the_log_has_a_name_in_both_languages() -> None:
    with in_language("zh"):
        assert [act for act in Activity if not CJK.search(activity_name(act.value))] == []
    with in_language("en"):
        names = [activity_name(act.value) for act in Activity]
    assert [name for name in names if CJK.search(name) or "." in name] == []


def test_an_act_of_an_earlier_version_keeps_its_code() -> None:
    assert activity_name("call.forgotten") == "call.forgotten"


def test_every_act_of_the_log_is_written_somewhere() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in modules())
    unused = [act for act in Activity if text.count(f"Activity.{act.name}") < 2]
    moves = {Activity.MODERATION_ACCEPT, Activity.MODERATION_CORRECT, Activity.MODERATION_REJECT}
    assert set(unused) <= moves, "those are made from the officer's move"


def test_the_log_takes_members_only() -> None:
    """A bare string would have no name and no test."""
    bare = [
        place(path, call.lineno)
        for path in modules()
        for call in calls(path)
        if getattr(call.func, "attr", "") in {"record", "post", "tell"}
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        if isinstance(getattr(argument, "value", None), str)
        and getattr(argument, "value", "") in {*Activity, *MailTemplate}
    ]
    assert bare == []


def test_every_mail_has_its_text_in_both_languages() -> None:
    written = {path.name for path in (TEMPLATES / "mail").glob("*.txt")}
    assert written == {f"{mail.value}.{language}.txt" for mail in MailTemplate for language in LANGUAGES}
