"""The one table of spellings at every door: what one form takes, each takes, with the same value."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from pbvote.core.errors import InvalidInput, findings_of
from pbvote.core.identity.national_id import invented_id
from pbvote.core.rules.ruleset import Ruleset
from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import VoteSettings
from pbvote.rooms.calls.draft import parse_draft
from pbvote.rooms.proposals import queries, service
from pbvote.rooms.proposals.content import content_findings, workshop_findings
from pbvote.rooms.proposals.workshop import COLUMNS, import_workshop_table
from pbvote.rooms.registrar import roll_file
from pbvote.rooms.registrar import service as registrar_service
from pbvote.tools.cli import main
from tests.make.calls import call_rules, call_values, published_call
from tests.make.polls import VOTING, voting_poll
from tests.make.proposals import proposal_values, workshop_values
from tests.make.services import MovableClock
from tests.make.visitors import Browser
from tests.typed import spellings as spelt
from tests.typed.workbooks import KINDS, Cell, as_csv

SPRING = datetime(2026, 4, 10, tzinfo=UTC)
TODAY = SPRING.date()
DEFAULTS = VoteSettings()
RULES = parse_draft(call_values(), defaults=DEFAULTS)
STYLES = ("d1-w1", "d1-w2", "d2-w1", "d2-w2")


def codes(act: Callable[[], object]) -> dict[str, str]:
    """What was refused, by field; nothing where the act went through."""
    try:
        act()
    except InvalidInput as error:
        return {finding.field: finding.code for finding in findings_of(error)}
    return {}


# --- the form of a call


@pytest.mark.parametrize("typed", spelt.DATES)
def test_dates_in_the_form_of_a_call(typed: str) -> None:
    rules = call_rules({"age_on": typed, "grounds.0.cut_off_on": typed})
    assert (rules.age_on, rules.grounds[0].cut_off_on) == (spelt.SPRING, spelt.SPRING)


@pytest.mark.parametrize("typed", spelt.NO_DATES)
def test_no_dates_in_the_form_of_a_call(typed: str) -> None:
    found = codes(lambda: call_rules({"age_on": typed, "grounds.0.cut_off_on": typed}))
    assert found == {"age_on": "typed.not-a-date", "grounds.0.cut_off_on": "typed.not-a-date"}


@pytest.mark.parametrize("typed", spelt.OUT_OF_RANGE)
def test_dates_that_no_vote_can_have_in_the_form_of_a_call(typed: str) -> None:
    found = codes(lambda: call_rules({"age_on": typed, "grounds.0.cut_off_on": typed}))
    assert set(found) == {"age_on", "grounds.0.cut_off_on"}
    assert {code.rpartition(".")[2] for code in found.values()} <= {"date-absurd", "date-out-of-range"}


@pytest.mark.parametrize("typed", spelt.MOMENTS)
def test_moments_in_the_form_of_a_call(typed: str) -> None:
    assert call_rules({"timeline.moderation_until": typed}).timeline.moderation_until == spelt.AFTERNOON


@pytest.mark.parametrize("typed", spelt.MIDNIGHTS)
def test_the_end_of_a_day_in_the_form_of_a_call(typed: str) -> None:
    assert call_rules({"timeline.moderation_until": typed}).timeline.moderation_until == spelt.MIDNIGHT


@pytest.mark.parametrize("typed", spelt.NO_MOMENTS)
def test_no_moments_in_the_form_of_a_call(typed: str) -> None:
    assert set(codes(lambda: call_rules({"timeline.moderation_until": typed}))) == {
        "timeline.moderation_until"
    }


@pytest.mark.parametrize(("typed", "amount"), spelt.MONEY.items())
def test_money_in_the_form_of_a_call(typed: str, amount: int) -> None:
    rules = call_rules({"districts.0.budget_twd": typed, "intake.cost_most_twd": typed})
    assert (rules.districts[0].budget_twd, rules.intake.cost_most_twd) == (amount, amount)


@pytest.mark.parametrize("typed", spelt.NO_MONEY)
def test_no_money_in_the_form_of_a_call(typed: str) -> None:
    assert codes(lambda: call_rules({"districts.0.budget_twd": typed})) == {
        "districts.0.budget_twd": "typed.not-money"
    }


@pytest.mark.parametrize(("typed", "number"), spelt.WHOLE.items())
def test_whole_numbers_in_the_form_of_a_call(typed: str, number: int) -> None:
    assert call_rules({"batch_least": typed}).batch_least == number


@pytest.mark.parametrize("typed", spelt.NO_WHOLE)
def test_no_whole_numbers_in_the_form_of_a_call(typed: str) -> None:
    assert codes(lambda: call_rules({"batch_least": typed})) == {"batch_least": "typed.not-a-number"}


@pytest.mark.parametrize("typed", spelt.YES)
def test_yes_in_the_form_of_a_call(typed: str) -> None:
    rules = call_rules({"grounds.0.at_counter_only": typed, "counter": typed})
    assert (rules.grounds[0].desk_only, rules.desk) == (True, True)


@pytest.mark.parametrize("typed", spelt.NEITHER)
def test_neither_yes_nor_no_in_the_form_of_a_call(typed: str) -> None:
    assert "typed.neither-yes-nor-no" in codes(lambda: call_rules({"counter": typed})).values()


@pytest.mark.parametrize(
    ("changes", "field", "facts"),
    [
        (
            {"grounds.0.cut_off_on": "2026-05-11"},
            "grounds.0.cut_off_on",
            {"other": "timeline.issue_until", "on": date(2026, 5, 11)},
        ),
        (
            {"timeline.issue_until": "2026-04-30T09:00"},
            "timeline.issue_until",
            {"after": "timeline.voting_opens_at", "after_at": datetime(2026, 5, 1, 1, tzinfo=UTC)},
        ),
        ({"timeline.issue_until": "2030-04-30T09:00"}, "timeline.issue_until", {"on": date(2030, 4, 30)}),
        ({"timeline.issue_until": "2127-05-10T17:00"}, "timeline.issue_until", {"on": date(2127, 5, 10)}),
        ({"age_on": "2028-01-01"}, "age_on", {"on": date(2028, 1, 1)}),
        ({"age_on": "2019-12-31"}, "age_on", {"on": date(2019, 12, 31)}),
    ],
)
def test_a_date_without_sense_is_named_with_the_one_that_it_contradicts(
    changes: dict[str, str], field: str, facts: dict[str, object]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_draft(call_values() | changes, defaults=DEFAULTS)
    finding = next(one for one in findings_of(refused.value) if one.field == field)
    assert {name: finding.facts[name] for name in facts} == facts


# --- the form of a proposal, and the table of a workshop


@pytest.mark.parametrize(("typed", "amount"), spelt.MONEY.items())
def test_money_in_the_form_of_a_proposal(typed: str, amount: int) -> None:
    content, findings = content_findings(proposal_values(cost_twd=typed), RULES)
    assert (content.cost_twd, findings) == (amount, [])


@pytest.mark.parametrize("typed", [*spelt.NO_MONEY, "0"])
def test_no_money_in_the_form_of_a_proposal(typed: str) -> None:
    _content, findings = content_findings(proposal_values(cost_twd=typed), RULES)
    assert [finding.code for finding in findings] == ["proposals.cost-invalid"]


@pytest.mark.parametrize("name", ["title", "summary", "place", "description_md"])
@pytest.mark.parametrize("typed", [*spelt.INVISIBLE, *spelt.TURNED])
def test_invisible_and_turned_texts_in_the_form_of_a_proposal(name: str, typed: str) -> None:
    _content, findings = content_findings(proposal_values(**{name: typed}), RULES)
    (finding,) = findings
    assert (finding.field, finding.code in {"proposals.missing", "typed.text-turned"}) == (name, True)


@pytest.mark.parametrize("typed", spelt.DATES)
def test_dates_in_the_form_of_a_workshop(typed: str) -> None:
    workshop, findings = workshop_findings(workshop_values(held_on=typed), today=TODAY)
    assert (workshop.held_on, findings) == (spelt.SPRING, [])


@pytest.mark.parametrize("typed", [*spelt.NO_DATES, *spelt.OUT_OF_RANGE, "2026-06-01"])
def test_no_dates_in_the_form_of_a_workshop(typed: str) -> None:
    _workshop, findings = workshop_findings(workshop_values(held_on=typed), today=TODAY)
    assert [finding.field for finding in findings] == ["held_on"]


@pytest.fixture
def call_id(rt: Runtime, officer: Actor, clock: MovableClock) -> CallId:
    found = published_call(rt, officer)
    clock.set(SPRING)
    return found


def workshop_rows(*lines: dict[str, str]) -> list[list[Cell]]:
    return [list(COLUMNS.values()), *([line.get(key, "") for key in COLUMNS] for line in lines)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_table_of_spellings_in_the_table_of_a_workshop(
    rt: Runtime, officer: Actor, call_id: CallId, kind: str
) -> None:
    """Every spelling of a date, an amount and a yes, in one file of each kind."""
    width = 60
    cells = {
        "held_on": spelt.DATES,
        "cost_twd": tuple(spelt.MONEY),
        "show_name": (*spelt.YES, *spelt.NO),
    }
    lines = [
        workshop_values(title=f"第 {at} 案", **{key: typed[at % len(typed)] for key, typed in cells.items()})
        for at in range(width)
    ]
    if kind == "big5":  # it has no letter for some of them
        lines = [line for line in lines if _fits_big5("".join(line.values()))]
    report = import_workshop_table(rt, officer, call_id, KINDS[kind](workshop_rows(*lines)))
    amounts, words = list(spelt.MONEY.values()), [True] * len(spelt.YES) + [False] * len(spelt.NO)
    with rt.read_main() as tx:
        found = [queries.get(tx, one) for one in report.created]
    assert len(found) == len(lines) > 20
    for one in found:
        at = int(one.title.split()[1])
        expected = ("2026-03-20", amounts[at % len(amounts)], words[at % len(words)])
        assert (one.workshop["held_on"], one.cost_twd, one.name_shown) == expected


def _fits_big5(text: str) -> bool:
    try:
        return text.encode("cp950").decode("cp950") == text
    except UnicodeError:
        return False


@pytest.mark.parametrize("kind", ["utf-8", "xlsx", "ods"])
def test_whatever_no_form_takes_is_named_by_line_and_cell_in_the_table_of_a_workshop(
    rt: Runtime, officer: Actor, call_id: CallId, kind: str
) -> None:
    wrong = (
        [("held_on", typed) for typed in spelt.NO_DATES]
        + [("cost_twd", typed) for typed in spelt.NO_MONEY]
        + [("show_name", typed) for typed in spelt.NEITHER]
    )
    lines = [workshop_values(title=f"第 {at} 案", **{key: typed}) for at, (key, typed) in enumerate(wrong)]
    with pytest.raises(InvalidInput) as refused:
        import_workshop_table(rt, officer, call_id, KINDS[kind](workshop_rows(*lines)))
    letters = dict(zip(COLUMNS, "ABCDEFGHIJKL", strict=True))
    assert [(one.field, one.facts["cell"]) for one in findings_of(refused.value)] == [
        (f"lines.{at}.{key}", f"{letters[key]}{at}") for at, (key, _typed) in enumerate(wrong, 2)
    ]


def test_the_page_of_the_import_names_line_and_cell(
    officer: Actor, call_id: CallId, site: FlaskClient
) -> None:
    desk = Browser(site)
    desk.sign_in(officer)
    content = as_csv(workshop_rows(workshop_values(show_name="也許")))
    answer = desk.post(
        f"/agency/calls/{call_id}/workshop/import", {"file": (io.BytesIO(content), "workshop.csv")}
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "第 2 列" in page
    assert "K2 公開姓名" in page
    assert "看不出「也許」" in page
    assert ".xlsx" in desk.page(f"/agency/calls/{call_id}/workshop/import")


def test_a_name_that_asks_not_to_be_public_is_never_shown(
    rt: Runtime, officer: Actor, call_id: CallId
) -> None:
    for at, word in enumerate(spelt.NO):
        values = workshop_values(title=f"第 {at} 案", show_name=word, proposer_name="測試員甲")
        entered = service.enter_workshop_proposal(rt, officer, call_id, values)
        assert (entered.name_shown, entered.public_name) == (False, "測○○甲")


# --- the roll


def roll(
    *lines: tuple[str, ...], head: tuple[str, ...] = ("身分證字號", "出生日期", "投票身分別")
) -> list[list[Cell]]:
    return [list(head), *(list(line) for line in lines)]


def roll_codes(content: bytes, rules: Ruleset = RULES) -> list[tuple[str, object]]:
    try:
        roll_file.parse_roll(content, rules, styles=STYLES, today=TODAY)  # type: ignore[arg-type]
    except InvalidInput as error:
        return [(one.code, one.facts.get("cell", "")) for one in findings_of(error)]
    return []


@pytest.mark.parametrize("kind", KINDS)
def test_every_spelling_of_a_date_of_birth_in_a_roll_of_each_kind(kind: str) -> None:
    births = {typed: born for typed, born in spelt.BIRTHS.items() if kind != "big5" or _fits_big5(typed)}
    content = KINDS[kind](roll(*((invented_id(at), typed, "d1-w1") for at, typed in enumerate(births))))
    found = roll_file.parse_roll(content, RULES, styles=STYLES, today=TODAY)  # type: ignore[arg-type]
    assert [line.birth_on for line in found] == list(births.values())


@pytest.mark.parametrize("kind", ["utf-8", "utf-16 tab", "xlsx", "ods"])
def test_no_date_of_birth_in_a_roll_is_named_by_its_cell(kind: str) -> None:
    content = KINDS[kind](
        roll(*((invented_id(at), typed, "d1-w1") for at, typed in enumerate(spelt.NO_BIRTHS)))
    )
    assert roll_codes(content) == [("roll.birth-date", f"B{at}") for at in range(2, len(spelt.NO_BIRTHS) + 2)]


@pytest.mark.parametrize(
    "mark", ["\u200e", "\u200b", "\ufeff", "\u00ad", "\u2060", "\u202d", "\u3164", "\ufe0f", "\U000e0041"]
)
def test_an_identity_number_with_a_mark_that_nobody_sees_is_that_number(mark: str) -> None:
    typed = f"{mark}{invented_id(1)[:4]}{mark}{invented_id(1)[4:]}{mark}"
    assert roll_codes(as_csv(roll((typed, "1979/5/12 00:00", "d1-w1")))) == []


@pytest.mark.parametrize(
    "head",
    [
        ("身分證字號（id）", "出生日期（birth_date）", "投票身分別（style）"),
        ("身分證號", "出生年月日", "身分別"),
        (" ID ", "Birth_Date", "STYLE"),
        tuple(column.shown for column in roll_file.COLUMNS if column.key in {"id", "birth_date", "style"}),
    ],
)
def test_headings_as_the_page_of_the_roll_shows_them(head: tuple[str, ...]) -> None:
    assert roll_codes(as_csv(roll((invented_id(1), "68/5/12", "d1-w1"), head=head))) == []


def test_two_columns_for_the_number_are_refused_and_both_named() -> None:
    content = as_csv(
        roll(
            (invented_id(1), invented_id(2), "68/5/12", "d1-w1"),
            head=("身分證字號", "統一證號", "出生日期", "style"),
        )
    )
    assert [code for code, _cell in roll_codes(content)] == ["typed.column-twice"]


@pytest.mark.parametrize(
    ("district", "weight", "found"),
    [
        ("東區", "1", []),
        (" 東區\u200b", "１", []),
        ("d2", "2", []),
        ("East", "1", []),
        ("", "1", [("roll.district-missing", "C2")]),
        ("火星", "1", [("roll.district-unknown", "C2")]),
        ("東區", "", [("roll.weight-unknown", "D2")]),
        ("東區", "9", [("roll.weight-unknown", "D2")]),
        ("東?", "1", [("typed.letters-lost", "C2")]),
    ],
)
def test_districts_and_weights_of_a_roll(district: str, weight: str, found: list[tuple[str, str]]) -> None:
    head = ("身分證字號", "出生日期", "區別", "權重")
    assert roll_codes(as_csv(roll((invented_id(1), "68/5/12", district, weight), head=head))) == found


def test_taipei_and_its_other_spelling_are_one_district() -> None:
    rules = call_rules({"districts.0.name": "臺北區"})
    content = as_csv(
        roll((invented_id(1), "68/5/12", "台北區", "1"), head=("id", "birth_date", "分區", "權重"))
    )
    assert roll_codes(content, rules) == []


def test_the_template_of_the_roll_is_a_roll_without_people(
    rt: Runtime, officer: Actor, call_id: CallId, site: FlaskClient
) -> None:
    desk = Browser(site)
    desk.sign_in(officer)
    template = site.get(f"/agency/calls/{call_id}/roll/template.csv").data
    assert roll_codes(template) == [("typed.table-empty", "")]
    page = desk.page(f"/agency/calls/{call_id}/roll")
    shown = re.findall(r"[\u4e00-\u9fff]+（\w+）", page)
    assert {column.shown for column in roll_file.COLUMNS} <= set(shown)


# --- the check-in


def test_every_date_of_birth_in_the_three_boxes_of_the_check_in(
    rt: Runtime, clock: MovableClock, checkin: FlaskClient
) -> None:
    poll = voting_poll(rt)
    content = as_csv(roll((invented_id(1), "1963-03-08", "d1-w1")))
    registrar_service.import_roll(rt, poll.officer, poll.call_id, content)
    clock.set(VOTING)

    def send(boxes: tuple[str, str, str]) -> int:
        page = checkin.get(f"/checkin/{poll.call_id}/").get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        form = dict(zip(("birth_year", "birth_month", "birth_day"), boxes, strict=True))
        number = {"csrf_token": token[1], "notice": "1", "national_id": f"\u200e{invented_id(1)}"}
        return checkin.post(f"/checkin/{poll.call_id}/", data=form | number).status_code

    for boxes, born in spelt.BIRTH_BOXES.items():
        if born == date(1963, 3, 8):
            assert send(boxes) == 303, boxes
    for boxes in spelt.NO_BIRTH_BOXES:
        assert send(boxes) == 422, boxes


# --- the command line


@pytest.mark.parametrize(("typed", "amount"), spelt.MONEY.items())
def test_money_on_the_command_line(tmp_path: Path, typed: str, amount: int) -> None:
    out = tmp_path / "x.pb"
    options = ["--voters", "３", "--projects", "1,0", "--out", str(out)]
    assert CliRunner().invoke(main, ["simulate", *options]).exit_code == 2
    options[3] = "10"
    done = CliRunner().invoke(main, ["simulate", *options, "--budget", typed])
    assert done.exit_code == 0, done.output
    assert f"\nbudget;{amount}\n" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("typed", spelt.NO_MONEY)
def test_no_money_on_the_command_line(tmp_path: Path, typed: str) -> None:
    options = ["--voters", "3", "--projects", "10", "--out", str(tmp_path / "x.pb"), f"--budget={typed}"]
    assert CliRunner().invoke(main, ["simulate", *options]).exit_code == 2


@pytest.mark.parametrize("kind", ["utf-8", "xlsx"])
def test_no_sentence_about_a_roll_quotes_a_person(kind: str) -> None:
    number = invented_id(1)
    spoilt = KINDS[kind](roll((f"{number}\ufffd", "68/5/12", "d1-w1")))
    headless = KINDS[kind]([[number, "68/5/12", "d1-w1"]])
    for content, code in ((spoilt, "typed.letters-lost"), (headless, "typed.columns-missing")):
        with pytest.raises(InvalidInput) as refused:
            roll_file.parse_roll(content, RULES, styles=STYLES, today=TODAY)  # type: ignore[arg-type]
        assert [one.code for one in findings_of(refused.value)] == [code]
        assert number not in str(refused.value)
