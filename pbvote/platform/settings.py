"""Typed settings: ``config/default.toml``, then the file of the mode, then a file named by
``PBVOTE_CONFIG``, then ``PBVOTE_*`` from the environment; the later wins, member by member.
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
import zlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from pbvote.core.errors import InvalidInput
from pbvote.core.rules.ways import WAYS
from pbvote.core.types import Mode
from pbvote.platform.places import CONFIG

LEAST_BATCH = 20
LEAST_BATCH_SECONDS = 600
"""Ballots in a batch and seconds between two, below which production refuses a vote."""


class SettingsInvalid(InvalidInput):
    """Settings that cannot be used: ``settings`` names them, and no value is ever shown."""

    code = "settings.invalid"


class SettingsFileUnreadable(InvalidInput):
    """A file of settings is not there, not readable or not TOML (facts ``file``, ``place``)."""

    code = "settings.file-unreadable"


Rate = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5} per (second|minute|hour|day)$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class DatabaseSettings(_Section):
    """SQLAlchemy URLs; empty = SQLite files in ``state_dir``."""

    main_url: str = ""
    box_url: str = ""


class MailSettings(_Section):
    """``backend``: smtp, or folder (messages land in ``state_dir/mail``; not in production)."""

    backend: Literal["smtp", "folder"] = "smtp"
    host: str = Field(default="localhost", min_length=1)
    port: int = Field(default=25, ge=1, le=65535)
    username: str = ""
    password: SecretStr = SecretStr("")
    starttls: bool = False
    sender: str = Field(default="pbvote@localhost", pattern=r"^[^@\s]+@[^@\s]+$")
    timeout_seconds: float = Field(default=20.0, ge=1, le=120)


class SmsSettings(_Section):
    """Text messages: ``backend`` folder leaves each as a file in ``folder`` (empty: ``state_dir/sms``), from
    which a gateway takes them. ``an_hour``, ``a_day``: codes to one number, and from one account."""

    backend: Literal["none", "folder"] = "none"
    folder: Path | None = None
    an_hour: int = Field(default=3, ge=1, le=20)
    a_day: int = Field(default=6, ge=1, le=50)


class IdentitySettings(_Section):
    """Which identity services exist; ``sandbox`` (invented people) never in production.

    ``services``: what the adapter of a service needs, by the name of its way: addresses, names, secrets.
    """

    sandbox: bool = False
    services: dict[str, dict[str, SecretStr]] = Field(default_factory=dict)
    misses_before_pause: int = Field(default=3, ge=1, le=20)
    pause_minutes: int = Field(default=15, ge=1, le=1440)
    misses_before_slow: int = Field(default=5, ge=0, le=100)
    misses_a_day: int = Field(default=50, ge=5, le=1000)
    slowest_seconds: float = Field(default=3.0, ge=0, le=60)
    ticket_minutes: int = Field(default=15, ge=1, le=120)
    address_rate: Rate = "30 per minute"


class WebSettings(_Section):
    """Where the service is reached and what a browser may do."""

    origin: str = Field(default="http://127.0.0.1:8000", pattern=r"^https?://[A-Za-z0-9.:\[\]-]+$")
    secure_cookies: bool = True
    session_minutes: int = Field(default=120, ge=5, le=1440)
    staff_session_hours: int = Field(default=12, ge=1)
    upload_bytes: int = Field(default=10 * 1024 * 1024, ge=1024, le=100 * 1024 * 1024)
    login_rate: Rate = "20 per minute"
    trusted_proxies: int = Field(default=0, ge=0, le=3)
    map_tiles_url: str = ""  # https://tiles.example/{z}/{x}/{y}.png; empty: no page asks anybody for a map
    map_attribution: str = ""


class PosterSettings(_Section):
    """Files of a Chinese face for posters; empty: where distributions put Noto Sans CJK."""

    font: Path | None = None
    font_bold: Path | None = None


class VoteSettings(_Section):
    """Numbers of the protocol that a call starts from."""

    rsa_bits: int = Field(default=3072, ge=2048, le=8192)
    grace_minutes: int = Field(default=30, ge=0, le=1440)
    batch_seconds: int = Field(default=3600, ge=1, le=86_400)
    batch_least: int = Field(default=50, ge=0, le=10_000)
    roll_flush_hours: int = Field(default=24, ge=1, le=168)
    proposals_most: int = Field(default=30, ge=1, le=100_000)
    seal_after_seconds: int = Field(default=60, ge=0, le=3600)


class Settings(BaseSettings):
    """All settings of one running service."""

    model_config = SettingsConfigDict(
        env_prefix="PBVOTE_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    mode: Mode = Mode.PRODUCTION
    state_dir: Path = Path("var")
    secret_key: SecretStr = SecretStr("")
    master_key: SecretStr = SecretStr("")
    master_key_file: Path | None = None
    clock_file: Path | None = None
    worker_seconds: float = Field(default=1.0, ge=0.05, le=60)
    demo_page: bool = False
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    mail: MailSettings = Field(default_factory=MailSettings)
    sms: SmsSettings = Field(default_factory=SmsSettings)
    identity: IdentitySettings = Field(default_factory=IdentitySettings)
    web: WebSettings = Field(default_factory=WebSettings)
    vote: VoteSettings = Field(default_factory=VoteSettings)
    poster: PosterSettings = Field(default_factory=PosterSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over what the files said."""
        return env_settings, init_settings

    def url(self, which: Literal["main", "box"]) -> str:
        """The SQLAlchemy URL of one of the two databases."""
        given = self.database.main_url if which == "main" else self.database.box_url
        return given or f"sqlite:///{self.state_dir.absolute() / which}.db"

    @property
    def sms_folder(self) -> Path:
        """Where text messages are left."""
        return self.sms.folder or self.state_dir / "sms"

    def is_on(self, name: str) -> bool:
        """Whether a setting, by its dotted name, is switched on or filled in."""
        value: Any = self
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else getattr(value, part)
        return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)

    def forbidden_in_production(self) -> list[str]:
        """The demo-only parts that are switched on, by the name of their setting."""
        parts = {
            "clock_file": self.clock_file is not None,
            **{name: self.is_on(name) for way in WAYS.values() if way.demo_only for name in way.needs},
            "mail.backend=folder": self.mail.backend == "folder",
            "demo_page": self.demo_page,
            "vote.rsa_bits<3072": self.vote.rsa_bits < 3072,
            f"vote.batch_least<{LEAST_BATCH}": self.vote.batch_least < LEAST_BATCH,
            f"vote.batch_seconds<{LEAST_BATCH_SECONDS}": self.vote.batch_seconds < LEAST_BATCH_SECONDS,
            "web.secure_cookies=false": not self.web.secure_cookies,
        }
        return [name for name, on in parts.items() if on]

    def weak_in_production(self, master: bytes) -> list[str]:
        """The settings that are too weak for a real vote, by name; ``master`` is the master key itself."""
        secret = self.secret_key.get_secret_value().encode()
        parts = {
            "secret_key": is_weak_secret(secret),
            "master_key" if self.master_key_file is None else "master_key_file": is_weak_secret(master),
            "secret_key=master_key": secret == master,
            "web.origin": not self.web.origin.startswith("https://"),
            "web.login_rate": _a_minute(self.web.login_rate) > 120,
            "web.staff_session_hours": self.web.staff_session_hours > 24,
            "identity.address_rate": _a_minute(self.identity.address_rate) > 600,
            "mail.starttls": bool(self.mail.username) and not self.mail.starttls,
            "vote.seal_after_seconds": self.vote.seal_after_seconds < 30,
        }
        return [name for name, weak in parts.items() if weak]


