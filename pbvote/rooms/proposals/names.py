"""Names as the public sees them: masked unless the proposer asked for the full name (PRA-15)."""

from __future__ import annotations

_CIRCLE = "○"


def _is_latin(text: str) -> bool:
    return all(ord(char) < 0x250 for char in text)


def masked(name: str) -> str:
    """A name with its middle hidden: 王小明 -> 王○明, 王明 -> 王○, Ann Lee -> A○○ L○○.

    The length of a Latin name is hidden too; a Chinese one keeps its length, as is usual in Taiwan.
    """
    name = name.strip()
    if not name:
        return ""
    if _is_latin(name):
        return " ".join(f"{word[0].upper()}{_CIRCLE * 2}" for word in name.replace("-", " ").split())
    compact = "".join(name.split())
    if len(compact) <= 2:
        return compact[0] + _CIRCLE
    return compact[0] + _CIRCLE * (len(compact) - 2) + compact[-1]
