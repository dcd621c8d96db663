"""Pages under the content security policy: nothing inline, nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, STATIC, TEMPLATES

NAMESPACE = re.compile(r"http://www\.w3\.org/(2000/svg|1999/xlink|1999/xhtml)")
ELSEWHERE = re.compile(r"https?://[^\s\"'<>)]*|[\"'(]//[a-z]", re.IGNORECASE)
INLINE = {
    "a script in the page": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "a script that is no module": re.compile(r"<script(?![^>]*\btype=\"module\")[^>]*>", re.IGNORECASE),
    "a style in the page": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
}
UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false")
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
PAGES = sorted(TEMPLATES.rglob("*.html"))
VENDOR = STATIC / "vendor"  # whole libraries with their licence; nothing of ours is in there
FILES = sorted(
    path
    for folder in (TEMPLATES, STATIC)
    for path in folder.rglob("*")
    if path.suffix in {".html", ".txt", ".css", ".js", ".svg", ".webmanifest"} and VENDOR not in path.parents
)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _without_jinja(path: Path) -> str:
    """The markup alone, every line still at its place."""
    return JINJA.sub(lambda found: "\n" * found[0].count("\n"), path.read_text(encoding="utf-8"))


def test_there_are_pages_to_look_at() -> None:
    assert len(PAGES) > 10


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_a_page_holds_no_inline_script_or_style(path: Path) -> None:
    found = [
        f"{_name(path)}:{number} {what}"
        for number, line in enumerate(_without_jinja(path).splitlines(), 1)
        for what, pattern in INLINE.items()
        if pattern.search(line)
    ] + [
        f"{_name(path)}:{number} text that is not escaped"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNESCAPED.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    found = [
        f"{_name(path)}:{number} {match.group()}"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for match in ELSEWHERE.finditer(NAMESPACE.sub("", line))
    ]
    assert found == []


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".js"], ids=_name)
def test_a_browser_module_makes_no_markup_or_code_from_text(path: Path) -> None:
    """Trusted Types would stop it in the browser; here it is stopped before."""
    text = path.read_text(encoding="utf-8")
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert sink not in text, sink


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_a_form_that_posts_carries_its_token(path: Path) -> None:
    """Not the box's, which has no session, nor the hand-over at a counter, which carries a sealed ticket."""
    if path.parent.name == "booth":
        return
    text = path.read_text(encoding="utf-8")
    forms = re.findall(r"<form\b[^>]*method=\"post\"[^>]*>(.*?)</form>", text, re.IGNORECASE | re.DOTALL)
    bare = [form[:80] for form in forms if "csrf" not in form and 'name="ticket"' not in form]
    assert bare == []


def test_a_macro_that_makes_a_form_carries_the_token_too() -> None:
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        assert len(re.findall(r"<form\b", text)) == len(re.findall(r"</form>", text)), _name(path)


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.*")), ids=_name)
def test_no_line_of_a_template_is_longer_than_160(path: Path) -> None:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    assert [f"{_name(path)}:{number}" for number, line in lines if len(line) > 160] == []
