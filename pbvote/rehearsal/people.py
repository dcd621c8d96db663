"""The agency's people and a proposer, doing over HTTP what a call needs of them.

Every act looks first whether it is done, so that it may be tried again after any interruption.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pbvote.core.record.pabulib import PabulibProject
from pbvote.core.types import StyleId
from pbvote.rehearsal.browsing import Files, ResidentVisitor, StaffVisitor, persist, wait_for
from pbvote.rehearsal.pabulib_call import PabulibCall
from pbvote.rehearsal.state import PollState
from pbvote.voter.errors import PageUnreadable, ServerRefused
from pbvote.voter.page import Form, Page

_CALL = re.compile(r"/agency/calls/([a-z2-7]{12})")
_DRAFT = re.compile(r"/my/proposals/(\d+)")
_CASE = re.compile(r"/agency/proposals/(\d+)$")


@dataclass(frozen=True, slots=True)
class Proposer:
    """Proposes every project of the file, in its order."""

    visitor: ResidentVisitor
    state: PollState

    def propose(self, call: PabulibCall, project: PabulibProject) -> None:
        """A submitted proposal stands for the project afterwards."""
        known = self.state.progress.proposals
        if project.id not in known:
            known[project.id] = persist(lambda: self._draft(call, project), phase="proposals")
            self.state.save()
        persist(lambda: self._submit(known[project.id]), phase="proposals")

    def _draft(self, call: PabulibCall, project: PabulibProject) -> int:
        # a draft whose answer is lost stays a draft: it is never submitted and harms nobody
        path = f"/my/calls/{self.state.progress.call_id}/proposals/new"
        form = self.visitor.page(path).form("title", to=path)
        kept = self.visitor.submit(form, {**call.proposal(project), "action": "save"}, at=path)
        number = _DRAFT.match(kept)
        if number is None:
            raise PageUnreadable(missing="draft")
        return int(number[1])

    def _submit(self, proposal: int) -> None:
        path = f"/my/proposals/{proposal}/edit"
        form = self.visitor.page(path).form("title", to=path)
        self.visitor.submit(form, {"action": "submit"}, at=path)


@dataclass(frozen=True, slots=True)
class Officer:
    """Drafts, publishes, moderates, imports the roll, freezes, opens, certifies."""

    visitor: StaffVisitor
    state: PollState

    @property
    def _base(self) -> str:
        return f"/agency/calls/{self.state.progress.call_id}"

    def publish_call(self, values: dict[str, str]) -> None:
        """The call is public afterwards."""
        if not self.state.progress.call_id:
            self.state.progress.call_id = persist(lambda: self._draft(values), phase="call")
            self.state.save()
        persist(self._publish, phase="call")

    def _draft(self, values: dict[str, str]) -> str:
        path = "/agency/calls/new"
        form = self.visitor.page(path).form("title", to=path)
        kept = self.visitor.submit(form, {**values, "action": "check"}, at=path)
        number = _CALL.match(kept)
        if number is None:
            raise PageUnreadable(missing="call")
        return number[1]

    def _publish(self) -> None:
        publish = f"{self._base}/publish"
        if f"{self._base}/edit" not in self.visitor.page(self._base).links:
            return
        self.visitor.submit(self.visitor.page(f"{self._base}/preview").form(to=publish), {}, at=publish)

    def accept(self, cases: Iterable[int]) -> None:
        """These proposals are accepted afterwards, and the queue shows no other that waits."""
        waiting = persist(self._waiting, phase="moderation")
        for case in cases:
            waiting.discard(case)
            persist(lambda case=case: self._accept(case), phase="moderation")  # type: ignore[misc]
        if waiting:
            raise PageUnreadable(missing="proposals")

    def _waiting(self) -> set[int]:
        links = self.visitor.page(f"{self._base}/moderation").links
        return {int(found[1]) for link in links if (found := _CASE.match(link))}

    def _accept(self, case: int) -> None:
        path = f"/agency/proposals/{case}"
        form = _offered(self.visitor.page(path), "seen", to=path)
        if form is not None:
            self.visitor.submit(form, {"decision": "accept", "reason": ""}, at=path)

    def import_roll(self, content: bytes) -> None:
        """The roll holds everybody of the file afterwards; importing the same again changes nothing."""
        path = f"{self._base}/roll"
        files: Files = {"roll": ("roll.csv", content)}

        def act() -> None:
            form = self.visitor.page(path).form(to=path)
            self.visitor.submit(form, {}, at=path, files=files)

        persist(act, phase="roll")

    def freeze(self, public_key: bytes, styles: tuple[StyleId, ...]) -> None:
        """The vote is frozen afterwards; small styles are accepted by name."""
        path = f"{self._base}/freeze"

        def act() -> None:
            form = self._form_of_room("public_key", to=path)
            if form is None:
                return
            typed = {f"small.{style}": "1" for style in styles}
            files: Files = {"public_key": ("public.json", public_key)}
            self.visitor.submit(form, typed, at=path, files=files)

        persist(act, phase="freeze")


def _offered(page: Page, *names: str, to: str) -> Form | None:
    try:
        return page.form(*names, to=to)
    except PageUnreadable:
        return None
