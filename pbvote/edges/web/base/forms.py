"""Forms: typed values kept as typed, and the one rule for what becomes of a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from flask import Response, abort, make_response, request
from werkzeug.exceptions import BadRequest

from pbvote.core.errors import InvalidInput, PbvoteError, RateLimited, findings_of
from pbvote.edges.web.base.error_status import FAMILIES, status_of
from pbvote.words.errors import sentence

Errors = dict[str, str]
"""``{field: sentence}``; the field is ``""`` for what stands at the head of the page."""
LabelOf = Callable[[str], str]
_OF_FORMS = tuple(family for family, _status in FAMILIES)


def typed_values() -> dict[str, str]:
    """Every field of the request's form as typed, trimmed at the ends; the CSRF token left out."""
    return {
        name: value.strip().replace("\r\n", "\n")
        for name, value in request.form.items()
        if name != "csrf_token"
    }


FIRST: Final = "first."
"""Before the name of a hidden field that holds what the page showed first in the field of that name."""


def rebased(
    typed: Mapping[str, str], now: Mapping[str, str], *, group: Callable[[str], str] = str
) -> dict[str, str]:
    """What was typed upon what stands now: what the reader left as the page first showed it is as it is now.

    ``typed``: with what was first shown, its names after ``first.``; a name without it counts as changed.
    ``now``: the fields as a fresh page shows them. ``group``: names of one group are changed together.
    """
    names = {name for name in typed if not name.startswith(FIRST)} | set(now)
    changed = {group(name) for name in names if typed.get(name, "") != typed.get(FIRST + name, "")}
    return {
        name: typed.get(name, "") if group(name) in changed and name in typed else now.get(name, "")
        for name in names
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


def field_errors(error: InvalidInput, label_of: LabelOf | None = None) -> Errors:
    """``{field: sentence}`` in the reader's language, first finding of a field first.

    ``label_of``: what the form calls a field, for sentences that name another one.
    """
    errors: Errors = {}
    for finding in findings_of(error):
        errors.setdefault(finding.field, sentence(finding, label_of))
    return errors


def at_head(_error: PbvoteError) -> str:
    """The place of a refusal that is of no field."""
    return ""


def refused(
    error: PbvoteError,
    page: Callable[[Errors], str],
    label_of: LabelOf | None = None,
    place: Callable[[PbvoteError], str] = at_head,
) -> Response:
    """The page once more, with what is wrong: the one answer to a form that was refused.

    What is wrong with something typed stands beside its field; every other refusal at the head of the page,
    or beside the field that ``place`` knows of. The status is that of the error's family.
    """
    if isinstance(error, InvalidInput):
        errors = field_errors(error, label_of)
    else:
        errors = {place(error): sentence(error)}
    response = make_response(page(errors), status_of(error))
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.facts.get("retry_after", 60))
    return response


@contextmanager
def again_if_refused(
    page: Callable[[Errors], str],
    label_of: LabelOf | None = None,
    place: Callable[[PbvoteError], str] = at_head,
) -> Iterator[None]:
    """Within the block a refusal ends the request with the page once more (:func:`refused`).

    A page that cannot be drawn either, because it is another's or does not exist, is refused as a whole.
    """
    try:
        yield
    except _OF_FORMS as error:
        abort(refused(error, page, label_of, place))
