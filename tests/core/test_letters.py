"""What is invisible follows Unicode itself."""

from __future__ import annotations

import sys
import unicodedata

from pbvote.core.letters import is_invisible, narrow, without_invisible


def test_every_format_and_control_character_but_spaces_is_invisible() -> None:
    every = (chr(code) for code in range(sys.maxunicode + 1))
    seen = [
        f"{ord(letter):04X}"
        for letter in every
        if unicodedata.category(letter) in {"Cf", "Cc"} and not letter.isspace() and not is_invisible(letter)
    ]
    assert seen == []


def test_no_letter_digit_or_space_is_invisible() -> None:
    fillers = {0x115F, 0x1160, 0x3164, 0xFFA0}
    hidden = [
        f"{code:04X}"
        for code in range(sys.maxunicode + 1)
        if is_invisible(chr(code)) and (chr(code).isspace() or (chr(code).isalnum() and code not in fillers))
    ]
    assert hidden == []


def test_what_normalising_uncovers_goes_too() -> None:
    assert narrow("a\u3164b\uffa0c\u200bd") == "abcd"
    assert without_invisible("甲\u2060乙") == "甲乙"
    assert narrow("a\x00b\u3000c\u202fd") == "ab c d"
