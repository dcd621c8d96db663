"""Keeps the catalogues in ``pbvote/words/catalogues`` in step with the templates and the code.

    python tools/catalogue.py              rewrite every catalogue; exit 1 when a text is missing
    python tools/catalogue.py --check      change nothing; exit 1 when one is out of step or incomplete
    python tools/catalogue.py --from FILE  English from lines ``"中文" = "English"`` (TOML); with ``--in vi``
                                           texts of a further language, whose file is begun by it
    python tools/catalogue.py --missing vi what a language lacks on the way from call to receipt (TOML)

English has every text of pages. A further language also has the texts that stand in Chinese and English side
by side (errors, ways of identity, methods, mails); what only staff read is left out; the way from call to
receipt must be complete.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from pbvote.rooms.calls.values import single_fields

ROOT = Path(__file__).parent.parent
CALL_PAGE = "pbvote/words/call_fields.py"
CATALOGUES = ROOT / "pbvote" / "words" / "catalogues"
KEYWORDS = {"_": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
CHINESE = re.compile("[\u3400-\u9fff]")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\{.*?\}\}|\{%.*?%\}|\{\w+(?::[^{}|]*)?\}")
HEAD = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: {code}\\n"\n'
    '"X-Name: {code}\\n"\n"X-Review: needed\\n"\n'
)

STAFF = (
    "templates/staff/*",
    "pbvote/edges/web/staff/*",
    "pbvote/words/activities.py",
    "pbvote/words/call_fields.py",
    "pbvote/words/choices.py",
    "pbvote/rooms/calls/fields*.py",
    *(
        f"pbvote/words/error_texts/{name}.toml#*"
        for name in (
            *("bootstrap", "core_tally", "counting", "demo", "migrate", "rehearsal", "rules", "voter"),
        )
    ),
    "pbvote/words/*.toml#*.choice",
    "pbvote/words/methods.toml#*.column.*",
)
"""Where only staff and commands are: Chinese and English, and no further language."""

WAY = (
    "templates/base/*",
    "templates/booth/*",
    "templates/checkin/*",
    "templates/site/front.html",
    "templates/site/call.html",
    "templates/site/_*.html",
    "templates/site/proposal*.html",
    "templates/site/where*.html",
    "templates/site/login/sent.html",
    "pbvote/edges/web/base/*",
    "pbvote/edges/web/booth/*",
    "pbvote/edges/web/checkin/*",
    "pbvote/edges/web/site/listing.py",
    "pbvote/edges/web/site/login.py",
    "pbvote/edges/web/site/maps.py",
    f"{CALL_PAGE}#*",
    "pbvote/words/ballot_forms.py",
    "pbvote/words/delivery.py",
    "pbvote/words/formats.py",
    "pbvote/words/names.py",
    "pbvote/words/promises.py",
    "pbvote/words/rules.py",
    "pbvote/words/ways.toml#*.lead",
    "pbvote/words/ways.toml#*.service",
    "pbvote/words/ways.toml#*.sentence*",
    "pbvote/words/methods.toml#*.name",
    "pbvote/words/methods.toml#*.sentence*",
    "pbvote/words/explanations.toml#tie-*",
    *(
        f"templates/mail/{name}.zh.txt"
        for name in ("contact-code", "token-issued", "sign-in", "vote-*", "_foot")
    ),
    *(
        f"pbvote/words/error_texts/*.toml#{code}"
        for code in (
            *("internal", "input.*", "stage.closed", "http.*", "runtime.database-elsewhere", "where.unknown"),
            *("registrar.vote-not-ready", "registrar.roll-closed", "registrar.issuing-ended", "identity.*"),
            *("registrar.codes-spent", "registrar.style-not-offered", "registrar.wrong-style"),
            *("registrar.already-issued", "registrar.request-taken", "registrar.ticket-*", "eligibility.*"),
            *("box.vote-unknown", "box.sealed", "booth.*", "log.*-unknown", "ballot.*", "promise.invalid"),
            *("receipt.code-*", "manifest.unknown-style", "token.*", "seal.broken", "entry.malformed"),
            *("typed.not-a-date", "typed.birth-date", "typed.date-out-of-range", "typed.not-an-address"),
            *("typed.text-*", "calls.unknown", "proposals.unknown", "accounts.link-spent"),
            *("accounts.name-needed", "accounts.email-invalid"),
        )
    ),
)
"""The way from call to receipt: what of it is missing in a further language is a mistake."""
NOT_ON_THE_WAY: tuple[str, ...] = ("templates/base/_proposal_fields.html",)


def _pages() -> Iterator[tuple[str, str]]:
    """Every msgid with a file that uses it."""
    for folder, method in ((ROOT / "templates", "jinja2"), (ROOT / "pbvote", "python")):
        pattern = "**.html" if method == "jinja2" else "**.py"
        options = {pattern: {"trimmed": "true", "silent": "false"}} if method == "jinja2" else {}
        for filename, _line, message, _comments, _context in extract_from_dir(
            str(folder), method_map=[(pattern, method)], options_map=options, keywords=KEYWORDS
        ):
            for text in (message,) if isinstance(message, str) else message:
                if text:
                    yield text, str((folder / filename).relative_to(ROOT))


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    for key, each in value.items():
        if key == "zh":
            yield from ((text, name) for text in ([each] if isinstance(each, str) else each))
        elif isinstance(each, dict):
            yield from _leaves(each, f"{name}.{key}" if name else key)


def _beside() -> Iterator[tuple[str, str]]:
    """Texts that stand in Chinese and English side by side, with the file and the entry."""
    for path in sorted((ROOT / "pbvote" / "words").rglob("*.toml")):
        for text, name in _leaves(tomllib.loads(path.read_text(encoding="utf-8")), ""):
            yield text, f"{path.relative_to(ROOT)}#{name}"
    for path in sorted((ROOT / "templates" / "mail").glob("*.zh.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if CHINESE.search(line):
                yield line, str(path.relative_to(ROOT))


def _of_calls() -> Iterator[tuple[str, str]]:
    """What a call's page takes from the fields of its form: the names of dates, and what a field says."""
    for field in single_fields():
        if field.name.startswith("timeline."):
            yield field.label, f"{CALL_PAGE}#dates"
        if field.says:
            yield field.says, f"{CALL_PAGE}#said"


