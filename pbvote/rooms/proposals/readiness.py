"""Whether a proposal can be handed in: its texts and whatever hangs on it, every finding at once."""

from __future__ import annotations

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.rules.ruleset import Ruleset
from pbvote.rooms.proposals.consent import consent_findings
from pbvote.rooms.proposals.content import Content, content_findings
from pbvote.rooms.proposals.documents import document_findings
from pbvote.rooms.proposals.gallery import picture_findings
from pbvote.rooms.proposals.parts import reply_findings
from pbvote.rooms.proposals.queries import ProposalView


def whole_findings(proposal: ProposalView, ruleset: Ruleset) -> tuple[Content, list[InvalidInput]]:
    """The content of the kept draft as far as it can be read, and everything that is wrong with all of it."""
    content, findings = content_findings(proposal.values, ruleset)
    return content, findings + _hanging_on(proposal)


def _hanging_on(proposal: ProposalView) -> list[InvalidInput]:
    works = bool(proposal.pictures or proposal.documents)
    return [
        *picture_findings(proposal),
        *document_findings(proposal),
        *consent_findings(proposal.values, works=works),
        *reply_findings(proposal.values),
    ]


def ready(proposal: ProposalView, ruleset: Ruleset) -> Content:
    """The content of a proposal that is complete and within the rules.

    Raises:
        InvalidInput: one finding, or SeveralErrors with all, each naming its field.
    """
    content, findings = whole_findings(proposal, ruleset)
    raise_findings(findings)
    return content
