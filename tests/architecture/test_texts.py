"""Every code has a sentence in both languages, and every sentence a code."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys

import pytest

from pbvote.core.errors import PbvoteError, every_error
from pbvote.words.errors import all_texts
from tests.architecture.source import ROOT, calls, import_everything, modules

WITHOUT_A_CLASS = ("http.", "internal")
"""Sentences for answers that the framework gives, and for what nobody expected."""
CJK = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def codes() -> dict[str, type[PbvoteError]]:
    import_everything()
    return {cls.code: cls for cls in every_error() if cls.__module__.startswith("pbvote.")}


def test_every_code_stands_for_one_class(codes: dict[str, type[PbvoteError]]) -> None:
    every = [f"{cls.code} {cls.__module__}" for cls in every_error() if cls.__module__.startswith("pbvote.")]
    twice = [name for name in every if sum(n.split()[0] == name.split()[0] for n in every) > 1]
    assert twice == []


def test_every_code_has_a_sentence(codes: dict[str, type[PbvoteError]]) -> None:
    assert sorted(f"{code} ({codes[code].__module__})" for code in codes.keys() - all_texts().keys()) == []


def test_every_sentence_has_a_code(codes: dict[str, type[PbvoteError]]) -> None:
    left = [code for code in all_texts().keys() - codes.keys() if not code.startswith(WITHOUT_A_CLASS)]
    assert sorted(left) == []


def test_every_sentence_stands_in_both_languages() -> None:
    wrong = []
    for code, texts in all_texts().items():
        if set(texts) != {"zh", "en"} or not CJK.search(texts.get("zh", "")) or CJK.search(texts["en"]):
            wrong.append(code)
    assert wrong == []


def _facts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_tell_the_same_facts() -> None:
    differing = {
        code: (sorted(_facts(texts["zh"])), sorted(_facts(texts["en"])))
        for code, texts in all_texts().items()
        if _facts(texts["zh"]) != _facts(texts["en"])
    }
    assert differing == {}


def _raised_with() -> dict[str, set[str]]:
    """For each class name the facts that it is raised with anywhere; ``**`` counts as any."""
    found: dict[str, set[str]] = {}
    for path in modules():
        for call in calls(path):
            name = ast.unparse(call.func).rpartition(".")[2]
            found.setdefault(name, set()).update(keyword.arg or "**" for keyword in call.keywords)
    return found


def test_a_sentence_tells_only_facts_that_the_error_carries(codes: dict[str, type[PbvoteError]]) -> None:
    """A fact that nobody gives would be shown as a dash."""
    raised = _raised_with()
    missing = {
        code: sorted(_facts(all_texts()[code]["zh"]) - raised.get(cls.__name__, set()))
        for code, cls in codes.items()
        if code in all_texts() and "**" not in raised.get(cls.__name__, set())
        if _facts(all_texts()[code]["zh"]) - raised.get(cls.__name__, set())
    }
    assert missing == {}


def test_every_sentence_of_the_pages_has_an_english_text() -> None:
    done = subprocess.run(
        [sys.executable, "tools/catalogue.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
