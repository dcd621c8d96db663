"""What the terminal says: where to go, whom to sign in as, which numbers to vote with."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pbvote.edges.web.demo.facts import CityFacts, VoterFacts

SHOWS: Final = {
    "match": ("查驗相符，可以投票", "identity matches, may vote"),
    "permit": ("居留證號，可以投票", "residence permit, may vote"),
    "voted": ("已經投過票", "has voted already"),
    "no-match": ("查無此人", "no match"),
    "locked": ("證號被鎖定", "locked"),
    "down": ("查驗服務中斷", "identity service down"),
    "timeout": ("查驗服務逾時", "identity service times out"),
    "too-young": ("未滿 15 歲", "too young"),
    "redirect": ("到測試身分服務的頁面按同意", "agrees on a page of the test service"),
    "picture": ("用手機掃描 QR code 確認", "confirms by a QR code on a phone"),
    "no-ground": ("不符投票資格", "no ground to vote here"),
}
"""Each kind of invented voter in both languages."""

STAGES: Final = {
    "collecting": ("徵件中", "collecting proposals"),
    "moderation": ("審核中", "in moderation"),
    "voting": ("票選中", "voting"),
    "survey": ("意向調查（不查驗身分）", "opinion survey, identity off"),
    "closed": ("已截止，待開票", "closed, to be opened"),
    "certified": ("已審定公告", "certified"),
}


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns that line up where Chinese letters take two cells."""
    widths = [max(_width(row[at]) for row in rows) for at in range(len(rows[0]))]
    padded = (
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return [f"  {line.rstrip()}" for line in padded]


def guide(facts: CityFacts, *, origin: str, now: datetime) -> str:
    """The guide in Chinese and English."""
    lines = [
        "",
        f"{facts.name}示範站 · {facts.name_en} demo",
        "",
        *_table(
            [
                ("網址 Address", f"{origin}/"),
                ("示範頁 Demo page", f"{origin}/demo"),
                ("信件 Mail", f"{origin}/demo/mail"),
            ]
        ),
        "",
        "徵件與票選 Calls",
        *_table([(*STAGES[call.key], f"{origin}/calls/{call.id}", call.title) for call in facts.calls]),
        "",
        "機關人員 Staff：帳號、密碼；驗證碼見示範頁 · login, password; one-time codes are on the demo page",
        *_table([(one.login, one.password, one.role, one.name, one.agency) for one in facts.staff]),
        "",
        "民眾 Residents：輸入信箱，登入連結在示範信件頁 · type the address, the link is on the mail page",
        *_table([(email, name) for email, name in facts.residents.items()]),
        "",
        "投票用證號 Numbers to vote with：證號、出生日期 · number, birth date",
        *_table([_voter(one) for one in facts.voters]),
        "",
        "開票金鑰通關密語 Passphrases of the opening keys（檔案在示範頁 files on the demo page）",
        *_table([(key.name, key.passphrase) for key in facts.keys]),
        "",
    ]
    if facts.is_stale(now):
        lines += [stale_hint(), ""]
    lines.append("按 Ctrl+C 結束 · Ctrl+C to stop")
    return "\n".join(lines)


def _voter(one: VoterFacts) -> tuple[str, ...]:
    chinese, english = SHOWS[one.shows]
    weight = f"×{one.weight}" if one.weight else ""
    return one.national_id, one.birth_on, one.district, weight, chinese, english


def stale_hint() -> str:
    """What to do with a city whose dates have run out."""
    return (
        "這座城市的日期已經過了，有些階段看不到；加上 --fresh 可以重新建立。\n"
        "This city's dates have run out, so some stages cannot be seen; --fresh makes a new one."
    )
