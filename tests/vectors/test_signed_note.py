"""The example of the C2SP signed-note specification."""

from __future__ import annotations

import pytest

from pbvote.core.log.checkpoint import open_note, parse_verifier_key, verifier_key
from pbvote.core.log.errors import CheckpointUnsigned

KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2"
    "ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def test_the_example_opens() -> None:
    assert open_note(NOTE, KEY) == "This is an example message.\n"


def test_the_example_with_one_word_changed_does_not_open() -> None:
    with pytest.raises(CheckpointUnsigned):
        open_note(NOTE.replace("This", "That"), KEY)


def test_the_key_line_is_written_as_it_was_read() -> None:
    key = parse_verifier_key(KEY)
    assert verifier_key(key.name, key.public) == KEY
