"""The phases of a rehearsed poll, in order; only the clock is ours.

Each phase looks first what is done already, so that a rehearsal that was interrupted goes on.
"""

from __future__ import annotations

import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.progress import Progress

from pbvote.core.types import CallId, Choices, Mode
from pbvote.edges.bootstrap import runtime_of, settings_with_local_secrets
from pbvote.platform.migrate import upgrade_both
from pbvote.platform.settings import Settings, ensure_local_secrets
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.accounts.errors import AgencyInvalid
from pbvote.rooms.counting.ceremony import AUDITOR_FILE, OPENING_FILE, PUBLIC_FILE, make_ceremony
from pbvote.tools.rehearsal import databases, verdict
from pbvote.tools.rehearsal.browsing import ResidentVisitor, StaffVisitor, persist, wait_for
from pbvote.tools.rehearsal.pabulib_call import PabulibCall
from pbvote.tools.rehearsal.people import Auditor, Officer, Proposer
from pbvote.tools.rehearsal.state import PollState, StaffMember, whole_minute_after
from pbvote.tools.rehearsal.supervisor import Supervisor, child_environment
from pbvote.tools.rehearsal.voters import Job, Shelves, everybody_votes
from pbvote.tools.voter import client, steps
from pbvote.tools.voter.attempt import Step
from pbvote.tools.voter.errors import ServerRefused
from pbvote.tools.voter.steps import Poll
from pbvote.tools.voter.transport import HttpTransport
from pbvote.typed.dates import moment_field

