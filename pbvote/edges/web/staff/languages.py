"""What the agency wrote, in the languages of its readers: which texts still lack one, and a form for each."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from pbvote.core.errors import NotFound
from pbvote.core.types import Role
from pbvote.edges.web.base import policy
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused, typed_values
from pbvote.edges.web.base.policy import signed_in
from pbvote.rooms.calls import queries, translations
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.calls.translations import Piece
from pbvote.words.call_fields import label_of
from pbvote.words.catalogue import gettext as _
from pbvote.words.catalogue import texts
from pbvote.words.language import SOURCE, offered
from pbvote.words.names import language_name

bp = Blueprint("languages", __name__)
_TYPED, _SHOWN = "t.", "was."


class LanguageUnknown(NotFound):
    """The service has no such language, or it is the one that the agency writes in."""

    code = "languages.unknown"


def others() -> tuple[str, ...]:
    """The languages of readers, beside the one that the agency writes in."""
    return tuple(each.code for each in offered() if each.code != SOURCE)


def gaps(call: CallView) -> list[tuple[str, int, int]]:
    """For each language: its code, how many texts the call has, and how many of them lack it."""
    found = {code: translations.pieces(call, code) for code in others()}
    return [(code, len(each), sum(not piece.translation for piece in each)) for code, each in found.items()]


@bp.get("/agency/calls/<call_id>/languages")
@policy.allow("officer")
def overview(call_id: str) -> str:
    """Every language with what it lacks."""
    call = _call(call_id)
    return render_template("staff/languages.html", call=call, gaps=gaps(call))


@bp.route("/agency/calls/<call_id>/languages/<code>", methods=["GET", "POST"])
@policy.allow("officer")
def translate(call_id: str, code: str) -> str | Response:
    """Every text beside its translation; what is typed stands once it is saved."""
    if code not in others():
        raise LanguageUnknown()
    values = typed_values()
    if request.method == "GET":
        return _page(_call(call_id), code, {}, {})
    typed, shown = _under(_TYPED, values), _under(_SHOWN, values)
    with again_if_refused(lambda errors: _page(_call(call_id), code, typed, errors)):
        call = translations.save_translations(runtime(), signed_in(), call_id, code, typed=typed, shown=shown)
    left = len(translations.missing(call, code))
    flash(
        _("已儲存，%(language)s還缺 %(count)s 段。", language=language_name(code), count=left)
        if left
        else _("已儲存，%(language)s的文字齊了。", language=language_name(code))
    )
    return redirect(url_for("languages.overview", call_id=call_id), 303)


def _call(call_id: str) -> CallView:
    with runtime().read_main() as tx:
        return queries.get_call_of(tx, signed_in(), Role.OFFICER, call_id=call_id)


def _under(prefix: str, values: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(prefix): text for name, text in values.items() if name.startswith(prefix)}


def _fields(by_digest: Mapping[str, str]) -> dict[str, str]:
    return {f"{_TYPED}{digest}": text for digest, text in by_digest.items()}


def _page(call: CallView, code: str, typed: Mapping[str, str], errors: Errors) -> str:
    found = translations.pieces(call, code)
    labels = {piece.digest: label_of(piece.name) for piece in found}
    offered = {piece.digest: "" if piece.translation else _suggested(piece, code) for piece in found}
    return render_template(
        "staff/language.html",
        call=call,
        code=code,
        pieces=found,
        labels=labels,
        offered={digest: text for digest, text in offered.items() if text and digest not in typed},
        values=_fields({p.digest: p.translation or offered[p.digest] for p in found} | dict(typed)),
        errors=_fields(errors),
        label_of=lambda name: labels.get(name.removeprefix(_TYPED), ""),
    )


def _suggested(piece: Piece, code: str) -> str:
    """The house's own translation of a text that it suggested itself; nothing for any other."""
    return texts(code).get(piece.text, "")
