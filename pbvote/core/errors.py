"""Error families with stable codes.

Raised with facts, never with prose: ``raise CredentialUsed(call=call_id)``. The web and the command line
turn a code into a sentence in the reader's language; a test demands a text for every code. A class
without a code of its own is a family and is never raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar


class PbvoteError(Exception):
    """Root of every error that a caller may expect."""

    code: ClassVar[str] = ""

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code, facts)
        self.facts = facts

    def __reduce__(self) -> tuple[Any, ...]:
        # the default would call the class with positional arguments, and a worker process that
        # raises would take its whole pool down instead of handing the error over
        return _again, (type(self), self.facts)

    def __str__(self) -> str:
        detail = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code} ({detail})" if detail else self.code


def _again(cls: type[PbvoteError], facts: dict[str, object]) -> PbvoteError:
    return cls(**facts)


class InvalidInput(PbvoteError):
    """The request cannot be used as it is; the fact ``field`` names the place (family; HTTP 422)."""

    @property
    def field(self) -> str:
        """Name of the offending field, dotted (``districts.0.budget_twd``), or ``""``."""
        return str(self.facts.get("field", ""))


class NotPermitted(PbvoteError):
    """The actor may not do this (family; HTTP 403)."""


class NotFound(PbvoteError):
    """There is no such thing, or it is not this actor's to see (family; HTTP 404)."""


class Conflict(PbvoteError):
    """The state of things forbids it (family; HTTP 409)."""


class StageClosed(Conflict):
    """The act is not open at this time (facts: act, stage)."""

    code = "stage.closed"


class RateLimited(PbvoteError):
    """Too many attempts; the fact ``retry_after`` is in seconds (family; HTTP 429)."""


class VerificationError(PbvoteError):
    """A cryptographic check failed (family; HTTP 400)."""


class ServiceUnavailable(PbvoteError):
    """Something outside that is needed does not answer (family; HTTP 503)."""


class SeveralErrors(InvalidInput):
    """More than one field is wrong: every finding at once, so that nobody corrects one by one."""

    code = "input.several"

    def __init__(self, findings: tuple[InvalidInput, ...]) -> None:
        super().__init__()
        self.findings = findings

    def __reduce__(self) -> tuple[Any, ...]:
        return SeveralErrors, (self.findings,)

    def __str__(self) -> str:
        return "; ".join(str(finding) for finding in self.findings)


def findings_of(error: InvalidInput) -> tuple[InvalidInput, ...]:
    """The single findings behind an error, whether it is one or several."""
    return error.findings if isinstance(error, SeveralErrors) else (error,)


def raise_findings(findings: list[InvalidInput]) -> None:
    """Raise nothing, the only finding, or :class:`SeveralErrors`."""
    if len(findings) == 1:
        raise findings[0]
    if findings:
        raise SeveralErrors(tuple(findings))


def all_of(*reads: Callable[[], Any]) -> list[Any]:
    """What each of these gives, in order. Raises every mistake at once, not only the first."""
    given: list[Any] = []
    findings: list[InvalidInput] = []
    for read in reads:
        try:
            given.append(read())
        except InvalidInput as error:
            findings.extend(findings_of(error))
    raise_findings(findings)
    return given


def every_error() -> Iterator[type[PbvoteError]]:
    """Every error class with a code of its own that is loaded, for the table of texts."""
    todo: list[type[PbvoteError]] = [PbvoteError]
    while todo:
        cls = todo.pop()
        todo.extend(cls.__subclasses__())
        if cls.__dict__.get("code"):
            yield cls