def _joined(found: Iterator[tuple[str, str]], uses: dict[str, list[str]]) -> dict[str, list[str]]:
    for text, place in found:
        places = uses.setdefault(text, [])
        if place not in places:
            places.append(place)
    return uses


def found(code: str = "en") -> dict[str, list[str]]:
    """Every msgid of a language with the places that use it."""
    uses = _joined(_pages(), {})
    if code == "en":
        return uses
    uses = _joined(_of_calls(), _joined(_beside(), uses))
    return {
        text: places
        for text, places in uses.items()
        if not all(any(fnmatch(place, pattern) for pattern in STAFF) for place in places)
    }


def on_the_way(places: list[str]) -> bool:
    """Whether a text with these uses stands on the way from call to receipt."""
    return any(fnmatch(place, pattern) for place in places if place not in NOT_ON_THE_WAY for pattern in WAY)


def codes() -> list[str]:
    """English, then every further language that has a file."""
    return ["en", *sorted(path.stem for path in CATALOGUES.glob("*.po") if path.stem != "en")]


def known(code: str, extra: list[Path]) -> dict[str, str]:
    """Texts that exist already."""
    texts: dict[str, str] = {}
    path = CATALOGUES / f"{code}.po"
    if path.exists():
        with path.open("rb") as file:
            for message in read_po(file, locale=code):
                if message.id and message.string:
                    texts[str(message.id)] = str(message.string)
    for each in extra:
        texts.update(tomllib.loads(each.read_text(encoding="utf-8")))
    return texts


def head_of(code: str) -> str:
    """What stands at the head of a file, kept as it is: the translators' notes and the header."""
    path = CATALOGUES / f"{code}.po"
    text = path.read_text(encoding="utf-8") if path.exists() else HEAD.format(code=code)
    return text.partition("\n\n")[0].rstrip("\n") + "\n\n"


def build(code: str, uses: Mapping[str, list[str]], texts: Mapping[str, str]) -> bytes:
    """The catalogue's bytes: sorted by text, no dates, so that it changes only with its content."""
    catalogue = Catalog(locale=code, charset="utf-8", fuzzy=False)
    for text in sorted(uses):
        catalogue.add(text, texts.get(text, ""), locations=[(place, 0) for place in sorted(uses[text])])
    buffer = io.BytesIO()
    write_po(buffer, catalogue, omit_header=True, include_lineno=False, width=0)
    return head_of(code).encode() + buffer.getvalue()


def faults(code: str, uses: Mapping[str, list[str]], texts: Mapping[str, str]) -> list[str]:
    """What is missing, and what has other facts than its Chinese."""
    wanted = [text for text, places in uses.items() if code == "en" or on_the_way(places)]
    said = [
        f"no {code}: {text!r} ({', '.join(uses[text])})" for text in sorted(wanted) if not texts.get(text)
    ]
    for text in sorted(uses):
        own = set(PLACEHOLDER.findall(texts.get(text, "")))
        if code != "en" and own and own != set(PLACEHOLDER.findall(text)):
            said.append(f"other facts in {code}: {text!r}: {texts[text]!r}")
        elif code != "en" and texts.get(text) and not own and PLACEHOLDER.search(text):
            said.append(f"facts missing in {code}: {text!r}: {texts[text]!r}")
        if text.startswith("Subject: ") != texts.get(text, text).startswith("Subject: "):
            said.append(f"a mail's first line in {code}: {text!r}: {texts[text]!r}")
    return said


def _missing(code: str) -> int:
    uses, texts = found(code), known(code, [])
    for text in sorted(uses):
        if on_the_way(uses[text]) and not texts.get(text):
            quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            print(f'"{quoted}" = ""')
    return 0


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--from", dest="extra", action="append", type=Path, default=[])
    parser.add_argument("--in", dest="code", default="en")
    parser.add_argument("--missing", default="")
    options = parser.parse_args()
    if options.missing:
        return _missing(options.missing)
    wrong = False
    for code in dict.fromkeys([*codes(), options.code]):
        uses, texts = found(code), known(code, options.extra if code == options.code else [])
        said = faults(code, uses, texts)
        content = build(code, uses, texts)
        path = CATALOGUES / f"{code}.po"
        if options.check and content != path.read_bytes():
            said.append(f"{code}.po is out of step: run python tools/catalogue.py")
        elif not options.check:
            path.write_bytes(content)
        for line in said:
            print(line, file=sys.stderr)
        wrong = wrong or bool(said)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
