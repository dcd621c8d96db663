"""The identity services: one module each, named after its way in :mod:`pbvote.core.rules.ways`.

A module has ``adapter(settings)``: the service behind the port of :mod:`pbvote.platform.identity`.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from pbvote.core.rules.ways import WAYS
from pbvote.platform.identity import IdentityVerifier
from pbvote.platform.settings import Settings


def adapters(settings: Settings) -> dict[str, IdentityVerifier]:
    """The services of this installation, by way: those whose settings are switched on."""
    modules = {module.name for module in iter_modules(__path__)}
    wanted = [way for way in WAYS.values() if way.has_service and way.name in modules]
    return {
        way.name: import_module(f"{__name__}.{way.name}").adapter(settings)
        for way in wanted
        if all(settings.is_on(name) for name in way.needs)
    }