def is_weak_secret(secret: bytes) -> bool:
    """Whether a secret is short, or repeats itself: nobody draws such a one from chance.

    32 bytes at least, of at least eight different ones, which do not compress to less than they are.
    """
    return len(secret) < 32 or len(set(secret)) < 8 or len(zlib.compress(secret[:64], 9)) < 30


def _a_minute(rate: str) -> float:
    count, _, unit = rate.partition(" per ")
    return int(count) * 60 / {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}[unit]


def deep_merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Tables are merged member by member; anything else is replaced."""
    merged = dict(base)
    for name, value in over.items():
        old = merged.get(name)
        merged[name] = deep_merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def load_settings(**overrides: Any) -> Settings:
    """Settings from files, ``overrides`` (nested dicts), and the environment, in rising order.

    Raises:
        SettingsInvalid, SettingsFileUnreadable: naming settings and files, never a value.
    """
    values = _table(CONFIG / "default.toml")
    mode = overrides.get("mode") or os.environ.get("PBVOTE_MODE") or values.get("mode", "production")
    if mode not in set(Mode):
        raise SettingsInvalid(settings="mode")
    mode_file = CONFIG / f"{Mode(mode).value}.toml"
    if mode_file.exists():
        values = deep_merge(values, _table(mode_file))
    named = os.environ.get("PBVOTE_CONFIG")
    if named:
        values = deep_merge(values, _table(Path(named)))
    try:
        return Settings(**deep_merge(values, overrides))
    except ValidationError as error:
        places = {".".join(str(part) for part in each["loc"]) or "?" for each in error.errors()}
    except SettingsError as error:
        # its sentence names the member in quotes, before anything that was typed
        places = set(re.findall(r'field "(\w+)"', str(error))) or {"?"}
    raise SettingsInvalid(settings=", ".join(sorted(place[:60] for place in places)[:8]))


def _table(path: Path) -> dict[str, Any]:
    place = ""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        place = ", ".join(re.findall(r"(?:line|column) \d+", str(error)))
    except (OSError, ValueError):
        pass
    raise SettingsFileUnreadable(file=path.name, place=place)


def ensure_local_secrets(state_dir: Path) -> dict[str, str]:
    """Secrets for a service that keeps everything in one folder (demo, rehearsal, small towns).

    Made once, mode 0600, beside the databases; where the environment gives secrets they win.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    path = state_dir / "secrets.toml"
    if not path.exists():
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f'secret_key = "{secrets.token_hex(32)}"\nmaster_key = "{secrets.token_hex(32)}"\n')
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    return {str(k): str(v) for k, v in _table(path).items()}
