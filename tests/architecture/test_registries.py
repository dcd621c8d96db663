"""What has a name in the code has its words in both languages: acts, mails, kinds."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import pytest

from pbvote.core.record.counted import NoticeKind
from pbvote.core.rules.ruleset import Evidence, GroundKind, VoteKind
from pbvote.core.rules.ways import WAYS, WayOfIdentity
from pbvote.core.tally.method import Method, Option
from pbvote.core.tally.methods import METHODS
from pbvote.core.tally.options import Score
from pbvote.core.types import Role
from pbvote.platform.activity import Activity
from pbvote.platform.places import TEMPLATES
from pbvote.platform.runtime import MailTemplate
from pbvote.rooms.delivery.kinds import ChangeKind, Moment, State
from pbvote.rooms.engagement.kinds import CommentKind
from pbvote.rooms.proposals.status import Status
from pbvote.rooms.registrar.documents import Assisted
from pbvote.rooms.registrar.evidence import Problem
from pbvote.words import methods as method_texts
from pbvote.words import ways as way_texts
from pbvote.words.activities import activity_name, subject_name
from pbvote.words.delivery import change_name, moment_name, state_name
from pbvote.words.grounds import ground_name
from pbvote.words.language import LANGUAGES, in_language
from pbvote.words.names import (
    assistance_name,
    comment_kind_name,
    evidence_name,
    problem_name,
    role_name,
    status_name,
    vote_kind_name,
)
from tests.architecture.source import calls, modules, place, tree_of

CJK = re.compile(r"[\u4e00-\u9fff]")


def test_every_act_of_the_log_has_a_name_in_both_languages() -> None:
    with in_language("zh"):
        assert [act for act in Activity if not CJK.search(activity_name(act.value))] == []
    with in_language("en"):
        names = [activity_name(act.value) for act in Activity]
    assert [name for name in names if CJK.search(name) or "." in name] == []


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
def test_a_method_that_counts_by_another_score_than_votes_says_so(method: Method) -> None:
    scores = [score for score in Score if score is not Score.VOTES and Option.SCORE in method.uses]
    words = method_texts.texts()[method.name]
    told = [words["sentence"], *(words.get(f"sentence-{score}") for score in scores)]
    assert None not in told
    assert len({str(each) for each in told}) == len(told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_an_act_was_done_on_is_told_in_words(language: str) -> None:
    title = "河濱步道加燈"
    with in_language(language):
        told = [
            subject_name("proposal.submit", "7", {7: title}),
            subject_name("moderation.accept", "8", {7: title}),
            subject_name("project.withdraw", "3", {}),
            subject_name("delivery.update", "4", {}),
            subject_name("vote.certify", "auditor", {}),
            subject_name("comment.hide", "12", {}),
        ]
    expected = {
        "zh": ["「河濱步道加燈」", "提案第 8 號", "3 號", "4 號", "查核人員", "第 12 則留言"],
        "en": ["“河濱步道加燈”", "proposal 8", "No. 3", "No. 4", "Auditor", "comment 12"],
    }
    assert told == expected[language]
    assert subject_name("call.save", "", {}) == ""


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


KINDS: tuple[tuple[type[StrEnum], Callable[[Any], str]], ...] = (
    (CommentKind, comment_kind_name),
    (Problem, problem_name),
    (Assisted, assistance_name),
    (Status, status_name),
    (VoteKind, vote_kind_name),
    (GroundKind, ground_name),
    (Evidence, evidence_name),
    (Role, role_name),
    (State, state_name),
    (Moment, moment_name),
    (ChangeKind, change_name),
)


@pytest.mark.parametrize(("kinds", "name"), KINDS, ids=lambda each: each.__name__)
def test_every_kind_that_is_shown_has_a_name_in_both_languages(
    kinds: type[StrEnum], name: Callable[[Any], str]
) -> None:
    with in_language("zh"):
        chinese = [name(kind) for kind in kinds]
    with in_language("en"):
        english = [name(kind) for kind in kinds]
    assert [one for one in chinese if not CJK.search(one)] == []
    assert [one for one in english if not one or CJK.search(one)] == []
    assert len(set(chinese)) == len(set(english)) == len(kinds)


def _words_wanted_of(way: WayOfIdentity) -> set[str]:
    """The words that a way has to have."""
    wanted = {"name", "lead"}
    if way.chosen:
        wanted |= {"choice", "sentence"}
        wanted |= {"sentence-with-desk"} if way.has_person and not way.at_desk else set()
    return wanted | ({"service"} if way.has_service else set())


def test_every_way_of_identity_has_its_words_in_both_languages() -> None:
    assert set(way_texts.texts()) == set(WAYS)
    for way in WAYS.values():
        words = way_texts.texts()[way.name]
        assert set(words) == _words_wanted_of(way), way.name
        for texts in words.values():
            assert CJK.search(texts["zh"])
            assert texts["en"]
            assert not CJK.search(texts["en"])


def test_kinds_are_members_and_no_bare_strings() -> None:
    """Channels, methods of tickets and evidence, kinds of comments, problems and notices."""
    members = {*WAYS, *CommentKind, *Problem, *NoticeKind, *(kind for kind in Assisted if kind)}
    bare = [
        place(path, call.lineno)
        for path in modules()
        if "tools" not in path.parts  # the client of a voter is written a second time
        for call in calls(path)
        for keyword in call.keywords
        if keyword.arg in {"channel", "kind", "method", "way", "assistance"}
        and getattr(keyword.value, "value", None) in members
    ]
    compared = [
        place(path, node.lineno)
        for path in modules()
        if "tools" not in path.parts
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Compare)
        and getattr(node.left, "attr", getattr(node.left, "id", "")) in {"channel", "kind", "method", "way"}
        and any(getattr(each, "value", None) in members for each in node.comparators)
    ]
    assert bare + compared == []


def test_every_mail_has_its_text_in_both_languages() -> None:
    written = {path.name for path in (TEMPLATES / "mail").glob("*.txt")}
    texts = {*(mail.value for mail in MailTemplate), "_foot"}  # what stands below mail that may be stopped
    assert written == {f"{text}.{language}.txt" for text in texts for language in LANGUAGES}
