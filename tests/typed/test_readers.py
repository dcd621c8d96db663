"""Every accepted spelling has its one value; every other is refused; what we print is read back."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.core.errors import InvalidInput
from pbvote.core.letters import bidi_controls, folded, has_visible, narrow
from pbvote.core.types import TAIPEI
from pbvote.typed import dates, numbers, texts
from pbvote.typed.errors import BirthDateInvalid, DateOutOfRange, NotADate, NotATelephone, NotMoney
from tests.typed import spellings as spelt

TODAY = date(2026, 3, 20)


@pytest.mark.parametrize("typed", spelt.DATES)
def test_a_date_in_any_spelling(typed: str) -> None:
    assert dates.date_of(typed, field="x") == spelt.SPRING


@pytest.mark.parametrize("typed", spelt.NO_DATES)
def test_no_date(typed: str) -> None:
    with pytest.raises(NotADate) as refused:
        dates.date_of(typed, field="x")
    assert refused.value.field == "x"


@pytest.mark.parametrize("typed", spelt.OUT_OF_RANGE)
def test_a_date_outside_its_range_names_the_range(typed: str) -> None:
    first, last = date(2020, 1, 1), date(2099, 12, 31)
    with pytest.raises(DateOutOfRange) as refused:
        dates.date_of(typed, field="x", first=first, last=last)
    assert (refused.value.facts["first"], refused.value.facts["last"]) == (first, last)


@pytest.mark.parametrize(("typed", "born"), spelt.BIRTHS.items())
def test_a_date_of_birth(typed: str, born: date) -> None:
    assert dates.birth_date_of(typed, today=TODAY) == born


@pytest.mark.parametrize("typed", spelt.NO_BIRTHS)
def test_no_date_of_birth(typed: str) -> None:
    with pytest.raises(BirthDateInvalid):
        dates.birth_date_of(typed, today=TODAY)


@pytest.mark.parametrize(("boxes", "born"), spelt.BIRTH_BOXES.items())
def test_a_date_of_birth_in_three_boxes(boxes: tuple[str, str, str], born: date) -> None:
    assert dates.birth_date_of_parts(*boxes, today=TODAY) == born


@pytest.mark.parametrize("boxes", spelt.NO_BIRTH_BOXES)
def test_no_date_of_birth_in_three_boxes(boxes: tuple[str, str, str]) -> None:
    with pytest.raises(BirthDateInvalid):
        dates.birth_date_of_parts(*boxes, today=TODAY)


def test_nobody_is_born_tomorrow() -> None:
    assert dates.birth_date_of(TODAY.isoformat(), today=TODAY) == TODAY
    with pytest.raises(BirthDateInvalid):
        dates.birth_date_of((TODAY + timedelta(days=1)).isoformat(), today=TODAY)


@pytest.mark.parametrize("typed", spelt.MOMENTS)
def test_a_moment_in_any_spelling(typed: str) -> None:
    assert dates.moment_of(typed, field="x") == spelt.AFTERNOON


@pytest.mark.parametrize("typed", spelt.MIDNIGHTS)
def test_the_end_of_a_day_is_the_start_of_the_next(typed: str) -> None:
    assert dates.moment_of(typed, field="x") == spelt.MIDNIGHT


@pytest.mark.parametrize("typed", spelt.NO_MOMENTS)
def test_no_moment(typed: str) -> None:
    with pytest.raises(InvalidInput):
        dates.moment_of(typed, field="x")


@pytest.mark.parametrize(("typed", "amount"), spelt.MONEY.items())
def test_money(typed: str, amount: int) -> None:
    assert numbers.money_of(typed, field="x") == amount


@pytest.mark.parametrize("typed", spelt.NO_MONEY)
def test_no_money(typed: str) -> None:
    with pytest.raises(NotMoney):
        numbers.money_of(typed, field="x")
    assert numbers.money_or_none(typed) is None


@pytest.mark.parametrize(("typed", "number"), spelt.WHOLE.items())
def test_a_whole_number(typed: str, number: int) -> None:
    assert numbers.whole_of(typed, field="x") == number


@pytest.mark.parametrize("typed", spelt.NO_WHOLE)
def test_no_whole_number(typed: str) -> None:
    with pytest.raises(InvalidInput):
        numbers.whole_of(typed, field="x")


@pytest.mark.parametrize(
    ("typed", "parts"), [("5", 500), ("2.5 %", 250), ("１００％", 10_000), ("百分之5", 500)]
)
def test_a_percentage(typed: str, parts: int) -> None:
    assert numbers.percent_of(typed, field="x") == parts


@pytest.mark.parametrize("typed", ["101", "-1", "2.555", "五", "", "%", "1,0"])
def test_no_percentage(typed: str) -> None:
    with pytest.raises(InvalidInput):
        numbers.percent_of(typed, field="x")


@pytest.mark.parametrize(
    ("typed", "degrees"),
    [
        ("25.0330", 25.033),
        ("２５．０３３", 25.033),
        ("25.0330°N", 25.033),
        ("北緯25.033", 25.033),
        ("-5", -5.0),
    ],
)
def test_degrees(typed: str, degrees: float) -> None:
    assert numbers.degrees_of(typed) == degrees


@pytest.mark.parametrize("typed", ["nan", "inf", "1e1", "25,033", "", "25 02", "N"])
def test_no_degrees(typed: str) -> None:
    assert numbers.degrees_of(typed) is None


@pytest.mark.parametrize("typed", spelt.YES)
def test_a_known_word_for_yes_is_yes(typed: str) -> None:
    assert texts.yes_of(typed, field="x") is True


@pytest.mark.parametrize("typed", spelt.NO)
def test_a_known_word_for_no_and_nothing_at_all_are_no(typed: str) -> None:
    assert texts.yes_of(typed, field="x") is False


@pytest.mark.parametrize("typed", spelt.NEITHER)
def test_any_other_word_is_a_finding(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        texts.yes_of(typed, field="x")
    assert refused.value.code == "typed.neither-yes-nor-no"


@given(st.text(max_size=12))
def test_consent_is_only_ever_given_by_a_known_word(typed: str) -> None:
    try:
        said = texts.yes_of(typed, field="x")
    except InvalidInput:
        return
    word = folded(typed)
    assert said == any(
        word.strip("()[].。!") == folded(known) or word == folded(known) for known in texts.YES
    )


@pytest.mark.parametrize("typed", spelt.INVISIBLE)
def test_a_text_of_which_nothing_can_be_seen_is_missing(typed: str) -> None:
    assert not has_visible(typed)
    assert [f.code for f in texts.text_findings(typed, field="x", most=9)] == ["typed.text-missing"]
    assert texts.text_findings(typed, field="x", most=9, missing=None) != []


@pytest.mark.parametrize("typed", spelt.TURNED)
def test_a_text_that_turns_letters_round_is_refused_and_names_them(typed: str) -> None:
    (finding,) = texts.text_findings(typed, field="x", most=99)
    assert finding.code == "typed.text-turned"
    assert finding.facts["controls"] == bidi_controls(typed) != ""


@pytest.mark.parametrize("typed", ["👨‍👩‍👧 親子", "☎️", "公園", "𠮷野", "a\u0301"])
def test_emoji_rare_characters_and_accents_are_texts(typed: str) -> None:
    assert texts.text_findings(typed, field="x", most=99) == []
    assert texts.line(typed) == typed


def test_a_text_too_long_says_how_long_it_is() -> None:
    (finding,) = texts.text_findings("字" * 11, field="x", most=10)
    assert (finding.facts["most"], finding.facts["length"]) == (10, 11)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("（東側）", "(東側)"),
        ("１００號", "100號"),
        ("臺北", "台北"),
        ("ＰＡＲＫ", "park"),
        ("公\u200b園", "公園"),
        ("㈱", "(株)"),
    ],
)
def test_both_sides_of_a_comparison_are_brought_to_one_spelling(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(typed: str) -> None:
    assert folded(folded(typed)) == folded(typed)
    assert narrow(narrow(typed)) == narrow(typed)


@pytest.mark.parametrize(
    ("typed", "mailbox"),
    [
        ("Who+1@Example.org", "who@example.org"),
        ("first.last+x+y@gmail.com", "firstlast@gmail.com"),
        ("First.Last@googlemail.com", "firstlast@gmail.com"),
        ("first.last@example.org", "first.last@example.org"),
        ("ｗｈｏ＠example.org", "who@example.org"),
        ("wh\u200bo@example.org", "who@example.org"),
        ("+x@example.org", "+x@example.org"),
    ],
)
def test_addresses_that_lead_to_one_mailbox(typed: str, mailbox: str) -> None:
    assert texts.mailbox_of(texts.address_of(typed)) == mailbox


def test_taiwans_time_is_that_of_the_time_zone_database() -> None:
    zone = ZoneInfo("Asia/Taipei")
    for year in range(1990, 2100):
        for month in (1, 7):
            moment = datetime(year, month, 1, tzinfo=UTC)
            assert moment.astimezone(TAIPEI).replace(tzinfo=None) == moment.astimezone(zone).replace(
                tzinfo=None
            )


DAYS = st.dates(dates.FIRST, dates.LAST)
INSTANTS = st.datetimes(datetime(1990, 1, 2), datetime(2199, 12, 30)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=UTC, second=0, microsecond=0)
)


@given(DAYS, st.sampled_from(["zh", "en"]))
def test_every_date_that_our_pages_print_is_read_back(day: date, language: str) -> None:
    assert dates.date_of(dates.day_text(day, language=language), field="x") == day


@given(DAYS)
def test_a_date_with_its_roc_year_in_a_date_field_is_read_back(day: date) -> None:
    roc = f"{day.year - dates.ROC:04}-{day.month:02}-{day.day:02}"
    assert dates.date_of(roc, field="x") == dates.date_of(day.isoformat(), field="x") == day


@given(INSTANTS, st.sampled_from(["zh", "en"]))
def test_every_moment_that_our_pages_print_is_read_back(at: datetime, language: str) -> None:
    for printed in (
        dates.moment_text(at, language=language),
        dates.short_text(at, language=language),
        dates.plain_text(at),
        dates.moment_field(at),
    ):
        assert dates.moment_of(printed, field="x") == at, printed


@given(st.integers(0, 10**12))
def test_every_amount_that_our_pages_print_is_read_back(amount: int) -> None:
    for printed in (f"{amount:,} 元", f"NT${amount:,}", f"{amount:,}", str(amount), f"{amount}.0"):
        assert numbers.money_of(printed, field="x") == amount


@given(st.text(max_size=70))
def test_nothing_that_anybody_types_breaks_a_reader(typed: str) -> None:
    for read in (dates.date_of, dates.moment_of, numbers.money_of, numbers.whole_of, numbers.percent_of):
        with suppress(InvalidInput):
            read(typed, field="x")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("02-2345-6789", "02-2345-6789"),
        ("０２－２３４５－６７８９", "02-2345-6789"),
        ("(02) 2345-6789 轉 123", "(02) 2345-6789 轉 123"),
        ("0912345678", "0912345678"),
        ("037-123456#12", "037-123456#12"),
        ("+886-2-2345-6789", "+886-2-2345-6789"),
        ("1999", "1999"),
        ("00-0000-0001", "00-0000-0001"),
    ],
)
def test_a_telephone_number(typed: str, shown: str) -> None:
    assert texts.telephone_of(typed, field="x") == shown


@pytest.mark.parametrize(
    "typed", ["", "請洽櫃檯", "12", "02-23", "2345-6789-0000-1111", "02-2345-6789 轉", "0" * 60, "²³⁴"]
)
def test_no_telephone_number(typed: str) -> None:
    with pytest.raises(NotATelephone) as refused:
        texts.telephone_of(typed, field="x")
    assert refused.value.field == "x"


def test_a_short_day_in_both_languages() -> None:
    assert dates.short_day_text(date(2026, 12, 5)) == "115年12月5日（六）"
    assert dates.short_day_text(date(2026, 12, 5), language="en") == "Sat 5 Dec 2026"
