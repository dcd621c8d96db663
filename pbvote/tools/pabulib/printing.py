"""A count as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from pbvote.core.record.elections import Countable
from pbvote.core.tally.explain import explain
from pbvote.core.tally.outcome import Fate, TraceRow
from pbvote.tools.pabulib.chart import NAMES
from pbvote.tools.pabulib.comparing import Column, rows
from pbvote.tools.pabulib.counting import Counted
from pbvote.words.explanations import Sentences

_NAME_WIDTH: Final = 28
_COMPARISON_WIDTH: Final = 132
_WORDS: Final = {
    "order": {"zh": "順序", "en": "Order"},
    "id": {"zh": "代號", "en": "Id"},
    "name": {"zh": "方案", "en": "Project"},
    "cost": {"zh": "經費", "en": "Cost"},
    "score": {"zh": "得票", "en": "Score"},
    "result": {"zh": "結果", "en": "Result"},
    "spent": {
        "zh": "入選 {count} 案，共 {spent}，預算 {budget}",
        "en": "{count} funded, {spent} of {budget}",
    },
    "money": {"zh": "使用經費", "en": "Money spent"},
    "per-voter": {"zh": "平均每人投中案數", "en": "Winners on an average ballot"},
    "without": {"zh": "一案都沒投中的人", "en": "Voters without a winner"},
    "tie": {"zh": "同票：{projects}，依「{keys}」", "en": "Tie of {projects}, decided by {keys}"},
    "agree": {"zh": "與檔案記載的入選方案相同", "en": "Agrees with the winners that the file names"},
    "differ": {
        "zh": "與檔案記載的入選方案不同；檔案：{official}",
        "en": "Differs from the winners that the file names: {official}",
    },
    "repeating": {
        "zh": "{count} 張票重複填了同一案",
        "en": "{count} rows name a project more than once",
    },
}


def print_count(counted: Counted, *, language: str, explained: str) -> None:
    """The table of all projects; with ``explained`` = ``yes`` every sentence of the explanations."""
    outcome, countable = counted.outcome, counted.countable
    sentences = sentences_for(counted, language)

    def word(key: str, **facts: object) -> str:
        return _WORDS[key][language].format(**facts)

    table = Table(title=f"{countable.meta['description']} · {outcome.spec.method}")
    for key in ("order", "id", "name", "cost", "score", "result"):
        table.add_column(word(key), justify="right" if key in ("order", "cost", "score") else "left")
    inputs = counted.inputs() if explained else None
    for row in sorted(outcome.trace, key=_order):
        said = [sentences.reason(row.to_json())]
        if inputs is not None and row.project not in outcome.winners:
            said = sentences.explanation(explain(inputs, outcome, row.project).to_json())
        table.add_row(
            str(row.rank or "–"),
            countable.ids[row.project],
            countable.names[row.project],
            sentences.money(row.cost),
            f"{row.score:,}",
            " ".join(said) if language == "en" else "".join(said),
        )
    console = Console()
    console.print(table)
    money = sentences.money
    print_line = console.print
    print_line(
        word(
            "spent",
            count=len(outcome.winners),
            spent=money(outcome.spent),
            budget=money(outcome.budget),
        )
    )
    for tie in outcome.ties:
        keys = sentences.say("comma").join(sentences.say(key) for key in tie.decided_by)
        print_line(word("tie", projects=", ".join(counted.ids(tie.projects)), keys=keys))
    if countable.repeating:
        print_line(word("repeating", count=countable.repeating))
    if counted.official.get("agree") is not None:
        key = "agree" if counted.official["agree"] else "differ"
        print_line(word(key, official=", ".join(countable.official)))


def sentences_for(counted: Counted, language: str) -> Sentences:
    """Wording with the file's currency."""
    currency = counted.countable.meta.get("currency", "")

    def money(amount: int) -> str:
        return f"{_grouped(counted.countable, amount)} {currency}".strip()

    names = {group.name: group.name for group in counted.spec.groups}
    return Sentences(language=language, money=money, score=counted.spec.score, groups=names)


def _order(row: TraceRow) -> tuple[bool, int, int]:
    return (row.rank == 0, row.rank, row.project)


def print_comparison(countable: Countable, columns: Sequence[Column], *, language: str) -> None:
    """Projects down, rules across; a filled circle where a project is funded."""
    table = Table(title=countable.meta["description"])
    table.add_column(_WORDS["id"][language], no_wrap=True)
    table.add_column(_WORDS["name"][language], no_wrap=True, max_width=_NAME_WIDTH)
    table.add_column(_WORDS["cost"][language], justify="right", no_wrap=True)
    for column in columns:
        table.add_column(NAMES[column.name][language], justify="center")
    costs = {project.number: project.cost for project in countable.projects}
    for number, fates in rows(countable, columns):
        shown = ["●" if fate == Fate.SELECTED else "·" for fate in fates]
        cost = _grouped(countable, costs[number])
        table.add_row(countable.ids[number], countable.names[number], cost, *shown)
    table.add_section()
    voters = countable.profile.weight or 1
    figures = {
        "money": [_grouped(countable, column.outcome.spent) for column in columns],
        "per-voter": [f"{float(column.per_voter):.2f}" for column in columns],
        "without": [f"{100 * column.without / voters:.1f}%" for column in columns],
    }
    for key, values in figures.items():
        table.add_row("", _WORDS[key][language], "", *values)
    # a table cut to a narrow terminal would hide outcomes; what is too wide wraps line by line instead
    Console(width=max(Console().width, _COMPARISON_WIDTH)).print(table)


def _grouped(countable: Countable, amount: int) -> str:
    value = countable.money(amount)
    return f"{value:,}" if isinstance(value, int) else value
