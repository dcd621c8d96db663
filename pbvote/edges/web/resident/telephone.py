"""A resident's mobile number: entered, confirmed by a code, and what is told to it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused
from pbvote.edges.web.base.limits import limiter
from pbvote.edges.web.base.page_forms import OneTimeCode, PageForm, Text
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts import telephone
from pbvote.rooms.accounts.errors import TextsOff
from pbvote.typed.mobiles import masked_mobile
from pbvote.typed.texts import N_, yes_of
from pbvote.words.catalogue import gettext as _

bp = Blueprint("telephone", __name__, url_prefix="/my/phone")

Answer = str | Response


class PhoneForm(PageForm):
    """A mobile number."""

    button = N_("寄驗證碼給我")
    phone = Text(
        N_("手機號碼"),
        hint=N_("例如 0912-345-678。只用來寄驗證碼和投票最後一天的提醒。"),
        type="tel",
        autocomplete="tel",
    )


class CodeForm(PageForm):
    """The code that came by text message."""

    button = N_("確認號碼")
    code = OneTimeCode(N_("簡訊裡的 6 位數字"))


def _page(errors: Errors) -> str:
    rt = runtime()
    if rt.texter is None:
        raise TextsOff()
    with rt.read_main() as tx:
        resident = accounts.resident_view(tx, signed_in().id)
        waiting = telephone.waiting_number(tx, resident.id, now=rt.clock())
    return render_template(
        "resident/phone.html",
        errors=errors,
        number=masked_mobile(resident.phone) if resident.phone else "",
        texts=resident.texts,
        waiting=masked_mobile(waiting) if waiting else "",
        phone_form=PhoneForm.typed(),
        code_form=CodeForm.typed(),
    )


def _done(said: str) -> Response:
    flash(said)
    return redirect("/my/phone", 303)


@bp.get("")
@allow("resident")
def phone() -> str:
    """The number as it is known, and what can be done."""
    return _page({})


@bp.post("")
@allow("resident")
@limiter.limit("20 per minute")
def enter() -> Answer:
    """A number is typed: a code is sent to it."""
    form = PhoneForm.typed()
    with again_if_refused(_page, form.label_of, lambda _error: "phone"):
        telephone.request_code(runtime(), signed_in(), form.phone.data)
    return _done(_("驗證碼已用簡訊寄出，10 分鐘內有效。"))


@bp.post("/code")
@allow("resident")
@limiter.limit("20 per minute")
def confirm() -> Answer:
    """The code is typed: the number is known from now on."""
    form = CodeForm.typed()
    with again_if_refused(_page, form.label_of):
        telephone.confirm(runtime(), signed_in(), form.code.data)
    return _done(_("手機號碼已確認，投票最後一天會寄簡訊提醒您。"))


@bp.post("/texts")
@allow("resident")
def texts() -> Answer:
    """Whether the last day is told by text message."""
    wanted = yes_of(request.form.get("wanted", ""), field="wanted")
    with again_if_refused(_page):
        telephone.choose_texts(runtime(), signed_in(), wanted=wanted)
    return _done(_("投票最後一天會寄簡訊提醒您。") if wanted else _("不會再寄簡訊給您。"))


@bp.post("/forget")
@allow("resident")
def forget() -> Answer:
    """The number is no longer known."""
    telephone.forget(runtime(), signed_in())
    return _done(_("手機號碼已刪除。"))
