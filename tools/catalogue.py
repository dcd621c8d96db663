"""Keeps ``pbvote/words/catalogues/en.po`` in step with the templates and the code.

    python tools/catalogue.py            rewrite the catalogue; exit 1 when an English text is missing
    python tools/catalogue.py --check    change nothing; exit 1 when it is out of step

Texts come from the catalogue itself and from ``--from FILE`` (lines ``"中文" = "English"``, TOML).
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "pbvote" / "words" / "catalogues" / "en.po"
KEYWORDS = {"_": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}


def found() -> dict[str, list[str]]:
    """Every msgid with the files that use it."""
    uses: dict[str, list[str]] = {}
    for folder, method in ((ROOT / "templates", "jinja2"), (ROOT / "pbvote", "python")):
        pattern = "**.html" if method == "jinja2" else "**.py"
        options = {pattern: {"trimmed": "true", "silent": "false"}} if method == "jinja2" else {}
        for filename, _line, message, _comments, _context in extract_from_dir(
            str(folder), method_map=[(pattern, method)], options_map=options, keywords=KEYWORDS
        ):
            for text in (message,) if isinstance(message, str) else message:
                if text:
                    place = str((folder / filename).relative_to(ROOT))
                    uses.setdefault(text, [])
                    if place not in uses[text]:
                        uses[text].append(place)
    return uses


def known(extra: list[Path]) -> dict[str, str]:
    """English texts that exist already."""
    texts: dict[str, str] = {}
    with CATALOGUE.open("rb") as file:
        for message in read_po(file, locale="en"):
            if message.id and message.string:
                texts[str(message.id)] = str(message.string)
    for path in extra:
        texts.update(tomllib.loads(path.read_text(encoding="utf-8")))
    return texts


def build(uses: dict[str, list[str]], texts: dict[str, str]) -> bytes:
    """The catalogue's bytes: sorted by text, no dates, so that it changes only with its content."""
    import io

    catalogue = Catalog(locale="en", charset="utf-8", fuzzy=False)
    for text in sorted(uses):
        catalogue.add(text, texts.get(text, ""), locations=[(place, 0) for place in sorted(uses[text])])
    buffer = io.BytesIO()
    write_po(buffer, catalogue, omit_header=True, include_lineno=False, width=0)
    header = b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: en\\n"\n\n'
    return header + buffer.getvalue()


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--from", dest="extra", action="append", type=Path, default=[])
    options = parser.parse_args()
    uses = found()
    texts = known(options.extra)
    missing = sorted(text for text in uses if not texts.get(text))
    for text in missing:
        print(f"no English: {text!r} ({', '.join(uses[text])})", file=sys.stderr)
    content = build(uses, texts)
    if options.check:
        if content != CATALOGUE.read_bytes():
            print("en.po is out of step: run python tools/catalogue.py", file=sys.stderr)
            return 1
        return 1 if missing else 0
    CATALOGUE.write_bytes(content)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
