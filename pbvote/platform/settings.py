"""Typed settings: ``config/default.toml``, then the file of the mode, then a file named by
``PBVOTE_CONFIG``, then ``PBVOTE_*`` from the environment; the later wins, member by member.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pbvote.core.types import Mode
from pbvote.platform.places import CONFIG

LEAST_BATCH = 20
LEAST_BATCH_SECONDS = 600
"""Ballots in a batch and seconds between two, below which production refuses a vote."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(_Section):
    """SQLAlchemy URLs; empty = SQLite files in ``state_dir``."""

    main_url: str = ""
    box_url: str = ""


class MailSettings(_Section):
    """``backend``: smtp, or folder (messages land in ``state_dir/mail``; not in production)."""

    backend: Literal["smtp", "folder"] = "smtp"
    host: str = "localhost"
    port: int = 25
    username: str = ""
    password: SecretStr = SecretStr("")
    starttls: bool = False
    sender: str = "pbvote@localhost"
    timeout_seconds: float = 20.0


class IdentitySettings(_Section):
    """Which identity adapters exist; ``sandbox`` (invented people) never in production."""

    sandbox: bool = False
    misses_before_pause: int = 3
    pause_minutes: int = 15
    misses_before_slow: int = 5
    misses_a_day: int = 50
    slowest_seconds: float = 3.0
    ticket_minutes: int = 15


class WebSettings(_Section):
    """Where the service is reached and what a browser may do."""

    origin: str = "http://127.0.0.1:8000"
    secure_cookies: bool = True
    session_minutes: int = 120
    upload_bytes: int = 10 * 1024 * 1024
    login_rate: str = "20 per minute"
    trusted_proxies: int = 0
    map_tiles_url: str = ""  # https://tiles.example/{z}/{x}/{y}.png; empty: no page asks anybody for a map
    map_attribution: str = ""


class VoteSettings(_Section):
    """Numbers of the protocol that a call starts from."""

    rsa_bits: int = 3072
    grace_minutes: int = 30
    batch_seconds: int = 3600
    batch_least: int = 50
    roll_flush_hours: int = 24
    proposals_most: int = 30


class Settings(BaseSettings):
    """All settings of one running service."""

    model_config = SettingsConfigDict(
        env_prefix="PBVOTE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    mode: Mode = Mode.PRODUCTION
    state_dir: Path = Path("var")
    secret_key: SecretStr = SecretStr("")
    master_key: SecretStr = SecretStr("")
    master_key_file: Path | None = None
    clock_file: Path | None = None
    worker_seconds: float = 1.0
    demo_page: bool = False
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    mail: MailSettings = Field(default_factory=MailSettings)
    identity: IdentitySettings = Field(default_factory=IdentitySettings)
    web: WebSettings = Field(default_factory=WebSettings)
    vote: VoteSettings = Field(default_factory=VoteSettings)

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

    def forbidden_in_production(self) -> list[str]:
        """The demo-only parts that are switched on, by the name of their setting."""
        parts = {
            "clock_file": self.clock_file is not None,
            "identity.sandbox": self.identity.sandbox,
            "mail.backend=folder": self.mail.backend == "folder",
            "demo_page": self.demo_page,
            "vote.rsa_bits<3072": self.vote.rsa_bits < 3072,
            f"vote.batch_least<{LEAST_BATCH}": self.vote.batch_least < LEAST_BATCH,
            f"vote.batch_seconds<{LEAST_BATCH_SECONDS}": self.vote.batch_seconds < LEAST_BATCH_SECONDS,
            "web.secure_cookies=false": not self.web.secure_cookies,
        }
        return [name for name, on in parts.items() if on]


def deep_merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Tables are merged member by member; anything else is replaced."""
    merged = dict(base)
    for name, value in over.items():
        old = merged.get(name)
        merged[name] = deep_merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def load_settings(**overrides: Any) -> Settings:
    """Settings from files, ``overrides`` (nested dicts), and the environment, in rising order."""
    values = tomllib.loads((CONFIG / "default.toml").read_text(encoding="utf-8"))
    mode = overrides.get("mode") or os.environ.get("PBVOTE_MODE") or values.get("mode", "production")
    mode_file = CONFIG / f"{Mode(mode).value}.toml"
    if mode_file.exists():
        values = deep_merge(values, tomllib.loads(mode_file.read_text(encoding="utf-8")))
    named = os.environ.get("PBVOTE_CONFIG")
    if named:
        values = deep_merge(values, tomllib.loads(Path(named).read_text(encoding="utf-8")))
    return Settings(**deep_merge(values, overrides))


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
    return {str(k): str(v) for k, v in tomllib.loads(path.read_text()).items()}
