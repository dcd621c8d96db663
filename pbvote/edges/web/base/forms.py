"""Forms: typed values kept as typed, errors beside their fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest

from pbvote.core.errors import InvalidInput, findings_of
from pbvote.words.errors import sentence


def typed_values() -> dict[str, str]:
    """Every field of the request's form as typed, trimmed at the ends; the CSRF token left out."""
    return {
        name: value.strip().replace("\r\n", "\n")
        for name, value in request.form.items()
        if name != "csrf_token"
    }


def sent_json() -> Any:
    """The request's JSON.

    Raises:
        BadRequest: it is none, or nested deeper than anybody means.
    """
    try:
        return request.get_json()
    except RecursionError as error:
        raise BadRequest from error


def field_errors(error: InvalidInput, label_of: Callable[[str], str] | None = None) -> dict[str, str]:
    """``{field: sentence}`` in the reader's language, first finding of a field first.

    ``label_of``: what the form calls a field, for sentences that name another one.
    """
    errors: dict[str, str] = {}
    for finding in findings_of(error):
        errors.setdefault(finding.field, sentence(finding, label_of))
    return errors
