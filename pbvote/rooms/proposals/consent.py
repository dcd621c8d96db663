"""Proposers under 18: what needs their representative's consent (法定代理人), and how it is given (PRA-15).

Proposing and voting need none. Showing the full name and letting pictures or documents be published do. The
representative consents in the form, by name and how to be reached, or on paper that the agency keeps; until
the paper has come the name stays masked and nothing of it is public. No identity number is ever asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pbvote.core.errors import InvalidInput
from pbvote.core.letters import narrow
from pbvote.rooms.proposals.errors import ConsentMissing, IdentityNumberTyped
from pbvote.rooms.proposals.errors import FieldMissing as Missing
from pbvote.rooms.proposals.models import Proposal
from pbvote.typed.texts import line, text_findings

LONGEST = 100
_NUMBER = re.compile(r"(?<![A-Z0-9])[A-Z][1289A-D][0-9]{8}(?![0-9])", re.ASCII)
"""National identity and resident permit numbers, as anybody writes them."""


class How(StrEnum):
    """How the representative consents."""

    FORM = "form"
    PAPER = "paper"


FIELDS = ("minor", "guardian_how", "guardian_name", "guardian_contact")


def is_minor(values: Mapping[str, str]) -> bool:
    """Whether the proposer says to be under 18: of age is "0", and nothing stands where nothing was said."""
    return values.get("minor", "") not in {"", "0"}


def guardian_of(values: Mapping[str, str]) -> dict[str, str]:
    """What is kept of the consent: how, and for the form by whom; nothing of somebody who is of age."""
    how = values.get("guardian_how", "")
    if not is_minor(values) or how not in set(How):
        return {}
    if how == How.PAPER:
        return {"how": how}
    return {
        "how": how,
        "name": line(values.get("guardian_name", "")),
        "contact": line(values.get("guardian_contact", "")),
    }


def number_findings(values: Mapping[str, str]) -> list[InvalidInput]:
    """Identity numbers that somebody typed about the representative: they are not even kept in a draft."""
    return [
        IdentityNumberTyped(field=name)
        for name in ("guardian_name", "guardian_contact")
        if _NUMBER.search(narrow(values.get(name, "")).upper())
    ]


def consent_findings(values: Mapping[str, str], *, works: bool) -> list[InvalidInput]:
    """What is missing of the consent; ``works``: the proposal has pictures or documents to be published."""
    findings: list[InvalidInput] = []
    if not is_minor(values):
        return findings
    how = values.get("guardian_how", "")
    if how not in set(How) and (works or values.get("show_name")):
        findings.append(ConsentMissing(field="guardian_how"))
    if how == How.FORM:
        for name in ("guardian_name", "guardian_contact"):
            text = line(values.get(name, ""))
            findings += text_findings(text, field=name, most=LONGEST, missing=Missing)
    return findings


def keep_consent(row: Proposal, values: Mapping[str, str], *, at: datetime) -> None:
    """Write whether the proposer is under 18 and how is consented; the same again keeps its time."""
    before = {name: text for name, text in row.guardian.items() if name not in ("at", "received_at")}
    row.minor = is_minor(values)
    given = guardian_of(values)
    if given != before or not given:
        row.guardian = given | {"at": at.isoformat()} if given else {}
