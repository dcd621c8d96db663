"""The demo's folder: a complete city is kept, a half-made one thrown away, nothing else touched."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path
from typing import Final

from pbvote.core.errors import Conflict
from pbvote.edges.web.demo.facts import CityFacts, CityUnknown, read_facts

MARK: Final = "THIS-IS-A-PBVOTE-DEMO"


class FolderNotOurs(Conflict):
    """The folder holds something else than a demo city; it is left alone (fact ``folder``)."""

    code = "demo.folder-not-ours"


class PortBusy(Conflict):
    """Something listens on that port already (facts ``host``, ``port``)."""

    code = "demo.port-busy"


def claim(folder: Path) -> None:
    """The folder exists and is a demo's.

    Raises:
        FolderNotOurs: it holds something else.
    """
    if folder.exists() and not (folder / MARK).exists() and any(folder.iterdir()):
        raise FolderNotOurs(folder=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()


def kept_city(folder: Path) -> CityFacts | None:
    """The complete city of a claimed folder, or None: then the folder is empty but for its mark."""
    try:
        return read_facts(folder)
    except CityUnknown:
        empty(folder)
        return None


def empty(folder: Path) -> None:
    """Nothing but the mark is left in a claimed folder.

    Raises:
        FolderNotOurs: it was not claimed.
    """
    if not (folder / MARK).exists():
        raise FolderNotOurs(folder=str(folder))
    for path in folder.iterdir():
        if path.name == MARK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def require_free_port(host: str, port: int) -> None:
    """Guarantee, before anything is made or thrown away, that the server can listen there.

    Raises:
        PortBusy: it cannot.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortBusy(host=host, port=port) from error
