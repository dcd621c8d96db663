"""A resident's account: language, mail address, telephone, and how to close it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused
from pbvote.edges.web.base.limits import limiter
from pbvote.edges.web.base.page_forms import PageForm, Select, Text
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.rooms.accounts import moving, notices
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.engagement import parting
from pbvote.typed.texts import N_
from pbvote.words.catalogue import gettext as _
from pbvote.words.language import offered

bp = Blueprint("account", __name__)

Answer = str | Response


class LanguageForm(PageForm):
    """The language of mail and messages."""

    button = N_("儲存語言")
    language = Select(N_("信件與簡訊的語言"))


class EmailForm(PageForm):
    """A new mail address."""

    title, button = N_("換電子信箱"), N_("寄確認信到新信箱")
    lead = N_("新信箱收到信、您按下確認之後才會更換；在那之前，一切照舊。")
    email = Text(N_("新的電子信箱"), type="email", autocomplete="email")


class MoveForm(PageForm):
    """Nothing is asked but the press of the button."""

    title, button = N_("確認新的電子信箱"), N_("改用這個信箱")
    lead = N_("按下之後，登入連結和通知都會寄到這個信箱，所有裝置都要重新登入。")


class CloseForm(PageForm):
    """Nothing is asked but the press of the button."""

    title, button, variant = N_("刪除帳號"), N_("刪除我的帳號"), "danger"


def _page(errors: Errors) -> str:
    with runtime().read_main() as tx:
        resident = accounts.resident_view(tx, signed_in().id)
    form: LanguageForm = LanguageForm.typed(language=resident.language)
    form.language.choices = [(each.code, each.name) for each in offered()]
    return render_template(
        "resident/account.html",
        resident=resident,
        form=form,
        errors=errors,
        texts_on=runtime().texter is not None,
    )


@bp.route("/my/account", methods=["GET", "POST"])
@allow("resident")
def account() -> Answer:
    """What is known, and what can be changed."""
    if request.method == "GET":
        return _page({})
    with again_if_refused(_page):
        among = [each.code for each in offered()]
        wanted = request.form.get("language", "")
        notices.choose(runtime(), signed_in().id, {}, language=wanted, among=among)
    flash(_("已儲存語言。"))
    return redirect("/my/account", 303)


@bp.route("/my/account/email", methods=["GET", "POST"])
@allow("resident")
@limiter.limit("20 per minute")
def email() -> Answer:
    """A new address is typed: a link goes to it."""
    form = EmailForm.typed()

    def page(errors: Errors) -> str:
        return render_template("resident/account_form.html", form=form, errors=errors, action=request.path)

    if request.method == "GET":
        return page({})
    with again_if_refused(page, form.label_of, lambda _error: "email"):
        moving.request_move(runtime(), signed_in(), form.email.data)
    flash(_("確認信已寄到新信箱，30 分鐘內有效。請打開那封信，按裡面的連結。"))
    return redirect("/my/account", 303)


@bp.route("/account/email/<token>", methods=["GET", "POST"])
@allow("public")
@limiter.limit("20 per minute")
def confirm_email(token: str) -> Answer:
    """The link in the mail to the new address: one press, on whatever device."""
    moving.require_link(runtime(), token)
    if request.method == "GET":
        return render_template("base/form.html", form=MoveForm.typed(), errors={}, action=request.path)
    moving.move(runtime(), token)
    flash(_("信箱已更換。請用新的信箱登入。"))
    return redirect("/account/sign-in", 303)


@bp.route("/my/account/close", methods=["GET", "POST"])
@allow("resident")
def close() -> Answer:
    """What goes and what stays, and one button."""

    def page(errors: Errors) -> str:
        form = CloseForm.typed()
        return render_template("resident/close.html", form=form, errors=errors, action=request.path)

    if request.method == "GET":
        return page({})
    with again_if_refused(page):
        parting.close_account(runtime(), signed_in())
    flash(_("帳號已刪除。謝謝您參與過。"))
    return redirect("/", 303)
