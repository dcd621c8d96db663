"""The agency's people and a proposer, doing over HTTP what a call needs of them.

Every act looks first whether it is done, so that it may be tried again after any interruption.
"""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pbvote.core.record.pabulib import PabulibProject
from pbvote.tools.rehearsal.browsing import Files, ResidentVisitor, StaffVisitor, complaint, persist, wait_for
from pbvote.tools.rehearsal.errors import EvidenceProblems
from pbvote.tools.rehearsal.pabulib_call import PabulibCall
from pbvote.tools.rehearsal.state import PollState
from pbvote.tools.voter.errors import PageUnreadable, ServerRefused
from pbvote.tools.voter.page import Form, Page
from pbvote.tools.voter.transport import require_ok

_CALL = re.compile(r"/agency/calls/([a-z2-7]{12})")
_DRAFT = re.compile(r"/my/proposals/(\d+)")
_CASE = re.compile(r"/agency/proposals/(\d+)$")
_HASH = re.compile(r"<code>([0-9a-f]{64})</code>")


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
        kept = self.visitor.submit(form, {**call.proposal(project), "action": "later"}, at=path)
        number = _DRAFT.match(kept)
        if number is None:
            raise PageUnreadable(missing="draft")
        return int(number[1])

    def _submit(self, proposal: int) -> None:
        path = f"/my/proposals/{proposal}/check"
        form = self.visitor.page(path).form("csrf_token", to=path)
        self.visitor.submit(form, {}, at=path)


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
        form = _offered(self.visitor.page(path), "seen", to=path.removeprefix("/"))
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

    def freeze(self, public_key: bytes) -> str:
        """The vote is frozen afterwards; the election hash that goes on the published notice.

        Ballot styles with few eligible are accepted by name.
        """
        path = f"{self._base}/freeze"

        def act() -> str:
            form = _offered(self._room(), to="freeze")
            if form is not None:
                small = {name: value for name, value in form.boxes.items() if name.startswith("small.")}
                files: Files = {"public_key": ("public.json", public_key)}
                self.visitor.submit(form, small, at=path, files=files)
            text = self.visitor.read(f"{self._base}/counting")
            shown = _HASH.search(text)
            if shown is None:
                raise ServerRefused(status=200, refusal=complaint(text))
            return shown[1]

        return persist(act, phase="freeze")

    def _room(self) -> Page:
        return self.visitor.page(f"{self._base}/counting")

    def _wait_for_form(self, action: str, *, phase: str) -> None:
        wait_for(lambda: _offered(self._room(), to=action), clock=self.state.clock, phase=phase)

    def wait_for_close(self) -> None:
        """Both logs are closed and the room asks for the opening key."""
        self._wait_for_form("open", phase="close")

    def open_box(self, key_file: bytes, passphrase: str) -> None:
        """The opening key is with the service, which counts."""
        path = f"{self._base}/open"

        def act() -> None:
            form = _offered(self._room(), "passphrase", to="open")
            if form is not None:
                typed = {"passphrase": passphrase, "totp": self.visitor.code()}
                files: Files = {"key_file": ("opening-key.json", key_file)}
                self.visitor.submit(form, typed, at=path, files=files)

        persist(act, phase="open")

    def wait_for_count(self) -> None:
        """The service has counted and checked, and asks for the certification."""
        self._wait_for_form("certify", phase="open")

    def certify(self) -> None:
        """The officer's approval is given."""
        persist(lambda: _certify(self.visitor, f"{self._base}/counting"), phase="certify")


def _certify(visitor: StaffVisitor, room: str) -> None:
    form = _offered(visitor.page(room), "totp", to="certify")
    if form is None:
        return
    visitor.submit(form, {"totp": visitor.code()}, at=room)
    text = visitor.read(room)
    if _offered(Page(text), "totp", to="certify") is not None:  # a refusal comes back as a notice
        raise ServerRefused(status=303, refusal=complaint(text))


@dataclass(frozen=True, slots=True)
class Auditor:
    """Certifies, takes the record away, and opens the sealed evidence."""

    visitor: StaffVisitor
    state: PollState

    @property
    def _base(self) -> str:
        return f"/agency/calls/{self.state.progress.call_id}"

    def certify(self) -> None:
        """The auditor's approval is given."""
        persist(lambda: _certify(self.visitor, f"{self._base}/audit"), phase="certify")

    def wait_for_publication(self) -> None:
        """Key, outcome and final checkpoint are public."""
        path = f"/calls/{self.state.progress.call_id}/record.zip"

        def published() -> bool | None:
            return path in self.visitor.page(f"{self._base}/audit").links or None

        wait_for(published, clock=self.state.clock, phase="certify")

    def download_record(self, folder: Path) -> None:
        """The record lies in the folder, whole."""
        path = f"/calls/{self.state.progress.call_id}/record.zip"
        content = persist(lambda: require_ok(self.visitor.session.get(path)).body, phase="export")
        shutil.rmtree(folder, ignore_errors=True)  # what an interrupted download of ours left
        folder.mkdir(parents=True)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                _, _, name = member.filename.partition("/")
                target = (folder / name).resolve()
                if not target.is_relative_to(folder.resolve()):
                    raise PageUnreadable(missing="record")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(member))

    def audit_evidence(self, key_file: bytes, passphrase: str) -> None:
        """Every token that was issued stands on evidence that opens and fits the roll.

        Raises:
            EvidenceProblems: some does not.
        """
        room, path = f"{self._base}/audit", f"{self._base}/audit/evidence"
        files: Files = {"key_file": ("auditor-key.json", key_file)}

        def act() -> Page:
            form = self.visitor.page(room).form("passphrase", to=path)
            return self.visitor.answer(form, {"passphrase": passphrase}, at=path, files=files)

        if persist(act, phase="audit").classes & {"notice--bad", "error-summary"}:
            raise EvidenceProblems()


def _offered(page: Page, *names: str, to: str) -> Form | None:
    """The form whose address ends with this act, if the page offers it now."""
    for form in page.forms:
        if set(names) <= form.names and form.action.endswith(f"/{to}"):
            return form
    return None
