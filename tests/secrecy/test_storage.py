"""What the two databases, the files and the cookies hold, and what they have in common."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator

import pytest

from pbvote.core.log.entry import entry_hash
from pbvote.core.types import length_prefixed
from tests.make.polls import BIRTH
from tests.secrecy.dumps import (
    DAY,
    Cell,
    all_windows,
    column_of,
    file_contents,
    spellings,
    values,
)
from tests.secrecy.whole_poll import NOTICE_ADDRESSES, VOTERS, Held, cells_of

MOMENTS = ["between", "voting", "closed", "counted", "certified"]


def shared_by_design(held: Held) -> set[bytes]:
    """The manifest in every spelling, its hash, the call, the styles and what main signed for the box.

    And whom to ask: the agency's public contact, told to the box's pages.
    """
    manifest = held.poll.manifest
    known = set(spellings(manifest.bytes))
    known |= {manifest.bytes, manifest.election_hash, manifest.call.encode()}
    known |= {style.id.encode() for style in manifest.styles}
    for told in column_of(cells_of(held, "certified", "box"), "ballotbox_vote", "help"):
        assert set(json.loads(told)) == {"agency", "contact"}
        known |= set(spellings(told))
    for statement in column_of(cells_of(held, "certified", "main"), "counting_notice", "statement"):
        known |= set(spellings(statement))
    return known


def public_at_the_end(held: Held) -> set[bytes]:
    """What is public on both sides: last checkpoint, root and outcome, and how a closed log ends.

    Where everybody cast, both logs end with the same counts, and so with the same closing entry.
    """
    cells = cells_of(held, "certified", "main")
    closing = list(closing_entries(cells))
    known = {*closing, *map(entry_hash, closing)}
    for column in ("sealed_checkpoint", "checks", "outcome"):
        for value in column_of(cells, "counting_vote", column):
            known |= set(spellings(value))
    return known


@pytest.mark.parametrize("moment", ["between", "voting"])
def test_while_the_vote_runs_no_value_is_in_both_databases(held: Held, moment: str) -> None:
    main, box = (values(cells_of(held, moment, which)) for which in ("main", "box"))
    common = {each for each in main.keys() & box.keys() - shared_by_design(held) if not DAY.fullmatch(each)}
    assert {(value, *main[value], *box[value]) for value in common} == set()
    assert len(main) > 300
    assert len(box) > 150


@pytest.mark.parametrize("moment", ["closed", "counted", "certified"])
def test_at_the_end_only_the_public_log_itself_is_known_on_both_sides(held: Held, moment: str) -> None:
    main, box = (values(cells_of(held, moment, which)) for which in ("main", "box"))
    known = shared_by_design(held) | public_at_the_end(held)
    common = {each for each in main.keys() & box.keys() - known if not DAY.fullmatch(each)}
    assert {(value, *main[value], *box[value]) for value in common} == set()


@pytest.mark.parametrize("moment", MOMENTS)
def test_no_eight_bytes_of_an_issuance_stand_anywhere_in_the_box(held: Held, moment: str) -> None:
    """Not only whole values: no run of eight bytes inside any value of the registrar and the roll log."""
    manifest = held.poll.manifest
    main, box = (cells_of(held, moment, which) for which in ("main", "box"))
    secret = [
        cell.value
        for cell in main
        if (cell.table.startswith("registrar_") and cell.column not in {"manifest", "flushed_at"})
        or cell.table == "bulletin_entry"
    ]
    allowed = all_windows([manifest.bytes, manifest.election_hash, manifest.call.encode()])
    closing = list(closing_entries(main))
    allowed |= all_windows([*closing, *map(entry_hash, closing), *batch_times(main)])
    heads = [length_prefixed(style.id) for style in manifest.styles]
    common = all_windows(secret) & all_windows(cell.value for cell in box) - allowed
    common = {window for window in common if not any(_begins_an_entry(window, head) for head in heads)}
    assert common == set()


def _begins_an_entry(window: bytes, head: bytes) -> bool:
    """Whether it is the public head of an entry, version and style, and at most two bytes behind it.

    Entries of both logs begin alike, and two bytes agree by chance once in a few hundred elections.
    """
    starts = (b"\x01" + head, head)
    return any(window.startswith(start) and len(window) - len(start) <= 2 for start in starts)


def closing_entries(cells: Iterable[Cell]) -> Iterator[bytes]:
    """The closing entries: public counts per style and the public time of the close."""
    return (value for value in column_of(cells, "bulletin_entry", "data") if value[:1] == b"\x05")


def batch_times(cells: Iterable[Cell]) -> Iterator[bytes]:
    """The public times of the roll's batches: a round of the worker may flush both logs in one second."""
    return (value[-16:] for value in column_of(cells, "bulletin_entry", "data") if value[:1] == b"\x04")


