"""Chooses the implementations behind the ports: the only place that does, and the only real clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pbvote.core.errors import Conflict
from pbvote.core.types import Mode
from pbvote.edges.identity import adapters
from pbvote.edges.keystore import FileKeyStore
from pbvote.edges.mail import FolderMessenger, SmtpMessenger
from pbvote.edges.sms import FolderTexter
from pbvote.platform.db import open_engine
from pbvote.platform.runtime import Clock, Messenger, Runtime, Texter
from pbvote.platform.settings import Settings, ensure_local_secrets, load_settings

Part = Literal["all", "main", "box"]


class DemoPartInProduction(Conflict):
    """Production does not start with a part that is for demonstrations only (fact ``parts``)."""

    code = "production.demo-part"


class SettingsWeak(Conflict):
    """Production does not start with settings that protect nobody (fact ``settings``: their names)."""

    code = "production.weak-settings"


class SecretUnreadable(Conflict):
    """The file of a secret cannot be read (fact ``name`` of the setting)."""

    code = "production.secret-unreadable"


class SecretMissing(Conflict):
    """A secret is missing from the environment (fact ``name``)."""

    code = "production.secret-missing"


def system_clock() -> datetime:
    """Now, by the machine's clock."""
    return datetime.now(UTC)


class SteerableClock:
    """The machine's clock moved by the seconds that stand in a file; never in production."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self) -> datetime:
        """Now, moved."""
        try:
            offset = float(self._path.read_text())
        except (OSError, ValueError):
            offset = 0.0
        return datetime.now(UTC) + timedelta(seconds=offset)


def require_sound(settings: Settings) -> None:
    """Guarantee that production runs without any demo-only part and with its secrets.

    Raises:
        DemoPartInProduction: naming every part. SecretMissing, SecretUnreadable.
        SettingsWeak: naming every setting.
    """
    if settings.mode is Mode.PRODUCTION:
        parts = settings.forbidden_in_production()
        if parts:
            raise DemoPartInProduction(parts=", ".join(parts))
    if not settings.secret_key.get_secret_value():
        raise SecretMissing(name="PBVOTE_SECRET_KEY")
    master = _master_key(settings)
    if not master:
        raise SecretMissing(name="PBVOTE_MASTER_KEY")
    weak = settings.weak_in_production(master) if settings.mode is Mode.PRODUCTION else []
    if weak:
        raise SettingsWeak(settings=", ".join(weak))


def _master_key(settings: Settings) -> bytes:
    if settings.master_key_file is not None:
        try:
            return settings.master_key_file.read_bytes().strip()
        except OSError as error:
            raise SecretUnreadable(name="master_key_file") from error
    return settings.master_key.get_secret_value().encode()


def _clock(settings: Settings) -> Clock:
    return system_clock if settings.clock_file is None else SteerableClock(settings.clock_file)


def _messenger(settings: Settings) -> Messenger:
    if settings.mail.backend == "folder":
        return FolderMessenger(
            settings.state_dir / "mail", origin=settings.web.origin, sender=settings.mail.sender
        )
    return SmtpMessenger(settings.mail, origin=settings.web.origin)


def _texter(settings: Settings) -> Texter | None:
    if settings.sms.backend == "folder":
        return FolderTexter(settings.sms_folder, origin=settings.web.origin, clock=_clock(settings))
    return None


def runtime_of(settings: Settings, part: Part = "all") -> Runtime:
    """The runtime for settings; ``part`` says which of the two databases this process opens.

    Raises:
        DemoPartInProduction, SecretMissing.
    """
    require_sound(settings)
    return Runtime(
        settings=settings,
        clock=_clock(settings),
        keystore=FileKeyStore(settings.state_dir / "keys", _master_key(settings)),
        identity=adapters(settings),
        messenger=_messenger(settings),
        texter=_texter(settings),
        main_engine=open_engine(settings.url("main")) if part != "box" else None,
        box_engine=open_engine(settings.url("box")) if part != "main" else None,
    )


def settings_with_local_secrets(**overrides: object) -> Settings:
    """Settings of a service that keeps its own secrets in its state folder (demo, rehearsal)."""
    state_dir = Path(str(overrides.get("state_dir") or load_settings(**overrides).state_dir))
    return load_settings(**{**ensure_local_secrets(state_dir), **overrides})
