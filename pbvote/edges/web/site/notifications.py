"""Which mail a resident gets, how soon and in which language; by account, or by the link in any such mail."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.core.errors import PbvoteError
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused
from pbvote.edges.web.base.page_forms import PageForm, Select
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.rooms.accounts import notices
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts.errors import AccountUnknown
from pbvote.rooms.accounts.kinds import Pace, Subject
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.engagement import following
from pbvote.rooms.engagement.errors import SubscriptionUnknown
from pbvote.typed.texts import N_
from pbvote.words.catalogue import gettext as _
from pbvote.words.language import offered
from pbvote.words.notices import pace_name, subject_name

bp = Blueprint("notifications", __name__)

Answer = str | Response


class NoticesForm(PageForm):
    """A pace for each subject, and the language of mail."""

    title, button = N_("通知設定"), N_("儲存")
    proposals = Select(N_("我的提案"), hint=N_("收件確認、草稿還沒送出、補正期限快到。"))
    comments = Select(N_("留言與回覆"), hint=N_("有人問您的提案、回覆您的留言。"))
    followed = Select(N_("我追蹤的提案"), hint=N_("審核結果。"))
    calls = Select(N_("我追蹤的活動"), hint=N_("投票開始。"))
    last_day = Select(N_("投票最後一天"), hint=N_("截止前一天提醒。寄給每一位追蹤的人，與您投了沒有無關。"))
    results = Select(N_("票選結果"), hint=N_("結果公告。"))
    carrying_out = Select(N_("執行進度"), hint=N_("入選方案做到哪裡。"))
    language = Select(N_("信件的語言"))


def field_of(subject: Subject) -> str:
    """The name of a subject's field."""
    return subject.value.replace("-", "_")


def _form(resident_id: int) -> NoticesForm:
    with runtime().read_main() as tx:
        try:
            known = accounts.resident_view(tx, resident_id)
        except AccountUnknown as error:
            raise SubscriptionUnknown() from error
        chosen = notices.paces(tx, resident_id)
    start = {field_of(subject): pace.value for subject, pace in chosen.items()}
    form: NoticesForm = NoticesForm.typed(**start, language=known.language)
    for subject in Subject:
        if subject not in chosen:
            del form[field_of(subject)]
        else:
            form[field_of(subject)].choices = [(pace.value, pace_name(pace)) for pace in Pace]
    form.language.choices = [(each.code, each.name) for each in offered()]
    return form


def _page(resident_id: int, errors: Errors, *, token: str = "") -> str:
    with runtime().read_main() as tx:
        known = accounts.resident_view(tx, resident_id)
    return render_template(
        "site/notifications.html",
        form=_form(resident_id),
        errors=errors,
        action=request.path,
        email=known.masked_email,
        signed_in=not token,
        texts_on=runtime().texter is not None and not token,
    )


def _save(resident_id: int, *, token: str = "") -> Answer:
    form = _form(resident_id)
    with again_if_refused(lambda errors: _page(resident_id, errors, token=token)):
        if request.form.get("act") == "stop":
            notices.stop(runtime(), resident_id, "~all")
            flash(_("已停止所有可以停止的通知。"))
        else:
            wanted = {subject: form[field_of(subject)].data for subject in notices.SUBJECTS}
            among = [each.code for each in offered()]
            notices.choose(runtime(), resident_id, wanted, language=form.language.data, among=among)
            flash(_("已儲存通知設定。"))
    return redirect(request.path, 303)


@bp.route("/my/notifications", methods=["GET", "POST"])
@allow("resident")
def mine() -> Answer:
    """The choices of who is signed in."""
    resident_id = signed_in().id
    return _save(resident_id) if request.method == "POST" else _page(resident_id, {})


@bp.route("/notifications/<token>", methods=["GET", "POST"])
@allow("public")
def by_link(token: str) -> Answer:
    """The same by the link in a mail, without signing in; nothing else of the account is shown."""
    resident_id, _topic = following.subscription_of(runtime(), token)
    _form(resident_id)  # whose account is gone has nothing to choose
    if request.method == "POST":
        return _save(resident_id, token=token)
    return _page(resident_id, {}, token=token)


@bp.get("/unsubscribe/<token>")
@allow("public")
def leaving(token: str) -> str:
    """One button that stops the mail; mail programs press it themselves (RFC 8058)."""
    return _leaving_page(token, done=False)


@bp.post("/unsubscribe/<token>")
@allow("public")
def leave(token: str) -> str:
    """Stop the mail of the link's topic."""
    following.unsubscribe(runtime(), token)
    return _leaving_page(token, done=True)


leave.csrf_exempt = True  # type: ignore[attr-defined]


def _leaving_page(token: str, *, done: bool) -> str:
    _resident, topic = following.subscription_of(runtime(), token)
    call, name = None, ""
    if topic.startswith("~"):
        name = subject_name(topic.removeprefix("~"))
    else:
        with runtime().read_main() as tx:
            try:
                call = calls.get_published(tx, topic)
            except PbvoteError as error:
                raise SubscriptionUnknown() from error
    return render_template("site/unsubscribe.html", call=call, name=name, token=token, done=done)