def test_a_value_in_both_databases_would_be_found(held: Held) -> None:
    """The searches find what they look for: a hash of a ballot written as text into a table of main."""
    voter = held.voters[0]
    planted = Cell(table="x", column="y", value=f'{{"seen": "{voter.entry_hash.hex()}"}}'.encode())
    box = cells_of(held, "closed", "box")
    assert voter.entry_hash in values([planted]).keys() & values(box).keys()
    raw = Cell(table="x", column="y", value=b"...." + voter.entry[200:230])
    assert all_windows([raw.value]) & all_windows(cell.value for cell in box)


def test_mail_outbox_and_activity_know_nothing_of_the_box_or_of_an_issuance(held: Held) -> None:
    secrets = set()
    for voter in held.voters:
        secrets |= {voter.entry_hash, voter.token, voter.blinded, voter.voter_record}
        secrets |= {hashlib.sha256(voter.blinded).digest(), voter.message[:32]}
    for moment in MOMENTS:
        rows = [
            cell
            for cell in cells_of(held, moment, "main")
            if cell.table in {"outbox_message", "outbox_lease", "activity_entry"}
        ]
        assert rows
        assert not values(rows).keys() & secrets
    files = file_contents(held.snapshot("certified"))
    mails = [content for name, content in files.items() if name.startswith("mail/")]
    assert len(mails) >= len(NOTICE_ADDRESSES)
    told = [mail for mail in mails if any(address.encode() in mail for address in NOTICE_ADDRESSES)]
    assert len(told) == len(NOTICE_ADDRESSES)
    for mail in told:
        assert held.poll.call_id.encode() not in mail
        assert b"Date:" not in mail
    assert not all_windows(mails) & all_windows(secrets)


def test_the_queue_of_notices_is_gone_once_they_are_sent(held: Held) -> None:
    for moment in MOMENTS[1:]:
        assert column_of(cells_of(held, moment, "main"), "registrar_notice", "sealed") == []
        for name, content in file_contents(held.snapshot(f"{moment}-opened")).items():
            if name.endswith(".db"):
                assert not any(address.encode() in content for address in NOTICE_ADDRESSES), name


@pytest.mark.parametrize("moment", MOMENTS)
def test_no_identity_number_stands_in_any_file(held: Held, moment: str) -> None:
    numbers = [voter.national_id for voter in held.voters]
    written = [number.encode() for number in numbers] + [number.lower().encode() for number in numbers]
    written += [base64.b64encode(number.encode()).rstrip(b"=") for number in numbers]
    written += [number.encode().hex().encode() for number in numbers]
    for digest in (hashlib.sha256, hashlib.sha1, hashlib.md5):
        written += [digest(number.encode()).digest() for number in numbers]
        written += [digest(number.encode()).hexdigest().encode() for number in numbers]
    files = file_contents(held.snapshot(moment))
    assert {"main.db", "box.db"} <= files.keys()
    assert any(name.startswith("keys/") for name in files)
    for name, content in files.items():
        assert not [each for each in written if each in content], name


def test_no_identity_number_stands_in_a_cookie_a_log_line_or_a_page(held: Held) -> None:
    said = "\n".join([*held.logged, *held.logged_by_voters, *(value for _, value in held.wire.cookies)])
    content = said.encode() + b"".join(held.pages.values()) + cookie_contents(held)
    assert len(held.wire.cookies) > VOTERS
    for voter in held.voters:
        assert voter.national_id.encode() not in content
    assert BIRTH.isoformat().encode() not in content


def cookie_contents(held: Held) -> bytes:
    """What stands in the cookies' values behind base64, inflated where it was deflated."""
    found: list[bytes] = []
    for _, header in held.wire.cookies:
        value = header.partition(";")[0].partition("=")[2]
        for part in value.split("."):
            octets = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            found.append(octets)
            if value.startswith("."):
                with contextlib.suppress(zlib.error):
                    found.append(zlib.decompress(octets))
    return b"".join(found)


def test_the_cookie_goes_to_the_check_in_alone_and_no_piece_of_it_is_in_the_box(held: Held) -> None:
    assert {path.split("/")[1] for path, _ in held.wire.cookies} == {"checkin"}
    box = all_windows(cell.value for cell in cells_of(held, "certified", "box"))
    manifest = held.poll.manifest.bytes
    pieces = all_windows([cookie_contents(held), *(value.encode() for _, value in held.wire.cookies)])
    assert not (pieces & box) - all_windows([manifest])


