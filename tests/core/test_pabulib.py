"""The Pabulib format: exact reading, errors by line, writing that reads back, and the export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.core import canonical
from pbvote.core.record.elections import official_rule, read_countable
from pbvote.core.record.pabulib import (
    META_REQUIRED,
    PabulibElection,
    PabulibMalformed,
    Table,
    read_pabulib,
    write_pabulib,
)
from pbvote.core.record.pabulib_export import RULE_NOTE, PabulibUnwritable, pabulib_of
from pbvote.core.rules.ballot_form import FormKind
from pbvote.core.tally.methods import Choices, CountSpec, Outcome, Profile, Project, TieOrder, count
from pbvote.core.tally.spec import CountSpecInvalid
from tests.make.counts import BY_NUMBER, elections, spec

SMALL = """\
META
key;value
description;Two projects; one vote
country;Taiwan
unit;臺北市
instance;2026
num_projects;2
num_votes;3
budget;100.50
vote_type;approval
rule;greedy
date_begin;01.05.2026
date_end;31.05.2026
PROJECTS
project_id;cost;name;selected;mood
A/1;60,5;"公園; ""小"" 步道";1;good
B;40;B;0;
VOTES
voter_id;vote;age
1;B,A/1;33
2;;
3;A/1,B,A/1;71
""".replace("Two projects; one vote", '"Two projects; one vote"')


def test_a_file_is_read_without_loss() -> None:
    election = read_pabulib(SMALL)
    assert election.meta["description"] == "Two projects; one vote"
    assert election.budget == Fraction(201, 2)
    assert election.threshold == 0
    first, second = election.listed()
    assert (first.id, first.cost, first.selected) == ("A/1", Fraction(121, 2), 1)
    assert first.name == '公園; "小" 步道'
    assert (first.fields["mood"], second.fields["mood"]) == ("good", "")


def test_a_vote_keeps_its_order_and_names_what_it_repeats() -> None:
    in_order, blank, repeated = read_pabulib(SMALL).ballots()
    assert (in_order.choices, in_order.fields["age"]) == (("B", "A/1"), "33")
    assert (blank.choices, blank.duplicates) == ((), ())
    assert repeated.choices == ("A/1", "B", "A/1")
    assert repeated.duplicates == ("A/1",)


@pytest.mark.parametrize(
    "text", [SMALL.replace("\n", "\r\n"), "\ufeff" + SMALL, SMALL.rstrip("\n"), SMALL + "\n\n"]
)
def test_line_ends_and_byte_order_mark_make_no_difference(text: str) -> None:
    assert read_pabulib(text) == read_pabulib(SMALL)


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "a.pb"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    assert read_pabulib(path) == read_pabulib(SMALL)


def test_points_and_rankings_are_kept_as_rows() -> None:
    text = (
        SMALL.replace("vote_type;approval", "vote_type;cumulative")
        .replace("voter_id;vote;age", "voter_id;vote;points")
        .replace("1;B,A/1;33", "1;B,A/1;3,2")
        .replace("3;A/1,B,A/1;71", "3;A/1;5")
    )
    votes = list(read_pabulib(text).ballots())
    assert [vote.points for vote in votes] == [("3", "2"), (), ("5",)]


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "field"),
    [
        ("META\n", "", 1, "section-missing", "META"),
        ("key;value", "key;text", 2, "header", "META"),
        ("unit;臺北市", "unit", 5, "number-of-fields", "unit"),
        ("unit;臺北市", "country;x", 5, "key-repeated", "country"),
        ("unit;臺北市\n", "", 13, "key-missing", "unit"),
        ("100.50", "1e333", 14, "amount", "budget"),
        ("approval", "shouting", 14, "unknown-vote-type", "vote_type"),
        ("VOTES\n", "", 18, "number-of-fields", "selected"),
        ("PROJECTS\n", "VOTES\n", 14, "section-unexpected", "VOTES"),
        ("project_id;cost;", "project_id;price;", 15, "column-missing", "cost"),
        ("project_id;cost;name;", "project_id;cost;cost;", 15, "column-repeated", "cost"),
        ("B;40;B;0;", "B;40;B;0", 17, "number-of-fields", "mood"),
        ("B;40;B;0;", "A/1;40;B;0;", 17, "project-repeated", "project_id"),
        ("B;40;B;0;", '"B,C";40;B;0;', 17, "project-id", "project_id"),
        ("B;40;B;0;", "B;-40;B;0;", 17, "amount", "cost"),
        ("B;40;B;0;", "B;４０;B;0;", 17, "amount", "cost"),
        ("B;40;B;0;", "B;40;B;yes;", 17, "selected", "selected"),
        ("B;40;B;0;", 'B;40;"B"x;0;', 17, "quoting", ""),
        ("voter_id;vote", "voter_id;choice", 19, "column-missing", "vote"),
        ("1;B,A/1;33", "1;B,C;33", 20, "unknown-project", "vote"),
        ("1;B,A/1;33", "1;B,,A/1;33", 20, "unknown-project", "vote"),
        ("3;A/1,B,A/1;71\n", "", 21, "number-differs", "num_votes"),
        ("num_projects;2", "num_projects;3", 18, "number-differs", "num_projects"),
        ("vote_type;approval", "vote_type;scoring", 19, "column-missing", "points"),
    ],
)
def test_a_malformed_file_is_refused_with_its_line(
    old: str, new: str, line: int, problem: str, field: str
) -> None:
    assert SMALL.count(old) == 1
    with pytest.raises(PabulibMalformed) as caught:
        read_pabulib(SMALL.replace(old, new))
    assert caught.value.facts == {"line": line, "problem": problem, "field": field}


def test_bytes_that_are_no_utf8_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "a.pb"
    path.write_bytes(SMALL.encode().replace("臺北市".encode(), "臺北市".encode("big5")))
    with pytest.raises(PabulibMalformed) as caught:
        read_pabulib(path)
    assert caught.value.facts == {"line": 5, "problem": "not-utf-8", "field": ""}


@given(st.integers(0, len(SMALL) - 2))
def test_a_file_cut_short_is_never_taken_for_a_smaller_election(end: int) -> None:
    cut = SMALL[:end]
    try:
        election = read_pabulib(cut)
    except PabulibMalformed:
        return
    assert len(election.votes.rows) == 3  # only the last field of the last row can be shorter
    assert election.votes.rows[:2] == read_pabulib(SMALL).votes.rows[:2]


def test_the_writer_orders_columns_and_keys_and_keeps_unknown_ones_behind() -> None:
    text = write_pabulib(
        PabulibElection(
            {"rule": "greedy", "zebra": "1", "description": "d"},
            Table(("mood", "name", "cost", "project_id"), (("good", "N", "1", "P"),)),
            Table(("vote", "voter_id"), (("P", "1"),)),
        )
    )
    assert text == (
        "META\nkey;value\ndescription;d\nrule;greedy\nzebra;1\n"
        "PROJECTS\nproject_id;cost;name;mood\nP;1;N;good\n"
        "VOTES\nvoter_id;vote\n1;P\n"
    )


def test_fields_are_quoted_only_where_they_must() -> None:
    written = write_pabulib(read_pabulib(SMALL))
    assert '"公園; ""小"" 步道"' in written
    assert written.endswith(";71\n")
    assert written.count('"') == 8


_TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(';"\n\r, \t'), max_size=12)
_ID = st.text(st.sampled_from('ABab01/;"'), min_size=1, max_size=5)


@st.composite
def _files(draw: st.DrawFn) -> PabulibElection:
    ids = draw(st.lists(_ID, min_size=1, max_size=4, unique=True))
    extra = draw(st.lists(_TEXT.map(lambda name: f"x{name}"), max_size=2, unique=True))
    votes = draw(st.lists(st.lists(st.sampled_from(ids), max_size=4), max_size=5))
    meta = {key: draw(_TEXT) for key in META_REQUIRED}
    meta |= {"num_projects": str(len(ids)), "num_votes": str(len(votes))}
    meta |= {"budget": "12.5", "vote_type": "approval", **{key: draw(_TEXT) for key in extra}}
    columns = draw(st.permutations(["project_id", "cost", "name", *extra]))
    rows = [
        tuple({"project_id": p, "cost": "3"}.get(column) or draw(_TEXT) for column in columns) for p in ids
    ]
    cast = [(str(place), ",".join(vote), draw(_TEXT)) for place, vote in enumerate(votes)]
    return PabulibElection(
        meta, Table(tuple(columns), tuple(rows)), Table(("voter_id", "vote", "mood"), tuple(cast))
    )


@given(_files())
def test_what_is_written_reads_back_the_same(election: PabulibElection) -> None:
    ordered = election.in_format_order()
    text = write_pabulib(election)
    assert read_pabulib(text) == ordered
    assert write_pabulib(read_pabulib(text)) == text
    assert text.endswith("\n")


@dataclass(frozen=True, slots=True)
class _Listed:
    number: int
    id: str
    title: str
    cost_twd: int


LISTED = (
    _Listed(1, "P-01", '公園; "小" 步道', 60),
    _Listed(2, "P-02", "通學路", 50),
    _Listed(3, "P-03", "圖書室", 40),
)
META = {
    "description": "參與式預算 2026",
    "country": "Taiwan",
    "unit": "示範市",
    "instance": "2026",
    "date_begin": "01.05.2026",
    "date_end": "31.05.2026",
    "min_length": "1",
    "max_length": "2",
    "language": "zh",
    "currency": "TWD",
}
BALLOTS = [(Choices((2,)), 1), (Choices((1, 3)), 2), (Choices((3,)), 1)]
SINGLE = [(Choices((1,)), 1), (Choices((2,)), 1), (Choices((3,)), 1)]


def _outcome(
    listed: Sequence[_Listed] = LISTED,
    *,
    ballots: Sequence[tuple[Choices, int]] = BALLOTS,
    fit: str = "skip",
    budget: int = 100,
    threshold: int = 0,
    withdrawn: tuple[int, ...] = (),
) -> Outcome:
    return count(
        spec(budget, fit=fit, threshold=threshold),
        [Project(number=p.number, cost=p.cost_twd, id=p.id) for p in listed],
        profile=Profile.merged(ballots),
        ties=BY_NUMBER,
        withdrawn=withdrawn,
    )


def _export(outcome: Outcome, *, ballots: Sequence[tuple[Choices, int]] = BALLOTS) -> PabulibElection:
    return pabulib_of("東區", META, projects=LISTED, ballots=ballots, outcome=outcome, kind=FormKind.UP_TO)


def test_a_weighted_ballot_becomes_as_many_rows() -> None:
    election = _export(_outcome())
    assert election.votes.rows == (("1", "P-02"), ("2-1", "P-01,P-03"), ("2-2", "P-01,P-03"), ("3", "P-03"))
    assert election.meta["num_votes"] == "4"
    assert "weight" in election.meta["comment"]


def test_the_export_holds_the_projects_their_votes_and_who_won() -> None:
    election = _export(_outcome())
    assert election.projects.rows == (
        ("P-03", "40", "3", "3", "圖書室", "1"),
        ("P-01", "60", "2", "2", '公園; "小" 步道', "1"),
        ("P-02", "50", "1", "1", "通學路", "0"),
    )
    assert election.meta["district"] == "東區"
    assert election.meta["budget"] == "100"
    assert read_pabulib(write_pabulib(election)) == election


def test_the_export_explains_withdrawals_and_the_tie_order() -> None:
    ballots = SINGLE
    outcome = _outcome(ballots=ballots, withdrawn=(2,))
    comment = _export(outcome, ballots=ballots).meta["comment"]
    assert comment.startswith("#1: Withdrawn")
    assert "ballot number 2." in comment
    assert "#2: Equal votes are ordered by: number." in comment


def test_notes_come_first_and_the_rule_last() -> None:
    ballots = SINGLE[:1]
    two = LISTED[:2]
    outcome = _outcome(two, ballots=ballots)
    noted = pabulib_of(
        "東區", META, projects=two, ballots=ballots, outcome=outcome, kind=FormKind.UP_TO, notes=["Demo."]
    )
    assert noted.meta["comment"].startswith("#1: Demo. #2: " + RULE_NOTE)
    _, _, rule = noted.meta["comment"].partition(RULE_NOTE)
    assert canonical.decode(rule.encode()) == {
        "spec": outcome.spec.to_json(),
        "tie_order": ["number"],
        "lot_seed": "",
        "withdrawn": [],
        "numbers": [1, 2],
    }


@pytest.mark.parametrize(
    ("fit", "threshold", "rule"),
    [("skip", 0, "greedy"), ("skip", 2, "greedy-threshold"), ("stop", 0, "greedy-no-skip")],
)
def test_the_rule_is_named_as_the_format_names_it(fit: str, threshold: int, rule: str) -> None:
    meta = _export(_outcome(fit=fit, threshold=threshold)).meta
    assert meta["rule"] == rule
    assert meta.get("min_project_score_threshold") == ("2" if threshold else None)


@pytest.mark.parametrize(("budget", "flag"), [(149, None), (150, "1")])
def test_a_budget_for_everything_is_flagged(budget: int, flag: str | None) -> None:
    assert _export(_outcome(budget=budget)).meta.get("fully_funded") == flag


def test_one_choice_per_ballot_is_choose_1() -> None:
    meta = {**META, "max_length": "1"}
    election = pabulib_of(
        "東區", meta, projects=LISTED, ballots=BALLOTS, outcome=_outcome(), kind=FormKind.UP_TO
    )
    assert election.meta["vote_type"] == "choose-1"


def _without(key: str) -> Iterator[tuple[str, str]]:
    return ((name, text) for name, text in META.items() if name != key)


@pytest.mark.parametrize(
    ("meta", "field"), [(dict(_without("unit")), "unit"), ({**META, "budget": "1"}, "budget")]
)
def test_meta_that_does_not_fit_is_refused_with_its_key(meta: dict[str, str], field: str) -> None:
    with pytest.raises(PabulibUnwritable) as caught:
        pabulib_of("東區", meta, projects=LISTED, ballots=BALLOTS, outcome=_outcome(), kind=FormKind.UP_TO)
    assert caught.value.field == field


def test_a_project_id_with_a_comma_is_refused() -> None:
    listed = (_Listed(1, "P,1", "x", 1),)
    with pytest.raises(PabulibUnwritable) as caught:
        pabulib_of(
            "東區",
            META,
            projects=listed,
            ballots=[],
            outcome=_outcome(listed, ballots=[]),
            kind=FormKind.UP_TO,
        )
    assert caught.value.facts["project"] == 1


def test_a_ballot_for_another_districts_project_is_refused() -> None:
    with pytest.raises(PabulibUnwritable) as caught:
        _export(_outcome(), ballots=[(Choices((1,)), 1), (Choices((9,)), 1)])
    assert caught.value.facts["ballot"] == 2


@given(elections(), st.sampled_from([0, 1, 5]), st.sampled_from([("number",), ("cheaper", "lot")]))
def test_an_exported_file_counts_again_to_the_same_outcome(
    election: tuple[object, list[Project], list[tuple[tuple[int, ...], int]]],
    shift: int,
    keys: tuple[str, ...],
) -> None:
    """Ballot numbers need not be rows, and a lot depends on them: the comment carries both."""
    _, small, cast = election
    listed = [_Listed(p.number + shift, p.id, f"title {p.number}", p.cost) for p in small]
    ballots = [(Choices(tuple(n + shift for n in numbers)), weight) for numbers, weight in cast]
    ties = TieOrder(keys, b"\x05" * 32 if "lot" in keys else b"")
    projects = [Project(number=p.number, cost=p.cost_twd, id=p.id) for p in listed]
    rule = spec(20, threshold=2)
    outcome = count(rule, projects, profile=Profile.merged(ballots), ties=ties, withdrawn=(1 + shift,))
    written = pabulib_of("東區", META, projects=listed, ballots=ballots, outcome=outcome, kind=FormKind.UP_TO)
    countable = read_countable(write_pabulib(written))
    official = official_rule(countable)
    assert official is not None
    assert countable.count(official.spec, official.ties) == outcome
    assert sorted(countable.official) == sorted(countable.ids[number] for number in outcome.winners)


@pytest.mark.parametrize(
    ("kind", "score", "ballots", "rows"),
    [
        (
            FormKind.RANKING,
            "positional",
            [(Choices((3, 1)), 1), (Choices((2,)), 1)],
            (("1", "P-03,P-01"), ("2", "P-02")),
        ),
        (
            FormKind.POINTS,
            "points",
            [(Choices((1, 3), (2, 5)), 1), (Choices(), 1)],
            (("1", "P-03,P-01", "5,2"), ("2", "", "")),
        ),
    ],
)
def test_rankings_and_points_are_written_and_count_again(
    kind: FormKind,
    score: str,
    ballots: list[tuple[Choices, int]],
    rows: tuple[tuple[str, ...], ...],
) -> None:
    listed = [Project(number=p.number, cost=p.cost_twd, id=p.id) for p in LISTED]
    positions = (2, 1) if score == "positional" else ()
    rule = CountSpec(method="greedy-votes", budget=100, score=score, positions=positions)
    outcome = count(rule, listed, profile=Profile.merged(ballots), ties=BY_NUMBER)
    meta = {**META, "max_sum_points": "7"} if kind is FormKind.POINTS else META
    election = pabulib_of("東區", meta, projects=LISTED, ballots=ballots, outcome=outcome, kind=kind)
    assert election.votes.rows == rows
    countable = read_countable(write_pabulib(election))
    official = official_rule(countable)
    assert official is not None
    assert countable.count(official.spec, official.ties) == outcome


def test_the_export_names_the_lot_seed_where_a_lot_was_drawn() -> None:
    listed = [Project(number=p.number, cost=p.cost_twd, id=p.id) for p in LISTED]
    ballots = SINGLE
    ties = TieOrder(("lot",), b"\x07" * 32)
    outcome = count(spec(100), listed, profile=Profile.merged(ballots), ties=ties)
    assert "lot with lot seed " + "07" * 32 in _export(outcome, ballots=ballots).meta["comment"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"numbers":[', '"numbers":[9,'),
        ('"numbers":[', '"numbers":["x",'),
        ('"fit":"skip"', '"fit":7'),
        ('"fit":"skip"', '"groups":[{}],"fit":"skip"'),
        ('"lot_seed":""', '"lot_seed":"zz"'),
        ('"withdrawn":[]', '"extra":[]'),
        ('"method"', '"madness"'),
    ],
)
def test_a_tampered_rule_in_the_comment_is_refused(old: str, new: str) -> None:
    """A comment is anybody's text: whatever it holds, the answer is an error of the file."""
    text = write_pabulib(_export(_outcome())).replace('""', '"')
    assert old in text
    broken = write_pabulib(_export(_outcome())).replace(old.replace('"', '""'), new.replace('"', '""'))
    with pytest.raises((PabulibMalformed, CountSpecInvalid)):
        official_rule(read_countable(broken))
