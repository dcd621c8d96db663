"""A count as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pbvote.core.printable import printable
from pbvote.core.record.elections import Countable
from pbvote.core.tally.outcome import Fate, TraceRow
from pbvote.tools.pabulib.comparing import Column, rows
from pbvote.tools.pabulib.counting import Counted
from pbvote.words.explanations import Sentences, say
from pbvote.words.methods import heading
from pbvote.words.methods import name as method_name

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
    "only-ties": {
        "zh": "差別只在同票：檔案沒有載明同票怎麼處理，{projects} 同票而城市排了另一種先後",
        "en": "Only a tie differs, and the file does not say how ties are decided: {projects} are level, "
        "and the city took another order",
    },
    "repeating": {
        "zh": "{count} 張票重複填了同一案",
        "en": "Rows that name a project more than once: {count}",
    },
}


def print_count(counted: Counted, *, language: str, explanations: Mapping[str, Mapping[str, Any]]) -> None:
    """The table of all projects, with every sentence of the explanations that are given, by project id."""
    outcome, countable = counted.outcome, counted.countable
    sentences = sentences_for(counted, language)

    table = _table(f"{countable.meta['description']} · {method_name(outcome.spec.method, language)}")
    for key in ("order", "id", "name", "cost", "score", "result"):
        table.add_column(
            _data(_WORDS[key][language]), justify="right" if key in ("order", "cost", "score") else "left"
        )
    for row in sorted(outcome.trace, key=_order):
        said = [sentences.reason(row.to_json())]
        if countable.ids[row.project] in explanations:
            said = sentences.explanation(explanations[countable.ids[row.project]])
        cells = (
            str(row.rank or "–"),
            countable.ids[row.project],
            countable.names[row.project],
            sentences.money(row.cost),
            f"{row.score:,}",
            " ".join(said) if language == "en" else "".join(said),
        )
        table.add_row(*map(_data, cells))
    console = _console()
    console.print(table)
    for line in _below(counted, sentences):
        console.print(_data(line))


def _below(counted: Counted, sentences: Sentences) -> Iterator[str]:
    """What stands below the table: money, ties, what is odd about the file, and the official winners."""
    outcome, countable, language = counted.outcome, counted.countable, sentences.language

    def word(key: str, **facts: object) -> str:
        return _WORDS[key][language].format(**facts)

    spent, budget = sentences.money(outcome.spent), sentences.money(outcome.budget)
    yield word("spent", count=len(outcome.winners), spent=spent, budget=budget)
    for tie in outcome.ties:
        keys = sentences.tie_keys(tie.decided_by)
        yield word("tie", projects=", ".join(counted.ids(tie.projects)), keys=keys)
    if countable.repeating:
        yield word("repeating", count=countable.repeating)
    yield from remarks(countable, language)
    if countable.ignores_signs(outcome.spec):
        yield sentences.say("signs-ignored")
    if counted.official.get("agree") is not None:
        key = "agree" if counted.official["agree"] else "differ"
        yield word(key, official=", ".join(countable.official))
    if counted.official.get("only_ties"):
        yield word("only-ties", projects=", ".join(counted.official["only_ties"]))


def remarks(countable: Countable, language: str) -> Iterator[str]:
    """A sentence for each kind in which the file contradicts itself."""
    for each in countable.contradictions:
        yield say(
            each.kind.value,
            language,
            count=f"{each.count:,}",
            where=each.key,
            stated=each.stated,
            example=each.example,
        )


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
    table = _table(countable.meta["description"])
    table.add_column(_WORDS["id"][language], no_wrap=True)
    table.add_column(_WORDS["name"][language], no_wrap=True, max_width=_NAME_WIDTH)
    table.add_column(_WORDS["cost"][language], justify="right", no_wrap=True)
    for column in columns:
        table.add_column(heading(column.method, column.rule, language), justify="center")
    costs = {project.number: project.cost for project in countable.projects}
    for number, fates in rows(countable, columns):
        shown = ["●" if fate == Fate.SELECTED else "·" for fate in fates]
        cost = _grouped(countable, costs[number])
        table.add_row(*map(_data, (countable.ids[number], countable.names[number], cost, *shown)))
    table.add_section()
    voters = countable.profile.weight or 1
    figures = {
        "money": [_grouped(countable, column.outcome.spent) for column in columns],
        "per-voter": [f"{float(column.per_voter):.2f}" for column in columns],
        "without": [f"{100 * column.without / voters:.1f}%" for column in columns],
    }
    for key, values in figures.items():
        table.add_row(*map(_data, ("", _WORDS[key][language], "", *values)))
    # a table cut to a narrow terminal would hide outcomes; what is too wide wraps line by line instead
    console = _console(width=max(Console().width, _COMPARISON_WIDTH))
    console.print(table)
    for line in remarks(countable, language):
        console.print(_data(line))


def _table(title: str) -> Table:
    return Table(title=_data(title))


def _console(width: int | None = None) -> Console:
    """A console that takes nothing in a text for markup, emoji codes or something to colour."""
    return Console(width=width, markup=False, emoji=False, highlight=False)


def _data(text: str) -> Text:
    """What comes from a file, as text and nothing else."""
    return Text(printable(text))


def _grouped(countable: Countable, amount: int) -> str:
    value = countable.money(amount)
    return f"{value:,}" if isinstance(value, int) else value
