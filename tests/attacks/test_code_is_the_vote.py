"""What a check code is worth to whoever holds it: nothing before the result, the vote from then on.

The attack takes a code and what the service gives to anybody, nothing else. As long as it works, every page
has to say so (tests/web/test_promises.py); the day it stops working, those sentences change.
"""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from flask.testing import FlaskClient

from pbvote.core.ballot.ballot import open_choices
from pbvote.core.ballot.receipt import check_code, code_prefix
from pbvote.core.crypto.sealing import OpeningKey
from pbvote.core.log.entry import parse_ballot
from pbvote.core.log.merkle import leaf_hash
from pbvote.core.manifest import Manifest, parse_manifest
from pbvote.platform.runtime import Runtime
from tests.make.polls import Poll, closed_poll


class NoKeyInPublic(Exception):
    """No public file holds the opening key."""


class Public:
    """A stranger with a browser: no account, no cookie."""

    def __init__(self, site: FlaskClient, box: FlaskClient, call: str) -> None:
        self._site, self._box, self._call = site, box, call

    def manifest(self) -> Manifest:
        return parse_manifest(self._box.get(f"/box/{self._call}/manifest").data)

    def entries(self) -> list[bytes]:
        data = self._box.get(f"/box/{self._call}/entries").data
        found = []
        while data:
            length = int.from_bytes(data[:4], "big")
            found.append(data[4 : 4 + length])
            data = data[4 + length :]
        return found

    def opening_key(self) -> bytes:
        """From the opening entry of the log (kind 06) or the record's key file."""
        for entry in self.entries():
            if entry[0] == 6:
                return entry[3:35]
        record = self._site.get(f"/calls/{self._call}/record.zip")
        if record.status_code == 200:
            with zipfile.ZipFile(io.BytesIO(record.data)) as files:
                name = next(each for each in files.namelist() if each.endswith("election-key.json"))
                return bytes.fromhex(json.loads(files.read(name))["hpke_sk"])
        raise NoKeyInPublic


def vote_of(code: str, public: Public) -> tuple[int, ...]:
    """The projects that the owner of a check code voted for."""
    key = OpeningKey(public.opening_key())
    manifest, wanted = public.manifest(), code_prefix(code)
    entry = next(each for each in public.entries() if leaf_hash(each).startswith(wanted))
    return open_choices(manifest, key, parse_ballot(entry, token_length=256)).projects


@pytest.fixture
def poll(rt: Runtime) -> Poll:
    return closed_poll(rt)


@pytest.fixture
def public(poll: Poll, site: FlaskClient, box: FlaskClient) -> Public:
    return Public(site, box, poll.call_id)


def test_before_the_result_a_code_says_nothing(poll: Poll, public: Public) -> None:
    codes = [check_code(receipt.entry_hash) for receipt in poll.receipts]
    assert codes
    for code in codes:
        with pytest.raises(NoKeyInPublic):
            vote_of(code, public)
    poll.open_box()  # opened and counted, not certified
    for code in codes:
        with pytest.raises(NoKeyInPublic):
            vote_of(code, public)


def test_from_the_result_on_a_code_is_the_vote(poll: Poll, public: Public) -> None:
    poll.open_box()
    poll.certify()
    choices = {"d1-w1": (1, 3), "d1-w2": (2,), "d2-w1": (4, 5)}
    styles = ("d1-w1", "d1-w2", "d2-w1")
    for number in range(6):
        code = check_code(poll.receipts[number].entry_hash)
        assert vote_of(code, public) == choices[styles[number % 3]]
