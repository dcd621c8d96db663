"""Tables of every kind of file are read alike; what is wrong has its line and its cell."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.core.errors import InvalidInput, findings_of
from pbvote.typed import files
from pbvote.typed.tables import Column, Table, letter_of, read_table
from tests.typed.workbooks import KINDS, Rows, as_csv, as_ods, as_xlsx, sheet_xml, xlsx_of

COLUMNS = (
    Column(key="name", names=("姓名", "提案人"), needed=True, whole=True),
    Column(key="day", names=("日期",), needed=True),
    Column(key="note", names=("備註",)),
)
ROWS: Rows = (("姓名", "日期", "備註"), ("王小明", "115/3/20", "甲,乙"), ("陳大文", "2026-03-21", ""))
READ = [
    (2, {"name": "王小明", "day": "115/3/20", "note": "甲,乙"}),
    (3, {"name": "陳大文", "day": "2026-03-21", "note": ""}),
]


def read(content: bytes, *, surplus: str = "refuse", most: int = 100) -> Table:
    return read_table(content, COLUMNS, field="file", most_rows=most, surplus=surplus)


def lines(table: Table) -> list[tuple[int, dict[str, str]]]:
    return [(line.number, dict(line.cells)) for line in table.lines]


def wrong(content: bytes, **options: object) -> list[InvalidInput]:
    try:
        return list(read(content, **options).findings)  # type: ignore[arg-type]
    except InvalidInput as error:
        return list(findings_of(error))


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_is_the_same_in_every_kind_of_file(kind: str) -> None:
    assert lines(read(KINDS[kind](ROWS))) == READ


@pytest.mark.parametrize("kind", KINDS)
def test_titles_above_blank_lines_and_empty_columns_at_the_end_do_no_harm(kind: str) -> None:
    rows = (
        ("新店區公所 115年度", "", "", ""),
        ("", "", "", ""),
        *((*row, "") for row in ROWS),
        ("", "", "", ""),
    )
    assert lines(read(KINDS[kind](rows))) == [(number + 2, cells) for number, cells in READ]


@pytest.mark.parametrize("kind", KINDS)
def test_two_columns_for_one_thing_are_refused_and_both_named(kind: str) -> None:
    rows = (("姓名", "日期", "提案人"), ("王小明", "115/3/20", "陳大文"))
    (finding,) = wrong(KINDS[kind](rows))
    assert finding.code == "typed.column-twice"
    assert (finding.facts["first"], finding.facts["second"]) == ("A 姓名", "C 提案人")


@pytest.mark.parametrize("twice", ["姓名", " 姓 名 ", "姓名（name）", "NAME", "Ｎａｍｅ", "姓\u200b名"])
def test_two_spellings_of_one_heading_are_one_column_twice(twice: str) -> None:
    (finding,) = wrong(as_csv((("姓名", "日期", twice), ("王", "115/3/20", "陳"))))
    assert finding.code == "typed.column-twice"


@pytest.mark.parametrize(
    "heading", ["姓名", "提案人", "name", "姓名（name）", "姓名(name)", " 姓名 ", "姓名：", "NAME", "*姓名"]
)
def test_a_heading_in_any_spelling_that_help_texts_show(heading: str) -> None:
    rows = ((heading, "日期"), ("王小明", "115/3/20"))
    assert lines(read(as_csv(rows))) == [(2, {"name": "王小明", "day": "115/3/20"})]


def test_unknown_headings_are_named_with_their_cell_or_passed_over() -> None:
    rows = (("姓名", "電話", "日期"), ("王", "0900000000", "115/3/20"))
    (finding,) = wrong(as_csv(rows))
    assert (finding.code, finding.facts["cell"]) == ("typed.column-unknown", "B1")
    assert lines(read(as_csv(rows), surplus="pass")) == [(2, {"name": "王", "day": "115/3/20"})]


def test_missing_columns_are_named_as_help_texts_name_them() -> None:
    (finding,) = wrong(as_csv((("備註", "姓名"), ("x", "王"))))
    assert (finding.code, finding.facts["columns"]) == ("typed.columns-missing", "日期（day）")


@pytest.mark.parametrize("row", [("王", "115/3/20"), ("王", "115/3/20", "x", "y")])
def test_a_line_with_another_number_of_cells_is_named(row: tuple[str, ...]) -> None:
    (finding,) = wrong(as_csv((*ROWS, row)))
    assert (finding.code, finding.facts["line"]) == ("typed.cell-count", 4)
    assert (finding.facts["expected"], finding.facts["found"]) == (3, len(row))


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_cell_under_no_heading_is_named_in_a_spreadsheet_too(kind: str) -> None:
    (finding,) = wrong(KINDS[kind]((*ROWS, ("王", "115/3/20", "x", "y"))))
    assert (finding.code, finding.facts["line"]) == ("typed.cell-count", 4)


@pytest.mark.parametrize("name", ["陳?", "??里", "陳\ufffd", "王?明"])
@pytest.mark.parametrize("kind", ["utf-8", "xlsx", "ods"])
def test_a_letter_that_was_lost_from_a_name_is_named_by_cell(kind: str, name: str) -> None:
    (finding,) = wrong(KINDS[kind]((*ROWS, (name, "115/3/20", ""))))
    assert (finding.code, finding.facts["cell"]) == ("typed.letters-lost", "A4")


ERRORS = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "########", "Err:502"]


@pytest.mark.parametrize("shown", ERRORS)
@pytest.mark.parametrize("kind", ["utf-8", "big5", "xlsx", "ods"])
def test_what_a_failed_formula_shows_is_no_text(kind: str, shown: str) -> None:
    for at in range(3):
        row = ["王", "115/3/20", "x"]
        row[at] = shown
        (finding,) = wrong(KINDS[kind]((*ROWS, row)))
        assert (finding.code, finding.facts["cell"]) == ("typed.cell-in-error", f"{'ABC'[at]}4")


@pytest.mark.parametrize("text", ["#1", "# 備註", "C#", "#N/A 的意思", "##"])
def test_a_text_with_a_hash_is_a_text(text: str) -> None:
    assert wrong(as_csv((*ROWS, ("王", "115/3/20", text)))) == []


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="C2" t="e"><v>#REF!</v></c>',
        '<c r="C2" s="1" t="e"><f>VLOOKUP(A2,X!A:B,2)</f><v>#N/A</v></c>',
        '<c r="C2"><f>A2&amp;B2</f></c>',  # written by a program that works nothing out
    ],
)
def test_a_cell_of_a_workbook_in_error_is_never_blank(cell: str) -> None:
    rows = sheet_xml((("姓名", "日期", "備註"), ("王", "115/3/20", "here"), ("李", "115/3/20", "")))
    sheet = rows.replace('<c r="C2" t="inlineStr"><is><t xml:space="preserve">here</t></is></c>', cell)
    assert cell in sheet
    found = read(xlsx_of({"一": sheet}))
    (finding,) = found.findings
    assert (finding.code, finding.facts["cell"]) == ("typed.cell-in-error", "C2")
    assert lines(found) == [(3, {"name": "李", "day": "115/3/20", "note": ""})]


def test_a_formula_that_gives_nothing_is_blank() -> None:
    rows = sheet_xml((("姓名", "日期", "備註"), ("王", "115/3/20", "here")))
    nothing = '<c r="C2" t="str"><f>IF(A2="","x","")</f><v></v></c>'
    sheet = rows.replace('<c r="C2" t="inlineStr"><is><t xml:space="preserve">here</t></is></c>', nothing)
    assert lines(read(xlsx_of({"一": sheet}))) == [(2, {"name": "王", "day": "115/3/20", "note": ""})]


def test_a_sum_in_a_workbook_has_the_digits_that_the_spreadsheet_shows() -> None:
    rows = (("姓名", "日期", "備註"), ("王", "115/3/20", 300000.00000000006), ("李", "115/3/20", 0.1 + 0.2))
    assert [line.cells["note"] for line in read(as_xlsx(rows)).lines] == ["300000", "0.3"]


@pytest.mark.parametrize("kind", ["utf-8", "xlsx", "ods"])
@pytest.mark.parametrize("heading", ["", "\u3000", "\u200b"])
def test_a_column_without_a_heading_is_not_passed_over_where_something_stands_in_it(
    kind: str, heading: str
) -> None:
    rows = (
        ("姓名", heading, "日期"),
        ("王", "", "115/3/20"),
        ("李", "秘密", "115/3/20"),
        ("陳", "x", "115/3/20"),
    )
    (finding,) = wrong(KINDS[kind](rows))
    assert (finding.code, finding.facts["cell"]) == ("typed.column-nameless", "B3")
    assert wrong(KINDS[kind](rows), surplus="pass") == []
    assert wrong(KINDS[kind](rows[:2])) == []


@pytest.mark.parametrize("blank", ["\u200b", "\ufeff", "\xa0", "\u3000"])
def test_a_line_of_which_nothing_can_be_seen_is_no_line(blank: str) -> None:
    content = f"姓名,日期,備註\n{blank},,\n王,115/3/20,x,{blank}\n".encode()
    assert lines(read(content)) == [(3, {"name": "王", "day": "115/3/20", "note": "x"})]


def test_letters_lost_from_a_text_are_seen_where_the_encoding_has_no_letter_for_them() -> None:
    def with_note(note: str) -> bytes:
        return f"姓名,日期,備註\n王,115/3/20,{note}\n".encode("cp950", errors="replace")

    (finding,) = wrong(with_note("峯𡋾里活動中心"))
    assert (finding.code, finding.facts["cell"]) == ("typed.letters-lost", "C2")
    assert wrong(with_note("為什麼要做?")) == []
    assert (
        wrong(
            as_csv(
                (
                    *ROWS,
                    ("王", "115/3/20", "好嗎?好"),
                )
            )
        )
        == []
    )


def test_numbers_dates_and_booleans_of_a_spreadsheet_are_what_a_person_would_type() -> None:
    rows: Rows = (
        ("姓名", "日期", "備註"),
        ("王", date(2026, 3, 20), 300000.0),
        (680512, date(1979, 5, 12), True),
    )
    for content in (as_xlsx(rows), as_ods(rows)):
        assert lines(read(content)) == [
            (2, {"name": "王", "day": "2026-03-20", "note": "300000"}),
            (3, {"name": "680512", "day": "1979-05-12", "note": "TRUE"}),
        ]


def test_text_that_a_spreadsheet_wrapped_as_a_formula_is_unwrapped() -> None:
    (line,) = read(as_csv((("姓名", "日期"), ('="A123456789"', "115/3/20")))).lines
    assert line.cells["name"] == "A123456789"


def test_a_spreadsheet_may_say_what_its_delimiter_is() -> None:
    assert lines(read(b"sep=;\r\n" + as_csv(ROWS, delimiter=";"))) == [(n + 1, cells) for n, cells in READ]


def test_a_cell_of_several_lines_is_one_line_of_the_table() -> None:
    table = read(as_csv((("姓名", "日期", "備註"), ("王", "115/3/20", "一\n二"), ("陳", "x", "三"))))
    assert [(line.number, line.cells["note"]) for line in table.lines] == [(2, "一\n二"), (3, "三")]


def test_two_sheets_with_such_a_table_are_refused_and_other_sheets_passed_over() -> None:
    other: Rows = (("說明",), ("請填第二張工作表",))
    assert lines(read(xlsx_of({"說明": sheet_xml(other), "名單": sheet_xml(ROWS)}))) == READ
    (finding,) = wrong(xlsx_of({"甲": sheet_xml(ROWS), "乙": sheet_xml(ROWS)}))
    assert (finding.code, finding.facts["first"], finding.facts["second"]) == ("typed.sheets-two", "甲", "乙")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "typed.table-empty"),
        (b"\xef\xbb\xbf\r\n", "typed.table-empty"),
        (as_csv(ROWS[:1]), "typed.table-empty"),
        (as_xlsx(ROWS[:1]), "typed.table-empty"),
        (b"PK\x03\x04 and nothing more", "typed.file-unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "typed.file-unreadable"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "typed.file-unreadable"),
        (b"\xff\x80\x81,x\n1,2\n", "typed.file-unreadable"),
        ("<html><table><tr><td>姓名</td><td>日期</td></tr></table>".encode(), "typed.file-unreadable"),
        (b'\xef\xbb\xbf <?xml version="1.0"?><Workbook/>', "typed.file-unreadable"),
        (b"%PDF-1.4\n%%EOF\n", "typed.file-unreadable"),
        ('姓名,日期\n"王,115/3/20\n'.encode(), "typed.quote-open"),
        ("姓名,日期\n".encode() + "王,115/3/20\n".encode() * 200, "typed.table-too-long"),
        ("姓名,日期\n".encode() + b"a" * 200_000 + b",b\n", "typed.file-unreadable"),
        (b"," * 3_000 + b"x\n", "typed.file-too-large"),
        (b"x" * (files.MOST_BYTES + 1), "typed.file-too-large"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(content: bytes, code: str) -> None:
    assert [finding.code for finding in wrong(content)] == [code]


def test_a_workbook_that_unpacks_to_far_more_than_a_table_is_refused_before_it_is_read() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\x20" * (files.MOST_UNPACKED + 1))
    assert [finding.code for finding in wrong(bomb.getvalue())] == ["typed.file-too-large"]


def test_a_workbook_that_lies_about_its_size_is_refused() -> None:
    content = bytearray(as_xlsx(ROWS))
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 10)
    assert [finding.code for finding in wrong(bytes(content))] == ["typed.file-unreadable"]


@pytest.mark.parametrize("place", ["XFD1048576", "A1048576"])
def test_a_cell_at_the_far_corner_of_a_sheet_ends_no_more_than_its_reading(place: str) -> None:
    far = sheet_xml(ROWS).replace(
        "</sheetData>", f'<row r="1048576"><c r="{place}"><v>1</v></c></row></sheetData>'
    )
    (finding,) = wrong(xlsx_of({"甲": far}))
    assert finding.code in {"typed.file-too-large", "typed.table-too-long"}


def test_repeated_rows_of_a_spreadsheet_are_bounded() -> None:
    content = as_ods((*ROWS, ("末", "115/3/20", "")))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    many = b'<table:table-row table:number-rows-repeated="1000000">'
    head, mark, tail = parts["content.xml"].rpartition(b"<table:table-row>")
    parts["content.xml"] = head + many + tail
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    (finding,) = wrong(out.getvalue())
    assert mark
    assert finding.code in {"typed.file-too-large", "typed.table-too-long"}


def test_columns_have_the_letters_of_a_spreadsheet() -> None:
    assert [letter_of(n) for n in (0, 1, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "B",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    if not content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        assert isinstance(wrong(content), list)


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5), st.sampled_from([",", "\t", ";"]))
def test_what_was_written_is_what_is_read(rows: list[tuple[str, str, str]], delimiter: str) -> None:
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    table = [("姓名", "日期", "備註"), *rows]
    for line, row in zip(read_lines(as_csv(table, delimiter=delimiter)), kept, strict=False):
        assert line["note"] == files.unwrapped(row[2])


def read_lines(content: bytes) -> list[dict[str, str]]:
    """The lines, where none has a mark of lost letters."""
    try:
        table = read(content)
    except InvalidInput:
        return []
    return [] if table.findings else [dict(line.cells) for line in table.lines]


def test_quotation_marks_that_only_another_delimiter_would_find_wrong_do_no_harm() -> None:
    content = '姓名\t日期\t備註\n"王,明"\t115/3/20\t說 "好", 對\n'.encode()
    assert lines(read(content)) == [(2, {"name": "王,明", "day": "115/3/20", "note": '說 "好", 對'})]


@pytest.mark.parametrize("limit", [131_072, 10_000_000])
def test_a_cell_that_is_too_long_is_refused_whatever_the_process_read_before(limit: int) -> None:
    """Python's reader of CSV has one limit for the whole process, and Pabulib files raise it."""
    before = csv.field_size_limit(limit)
    try:
        found = wrong(as_csv((*ROWS, ("李大明", "115/3/22", "x" * (files.LONGEST_CELL + 1)))))
    finally:
        csv.field_size_limit(before)
    assert [error.code for error in found] == ["typed.file-unreadable"]
