"""The documents name what the code has: settings, commands, labels, steps, addresses, codes."""

from __future__ import annotations

import re

import click
import pytest
from flask import Flask
from pydantic import BaseModel

from pbvote.core.record.report import Flaw
from pbvote.edges.web.app import create_box
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import Settings
from pbvote.rooms.counting.progress import Step
from pbvote.tools.cli import main
from tests.architecture.source import PACKAGE, ROOT
from tests.make.votes import example_manifest

LABEL = re.compile(r"""tag\(["'](pbvote/[a-z-]+/v1)["']\)""")


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _named(text: str) -> set[str]:
    """Everything that stands between backquotes."""
    return {part for quoted in re.findall(r"`([^`\n]+)`", text) for part in re.split(r"[\s,]+", quoted)}


def test_the_settings_table_names_every_setting() -> None:
    rows = [line for line in _text("docs/operations.md").splitlines() if line.startswith("| `")]
    missing = []
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            in_section = " ".join(row for row in rows if f"`{name}." in row)
            missing += [f"{name}.{inner}" for inner in section.model_fields if inner not in in_section]
        elif not any(f"`{name}`" in row for row in rows):
            missing.append(name)
    assert missing == []


def test_every_command_in_the_documents_exists() -> None:
    assert isinstance(main, click.Group)
    used = set()
    for name in ("README.md", "docs/operations.md", "docs/protocol.md", "docs/architecture.md"):
        used |= set(re.findall(r"(?:^|`)pbvote ([a-z-]+)", _text(name), re.MULTILINE))
    assert used <= set(main.commands)
    assert {"serve", "migrate", "worker", "ceremony", "export"} <= used


def test_the_protocol_names_every_label_of_the_core() -> None:
    """Two uses of one key must never share a message, so that the list has to be complete."""
    used = {
        label for path in (PACKAGE / "core").rglob("*.py") for label in LABEL.findall(path.read_text("utf-8"))
    }
    used |= {"pbvote/evidence/v1", "pbvote/device-mark/v1"}  # the registrar's own
    assert len(used) > 10
    assert used == set(re.findall(r"pbvote/[a-z-]+/v1", _text("docs/protocol.md"))) - {"pbvote-key/v1"}


def test_the_protocol_names_every_member_of_the_manifest() -> None:
    named = _named(_text("docs/protocol.md"))
    values = example_manifest().to_json()
    for name in (*values, *values["ruleset"], *values["ruleset"]["grounds"][0]):
        assert name in named, name


def test_the_protocol_names_every_address_of_the_box(rt: Runtime) -> None:
    app: Flask = create_box(rt)
    text = _text("docs/protocol.md")
    for rule in app.url_map.iter_rules():
        parts = rule.rule.split("/")
        if parts[1] == "box" and parts[3] != "qr":
            assert f"/box/<call>/{parts[3]}" in text, rule.rule


def test_the_architecture_lists_every_step_with_its_number() -> None:
    text = _text("docs/architecture.md")
    for step in Step:
        assert f"| {int(step)} `{step.name}` |" in text, step


def test_the_record_format_lists_every_code_of_the_verifier() -> None:
    named = _named(_text("docs/record-format.md"))
    assert [flaw.value for flaw in Flaw if flaw.value not in named] == []


REQUIREMENT = re.compile(r"\b(?:PRA|NDC|NAN|BEN|WSH|ORG)-\d{2}\b")


def test_every_requirement_that_is_cited_stands_in_the_document() -> None:
    defined = set(re.findall(r"^\| ((?:PRA|NDC)-\d{2})", _text("docs/requirements.md"), re.M))
    folders = ("pbvote", "templates", "tests", "docs", "migrations", "bench")
    cited = {
        (requirement, str(path.relative_to(ROOT)))
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".html", ".md", ".js", ".txt"} and path.name != "requirements.md"
        for requirement in REQUIREMENT.findall(path.read_text(encoding="utf-8"))
    }
    assert len(defined) >= 25
    assert {found for found in cited if found[0] not in defined} == set()


def _paths_named(text: str) -> set[str]:
    """Paths between backquotes and behind links."""
    tops = "|".join(path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))
    quoted = {part for part in _named(text) if re.fullmatch(rf"(?:{tops})/[\w./-]+", part)}
    quoted = {part for part in quoted if not part.endswith("/v1")}  # labels of the protocol
    linked = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)}
    return quoted | {link for link in linked if link and "://" not in link}


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "README.md", "CHANGELOG.md", "SECURITY.md"])
def test_every_path_in_the_guides_exists(name: str) -> None:
    assert {path for path in _paths_named(_text(name)) if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_every_path_in_the_documents_exists(name: str) -> None:
    missing = {
        path
        for path in _paths_named(_text(f"docs/{name}"))
        if not (ROOT / path).exists() and not (ROOT / "docs" / path).exists()
    }
    assert missing == set()


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "README.md"])
def test_every_command_in_the_guides_exists(name: str) -> None:
    assert isinstance(main, click.Group)
    text = _text(name)
    targets = set(re.findall(r"^([a-z]+):", _text("Makefile"), re.MULTILINE))
    used = set(re.findall(r"(?:^|`|\d )make ([a-z]+)", text, re.MULTILINE))
    assert {"demo", "test"} <= used <= targets
    assert set(re.findall(r"(?:^|`)pbvote ([a-z-]+)", text, re.MULTILINE)) <= set(main.commands)