def test_check_in_issue_and_cast_write_no_log_line_and_no_activity_row(held: Held) -> None:
    assert held.logged_by_voters == []
    # the only act of these two days was the officer's, who withdrew a project
    assert held.activity_rows[-1] - held.activity_rows[0] == 1
    assert len(set(held.activity_rows)) == 2


def test_every_sealed_ballot_has_one_length_whatever_was_chosen(held: Held) -> None:
    assert len({len(voter.entry) for voter in held.voters}) == 1
    cells = cells_of(held, "certified", "main")
    assert len({len(each) for each in column_of(cells, "registrar_issuance", "evidence")}) == 1


def test_every_ballot_fits_every_issuance_of_its_style_for_some_blinding_factor(held: Held) -> None:
    """With the signing key and its whole transcript no pairing is likelier than another."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    from pbvote.rooms.registrar import keys

    for style in ("d1-w1", "d2-w1"):
        signer = keys.signer(held.poll.rt.keystore, held.poll.call_id, style)
        public = load_der_public_key(signer.spki).public_numbers()  # type: ignore[union-attr]
        n, e = int(public.n), int(public.e)  # type: ignore[union-attr]
        group = [voter for voter in held.voters if voter.style == style][:12]
        tokens = [int.from_bytes(voter.token, "big") for voter in group]
        for voter in group:
            asked = int.from_bytes(voter.blinded, "big")
            answered = int.from_bytes(signer.sign(voter.blinded), "big")
            for token in tokens:
                factor = answered * pow(token, -1, n) % n
                assert 1 < factor < n
                assert pow(token, e, n) * pow(factor, e, n) % n == asked


def test_each_ballot_stands_once_in_the_files_of_the_box_and_in_no_write_ahead_log(held: Held) -> None:
    """Just flushed: logged or held back, each is there once, and nowhere in between."""
    for moment, expected in (("voting", len(held.voters) - 4), ("closed", len(held.voters))):
        files = file_contents(held.snapshot(moment))
        log = files.get("box.db-wal", b"")
        content = files["box.db"]
        assert not all_windows(pieces_of(held)) & all_windows([log])
        seen = 0
        for voter in held.voters:
            pieces = [voter.entry[at : at + 32] for at in range(110, len(voter.entry) - 32, 128)]
            counts = {content.count(piece) for piece in pieces}
            assert counts <= {0, 1}  # the structure of the file may cut an entry
            seen += 1 in counts
        assert seen == expected


def pieces_of(held: Held) -> list[bytes]:
    """The parts of every entry that are its own: token, seal and signature."""
    return [voter.entry[110:] for voter in held.voters]


def test_what_waits_is_what_is_not_in_the_log(held: Held) -> None:
    voting, closed = (cells_of(held, moment, "box") for moment in ("voting", "closed"))
    waiting = set(column_of(voting, "ballotbox_pending", "entry_hash"))
    assert waiting == set(held.waited)
    assert len(waiting) >= 10
    logged = {entry_hash(entry) for entry in column_of(voting, "bulletin_entry", "data")}
    assert not waiting & logged
    assert column_of(closed, "ballotbox_pending", "entry_hash") == []


def test_the_schema_of_the_files_has_no_fine_time_and_no_network(held: Held) -> None:
    """As the files really are, after all migrations: the tables that a voter's acts write to."""
    import sqlite3

    words = ("_at", "time", "date", "ip_", "addr", "agent", "session", "cookie", "device", "email")
    tables = {
        "main": ("registrar_issuance", "registrar_roll", "registrar_notice", "bulletin_entry"),
        "box": ("ballotbox_credential", "ballotbox_pending", "bulletin_entry"),
    }
    for which, names in tables.items():
        with sqlite3.connect(held.snapshot("closed-opened") / f"{which}.db") as database:
            for name in names:
                columns = [str(row[1]) for row in database.execute(f"pragma table_info({name})")]
                assert columns
                assert not [c for c in columns for word in words if word in f"_{c}_".lower()], name


def test_the_manifest_is_in_both_databases_as_the_protocol_wants(held: Held) -> None:
    """The search for common values sees what is common by design."""
    manifest = held.poll.manifest
    for which in ("main", "box"):
        assert manifest.bytes in values(cells_of(held, "voting", which))