AGENCY = "rehearsal"
BATCH_SECONDS, BATCH_LEAST = 10, 20
PROOFS = 200
EXPORT = "export"
_DATES = ("proposals_open_at", "proposals_close_at", "moderation_until", "voting_opens_at", "issue_until")
_DAYS = (1, 8, 15, 20, 50)
_GRACE_MINUTES = 30
_PERSON = {"officer": "林承辦", "auditor": "陳查核"}


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """One poll on its way."""

    call: PabulibCall
    state: PollState
    workers: int
    bar: Progress
    env: dict[str, str] = field(default_factory=dict)

    @property
    def record(self) -> Path:
        """Where the record goes."""
        return Path(self.state.progress.record)

    @property
    def origin(self) -> str:
        """Where the service is."""
        return f"http://127.0.0.1:{self.state.progress.port}"

    def run(self) -> dict[str, Any]:
        """Every phase, in order; what came out."""
        progress = self.state.progress
        self.env = self._environment()
        with self.state.phase("prepare") as todo:
            if todo:
                self._prepare()
        apart = databases.is_postgres(progress.main_url)
        with Supervisor(
            self.state.folder, progress.port, env=self.env, restarted=self.state.count_restart, apart=apart
        ):
            for name, work in (
                ("call", self._publish_call),
                ("proposals", self._propose),
                ("moderation", self._moderate),
                ("roll", self._import_roll),
                ("freeze", self._freeze),
                ("voting", self._vote),
                ("close", self._close),
                ("receipts", self._check_receipts),
                ("open", self._open),
                ("certify", self._certify),
                (EXPORT, self._export),
                ("audit", self._audit),
            ):
                with self.state.phase(name) as todo:
                    if todo:
                        work()
        with self.state.phase("verify"):
            found = verdict.verify(self.record, expect=self._poll_hash())
        return verdict.report(self.call, self.state, record=self.record, found=found)

    # ---- before the server

    def _environment(self) -> dict[str, str]:
        folder, progress = self.state.folder, self.state.progress
        secret = ensure_local_secrets(folder)
        return child_environment(
            {
                "PBVOTE_MODE": Mode.REHEARSAL.value,
                "PBVOTE_STATE_DIR": str(folder),
                "PBVOTE_CLOCK_FILE": str(self.state.clock.path),
                "PBVOTE_SECRET_KEY": secret["secret_key"],
                "PBVOTE_MASTER_KEY": secret["master_key"],
                "PBVOTE_DATABASE__MAIN_URL": progress.main_url,
                "PBVOTE_DATABASE__BOX_URL": progress.box_url,
                "PBVOTE_WEB__ORIGIN": self.origin,
                "PBVOTE_WORKER_SECONDS": "0.5",
            }
        )

    def _settings(self) -> Settings:
        progress = self.state.progress
        return settings_with_local_secrets(
            mode=Mode.REHEARSAL.value,
            state_dir=self.state.folder,
            clock_file=self.state.clock.path,
            database={"main_url": progress.main_url, "box_url": progress.box_url},
        )

    def _prepare(self) -> None:
        """What an administrator does on the server: schema, agency, accounts; and off it: the ceremony."""
        progress = self.state.progress
        upgrade_both(progress.main_url, progress.box_url)
        rt = runtime_of(self._settings(), "main")
        with suppress(AgencyInvalid):  # made before an interruption
            accounts_service.create_agency(
                rt, slug=AGENCY, name="演練區公所", level="township", county="演練市"
            )
        for role, name in _PERSON.items():
            if role in progress.staff:
                continue
            login, password = f"{role}-{secrets.token_hex(4)}", secrets.token_urlsafe(18)
            _, uri = accounts_service.create_staff(
                rt, agency_slug=AGENCY, login=login, name=name, roles=(role,), password=password
            )
            progress.staff[role] = {"login": login, "password": password, "totp_uri": uri, "last_step": 0}
            self.state.save()
        rt.engine("main").dispose()
        keys = self.state.folder / "ceremony"
        if not progress.ceremony_passphrase or not (keys / PUBLIC_FILE).exists():
            shutil.rmtree(keys, ignore_errors=True)
            progress.ceremony_passphrase = secrets.token_urlsafe(18)
            progress.auditor_passphrase = secrets.token_urlsafe(18)
            self.state.save()
            make_ceremony(keys, progress.ceremony_passphrase, progress.auditor_passphrase)

    # ---- people

    def _staff(self, role: str, phase: str) -> StaffVisitor:
        saved = self.state.progress.staff[role]

        def save() -> None:
            saved["last_step"] = visitor.member.last_step
            self.state.save()

        visitor = StaffVisitor(
            self.origin, phase, member=StaffMember(**saved), clock=self.state.clock, save=save
        )
        visitor.sign_in()
        return visitor

    def _officer(self, phase: str) -> Officer:
        return Officer(self._staff("officer", phase), self.state)

    def _auditor(self, phase: str) -> Auditor:
        return Auditor(self._staff("auditor", phase), self.state)

    def _until(self, name: str) -> None:
        """The service's time is a little after that date of the call."""
        moment = datetime.fromisoformat(self.state.progress.dates[name])
        self.state.clock.forward_to(moment + timedelta(seconds=2))

    # ---- phases

    def _publish_call(self) -> None:
        dates = self.state.progress.dates
        if not dates:
            now = self.state.clock.now()
            moments = [whole_minute_after(now, days=days) for days in _DAYS]
            dates.update({n: m.isoformat() for n, m in zip(_DATES, moments, strict=True)})
            dates["cast_until"] = (moments[-1] + timedelta(minutes=_GRACE_MINUTES)).isoformat()
            self.state.save()
        typed = {f"timeline.{name}": _wall(dates[name]) for name in _DATES}
        day = _wall(dates["proposals_open_at"])[:10]
        values = {
            **self.call.rules(),
            **typed,
            "age_on": _wall(dates["voting_opens_at"])[:10],
            "grounds.0.cut_off_on": day,
            "grace_minutes": str(_GRACE_MINUTES),
            "batch_seconds": str(BATCH_SECONDS),
            "batch_least": str(BATCH_LEAST),
        }
        self._officer("call").publish_call(values)

    def _propose(self) -> None:
        self._until("proposals_open_at")
        resident = ResidentVisitor(
            self.origin,
            "proposals",
            address="proposer@rehearsal.example",
            name="王提案",
            mail=self.state.folder / "mail",
            clock=self.state.clock,
        )
        resident.sign_in()
        proposer = Proposer(resident, self.state)
        for project in self.bar.track(self.call.projects, description="proposals"):
            proposer.propose(self.call, project)

    def _moderate(self) -> None:
        self._until("proposals_close_at")
        cases = list(self.state.progress.proposals.values())
        self._officer("moderation").accept(self.bar.track(cases, description="moderation"))

    def _import_roll(self) -> None:
        self._officer("roll").import_roll(self.call.roll())

    def _freeze(self) -> None:
        self._until("moderation_until")
        public = (self.state.folder / "ceremony" / PUBLIC_FILE).read_bytes()
        self.state.progress.election_hash = self._officer("freeze").freeze(public)
        self.state.save()
        self._fetch_poll()

    def _fetch_poll(self) -> Poll:
        """The manifest as the box gives it, compared with the notice."""
        call_id = CallId(self.state.progress.call_id)
        transport = HttpTransport(self.origin)

        def fetch() -> Poll | None:
            try:
                return steps.poll_of(client.fetch_manifest(transport, call_id), expect=self._poll_hash())
            except ServerRefused:
                return None  # the worker hands the manifest over in its next round

        poll = wait_for(fetch, clock=self.state.clock, phase="freeze")
        transport.close()
        return poll

    def _poll_hash(self) -> bytes:
        return bytes.fromhex(self.state.progress.election_hash)

    @property
    def _shelves(self) -> Path:
        return self.state.folder / "voters.db"

    def _vote(self) -> None:
        self._until("voting_opens_at")
        poll = self._fetch_poll()
        numbers = verdict.numbers_of(poll.manifest, self.call, self.state)
        shelves = Shelves(self._shelves)
        finished = shelves.finished()
        shelves.close()
        waiting = [
            (voter, Choices.of_set(numbers[n] for n in choices.projects))
            for voter, choices in enumerate(self.call.ballots)
            if choices is not None and voter not in finished
        ]
        total = len(waiting) + len(finished)
        task = self.bar.add_task("voting", total=total, completed=len(finished))
        everybody_votes(
            Job(
                origin=self.origin,
                call_id=poll.manifest.call,
                election_hash=poll.manifest.election_hash,
                shelves=self._shelves,
                voters=waiting,
            ),
            workers=self.workers,
            advanced=lambda through: self.bar.update(task, completed=len(finished) + through),
        )

    def _close(self) -> None:
        self._until("issue_until")
        self._until("cast_until")
        self._officer("close").wait_for_close()

    def _check_receipts(self) -> None:
        """Voters look their ballots up in the public log, as the browser does."""
        poll = self._fetch_poll()
        shelves = Shelves(self._shelves)
        every = list(shelves.cast())
        sample = every[:: max(1, len(every) // PROOFS)]
        transport = HttpTransport(self.origin)
        for voter, attempt in self.bar.track(sample, description="receipts"):
            if attempt.step is Step.CAST:
                persist(
                    lambda voter=voter, attempt=attempt: client.check_inclusion(  # type: ignore[misc]
                        poll, transport, attempt, shelf=shelves.of(voter)
                    ),
                    phase="receipts",
                )
        transport.close()
        shelves.close()

    def _open(self) -> None:
        key = (self.state.folder / "ceremony" / OPENING_FILE).read_bytes()
        officer = self._officer("open")
        officer.open_box(key, self.state.progress.ceremony_passphrase)
        officer.wait_for_count()

    def _certify(self) -> None:
        self._officer("certify").certify()
        auditor = self._auditor("certify")
        auditor.certify()
        auditor.wait_for_publication()

    def _export(self) -> None:
        self._auditor("export").download_record(self.record)

    def _audit(self) -> None:
        key = (self.state.folder / "ceremony" / AUDITOR_FILE).read_bytes()
        self._auditor("audit").audit_evidence(key, self.state.progress.auditor_passphrase)


def _wall(text: str) -> str:
    """An instant as an officer types it in Taipei."""
    return moment_field(datetime.fromisoformat(text))
