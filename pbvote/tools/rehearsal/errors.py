"""Why a rehearsal cannot start or go on. The command ends with status 2."""

from __future__ import annotations

from pbvote.core.errors import Conflict, InvalidInput, ServiceUnavailable


class FileUnreadable(InvalidInput):
    """The file cannot be read (fact ``file``)."""

    code = "rehearsal.file-unreadable"


class FieldUnsupported(InvalidInput):
    """The election has a feature that the service does not offer (facts ``field``, ``value``)."""

    code = "rehearsal.unsupported"


class RecordNotEmpty(Conflict):
    """The folder for the record holds something already (fact ``folder``)."""

    code = "rehearsal.record-not-empty"


class DatabaseNotEmpty(Conflict):
    """A database holds tables already, and ``--resume`` was not given (fact ``database``)."""

    code = "rehearsal.database-not-empty"


class DatabaseUnsupported(InvalidInput):
    """Neither SQLite nor PostgreSQL (fact ``value``)."""

    code = "rehearsal.database-unsupported"


class DatabaseUnreachable(ServiceUnavailable):
    """The database server does not let us in (facts ``database``, ``reason``)."""

    code = "rehearsal.database-unreachable"


class StateNotEmpty(Conflict):
    """The state folder holds an earlier poll, and ``--resume`` was not given (fact ``folder``)."""

    code = "rehearsal.state-not-empty"


class StateMissing(Conflict):
    """There is nothing to go on with (fact ``folder``)."""

    code = "rehearsal.state-missing"


class StateOfOther(Conflict):
    """The state folder belongs to another poll (fact ``field``)."""

    code = "rehearsal.state-of-other"


class ServerWouldNotStart(ServiceUnavailable):
    """The server did not come up in time (fact ``log``: where it says why)."""

    code = "rehearsal.server-not-started"


class PhaseStuck(ServiceUnavailable):
    """What had to happen did not happen in time (fact ``phase``)."""

    code = "rehearsal.stuck"


class VotersFailed(Conflict):
    """Voters could not finish (facts ``count``, ``first``: the first reason)."""

    code = "rehearsal.voters-failed"


class EvidenceProblems(Conflict):
    """The auditor's look at the sealed evidence found tokens without good evidence."""

    code = "rehearsal.evidence"
