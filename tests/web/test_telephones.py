"""Telephone numbers in a contact are links that dial them."""

from __future__ import annotations

import re

import pytest

from pbvote.edges.web.base.i18n import telephones


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [
        ("民政課，電話 00-0000-0002", ["0000000002"]),
        ("電話 (02) 2720-8889 轉 115", ["0227208889,115"]),
        ("（02）27208889#6021", ["0227208889,6021"]),
        ("03-5216121 分機 250、0912-345-678", ["035216121,250", "0912345678"]),
        ("089-322 101 或 037 331910", ["089322101", "037331910"]),
        ("週一至週五 8:00-17:30，115年12月14日", []),
        ("統一編號 12345678，信箱 a@example.tw", []),
        ("臺北市市府路 1 號 2 樓", []),
    ],
)
def test_numbers_are_dialled_and_nothing_else(typed: str, dialled: list[str]) -> None:
    shown = str(telephones(typed))
    assert re.findall(r'href="tel:([^"]+)"', shown) == dialled
    assert re.sub(r"<[^>]+>", "", shown) == typed


def test_what_was_typed_stays_text() -> None:
    assert telephones("<b>02-2720-8889</b>") == '&lt;b&gt;<a href="tel:0227208889">02-2720-8889</a>&lt;/b&gt;'
