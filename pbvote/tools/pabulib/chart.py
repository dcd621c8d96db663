"""The comparison of rules as one SVG page that needs nothing else: screen, dark screen or paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.sax import saxutils

from pbvote.core.printable import printable
from pbvote.core.record.elections import Countable
from pbvote.tools.pabulib.comparing import Column, rows
from pbvote.words.methods import heading

_WORDS: Final = {
    "title": {"zh": "同一批選票，不同計票方法", "en": "The same ballots, counted by different methods"},
    "note": {
        "zh": "實心方格為入選。各欄下方：經費用掉多少、平均每人投中幾案、多少人一案都沒有投中。",
        "en": "A filled cell is a funded project. Below: money spent, winners on an average ballot, "
        "voters without any winner.",
    },
    "project": {"zh": "方案（依得票排列）", "en": "Project (by votes)"},
    "votes": {"zh": "得票", "en": "Votes"},
    "cost": {"zh": "經費", "en": "Cost"},
    "spent": {"zh": "經費使用", "en": "Money spent"},
    "per": {"zh": "每人投中", "en": "Winners each"},
    "without": {"zh": "沒有投中", "en": "Without winner"},
    "funded": {"zh": "入選", "en": "funded"},
    "not": {"zh": "未入選", "en": "not funded"},
}
_NAME_WIDTH, _FIGURE_WIDTH, _CELL, _ROW, _TOP, _EDGE = 340, 96, 128, 26, 150, 28
_FIGURE: Final = {"spent": 0, "per": 1, "without": 2}
_STYLE: Final = """
svg { background: #fff; font-family: "Noto Sans TC", "Noto Sans CJK TC", "Microsoft JhengHei", sans-serif; }
text { fill: #1c2430; font-size: 14px; } .h { font-size: 22px; font-weight: 700; }
.s { fill: #556070; font-size: 13px; } .b { font-weight: 700; } .r { text-anchor: end; }
.c { text-anchor: middle; } .line { stroke: #d7dce3; } .on { fill: #0b6e5f; } .off { fill: #eef1f4; }
.part { fill: #0b6e5f; } .whole { fill: #dfe4ea; } .tick { stroke: #fff; stroke-width: 2.5; fill: none; }
.alt { fill: #f7f9fa; }
@media (prefers-color-scheme: dark) {
  svg { background: #14181d; } text { fill: #e8ecf1; } .s { fill: #a8b2bf; } .line { stroke: #39424d; }
  .on, .part { fill: #4cc2ab; } .off { fill: #242b33; } .whole { fill: #39424d; } .alt { fill: #191e24; }
  .tick { stroke: #14181d; }
}
@media print { svg { background: #fff; } text { fill: #000; } .alt { fill: #fff; } }
"""


def chart(countable: Countable, columns: Sequence[Column], *, language: str) -> str:
    """The SVG text: projects down, rules across, a filled and ticked cell where a project is funded."""

    def word(key: str) -> str:
        return _escape(_WORDS[key][language])

    listed = list(rows(countable, columns))
    left = _EDGE + _NAME_WIDTH + 2 * _FIGURE_WIDTH
    width = left + len(columns) * _CELL + _EDGE
    bottom = _TOP + len(listed) * _ROW
    height = bottom + 150
    title = _escape(countable.meta["description"])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="t d" lang="{_lang(language)}">',
        f'<title id="t">{word("title")}：{title}</title>',
        f'<desc id="d">{_escape(_described(columns, language))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<text class="h" x="{_EDGE}" y="42">{word("title")}</text>',
        f'<text x="{_EDGE}" y="68">{title}</text>',
        f'<text class="s" x="{_EDGE}" y="90">{word("note")}</text>',
        f'<text class="b" x="{_EDGE}" y="{_TOP - 14}">{word("project")}</text>',
        f'<text class="b r" x="{_EDGE + _NAME_WIDTH + _FIGURE_WIDTH - 12}" y="{_TOP - 14}">'
        f"{word('votes')}</text>",
        f'<text class="b r" x="{left - 16}" y="{_TOP - 14}">{word("cost")}</text>',
    ]
    for place, column in enumerate(columns):
        parts += _heading(heading(column.method, column.rule, language), left + place * _CELL + _CELL / 2)
    for at, (number, fates) in enumerate(listed):
        parts += _row(countable, number, fates, y=_TOP + at * _ROW, left=left, width=width)
    parts.append(f'<path class="line" d="M{_EDGE} {bottom + 6}H{width - _EDGE}"/>')
    for key, at in _FIGURE.items():
        parts.append(f'<text class="b" x="{_EDGE}" y="{bottom + 38 + at * 36}">{word(key)}</text>')
    for place, column in enumerate(columns):
        parts += _figures(countable, column, x=left + place * _CELL, y=bottom)
    return "\n".join([*parts, "</svg>", ""])


def _escape(text: str) -> str:
    """Text as XML has it; characters that XML or a reader cannot take stand as U+FFFD."""
    return saxutils.escape(printable(text))


def _lang(language: str) -> str:
    return "zh-Hant-TW" if language == "zh" else "en"


def _described(columns: Sequence[Column], language: str) -> str:
    counts = (f"{heading(c.method, c.rule, language)}: {len(c.outcome.winners)}" for c in columns)
    return f"{_WORDS['funded'][language]}: " + "; ".join(counts)


def _heading(text: str, x: float) -> list[str]:
    """One or two centred lines above a column."""
    words = text.replace("（", " （").replace("＋", " ＋").split(" ")
    half = (len(words) + 1) // 2
    lines = [" ".join(words[:half]), " ".join(words[half:])] if len(text) > 10 or len(words) > 2 else [text]
    shown = [line for line in lines if line]
    start = _TOP - 14 - 17 * (len(shown) - 1)
    return [
        f'<text class="b c" x="{x}" y="{start + 17 * at}">{_escape(line)}</text>'
        for at, line in enumerate(shown)
    ]


def _row(
    countable: Countable, number: int, fates: Sequence[str], *, y: int, left: int, width: int
) -> list[str]:
    project = next(p for p in countable.projects if p.number == number)
    votes = countable.profile.votes().get(number, 0)
    name = _short(countable.names[number])
    middle = y + _ROW - 8
    parts = [f'<path class="line" d="M{_EDGE} {y}H{width - _EDGE}"/>']
    parts += [
        f'<text x="{_EDGE}" y="{middle}">{_escape(name)}'
        f"<title>{_escape(countable.names[number])}</title></text>",
        f'<text class="r" x="{_EDGE + _NAME_WIDTH + _FIGURE_WIDTH - 12}" y="{middle}">{votes:,}</text>',
        f'<text class="r" x="{left - 16}" y="{middle}">{_grouped(countable.money(project.cost))}</text>',
    ]
    for place, fate in enumerate(fates):
        x = left + place * _CELL + 10
        won = fate == "selected"
        parts.append(
            f'<rect class="{"on" if won else "off"}" x="{x}" y="{y + 4}" width="{_CELL - 20}" '
            f'height="{_ROW - 8}" rx="4"/>'
        )
        if won:
            tick = x + _CELL / 2 - 18
            parts.append(f'<path class="tick" d="M{tick} {y + 13}l6 5 11 -10"/>')
    return parts


def _figures(countable: Countable, column: Column, *, x: int, y: int) -> list[str]:
    budget = column.outcome.budget or 1
    voters = countable.profile.weight or 1
    share = column.outcome.spent / budget
    middle, whole = x + _CELL / 2, _CELL - 20
    part = f"{whole * min(1, share):.1f}"
    return [
        f'<rect class="whole" x="{x + 10}" y="{y + 44}" width="{whole}" height="6" rx="3"/>',
        f'<rect class="part" x="{x + 10}" y="{y + 44}" width="{part}" height="6" rx="3"/>',
        f'<text class="c" x="{middle}" y="{y + 36}">{100 * share:.0f}%</text>',
        f'<text class="c" x="{middle}" y="{y + 74}">{float(column.per_voter):.2f}</text>',
        f'<text class="c" x="{middle}" y="{y + 110}">{100 * column.without / voters:.1f}%</text>',
    ]


def _grouped(value: int | str) -> str:
    return f"{value:,}" if isinstance(value, int) else value


def _short(name: str) -> str:
    """What fits the name column: a CJK character is twice as wide as a Latin one."""
    room, kept = 44, ""
    for letter in name:
        room -= 2 if ord(letter) > 0x2E7F else 1
        if room < 0:
            return kept + "…"
        kept += letter
    return kept
