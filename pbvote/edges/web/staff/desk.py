"""The agency's side of check-in: the voter roll, the service counter, station codes (PRA-13, PRA-16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from pbvote.core.errors import InvalidInput, findings_of
from pbvote.core.types import CallId, StyleId
from pbvote.edges.web.base import policy
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused, refused, typed_values
from pbvote.edges.web.base.page_forms import PageForm, Select, Text, Upload
from pbvote.edges.web.base.policy import signed_in
from pbvote.edges.web.staff.counting import style_namer
from pbvote.rooms.registrar import service
from pbvote.rooms.registrar.documents import Assisted
from pbvote.rooms.registrar.errors import StationCodeCount
from pbvote.rooms.registrar.roll_file import COLUMNS, template_csv
from pbvote.rooms.registrar.service import Desk
from pbvote.typed.dates import OLDEST_BIRTH, birth_date_of, birth_date_of_parts, date_of, taipei_day
from pbvote.typed.errors import BirthDateInvalid, NotADate
from pbvote.typed.files import SPREADSHEETS
from pbvote.typed.numbers import whole_of
from pbvote.typed.texts import N_
from pbvote.words.catalogue import gettext as _
from pbvote.words.errors import sentence
from pbvote.words.grounds import ground_name
from pbvote.words.names import assistance_name

bp = Blueprint("desk", __name__, url_prefix="/agency/calls/<call_id>")

Page = str | Response
Values = dict[str, str]


class RollForm(PageForm):
    """The file of the roll."""

    button = N_("匯入")
    roll = Upload(N_("名冊檔案"), accept=SPREADSHEETS)


class UnlockForm(PageForm):
    """Whom the help desk lets try again."""

    button, variant = N_("解除鎖定"), "quiet"
    national_id = Text(N_("身分證字號或居留證號"), autocomplete="off")


class CodesForm(PageForm):
    """How many codes, and for which ballot style."""

    button = N_("產生代碼")
    count = Text(N_("要幾組"), inputmode="numeric")
    style = Select(N_("投票身分別"))


@bp.route("/roll", methods=["GET", "POST"])
@policy.allow("officer")
def roll(call_id: str) -> Page:
    """The voter roll in numbers; a file is imported whole or not at all."""
    if request.method == "GET":
        return _roll_page(call_id, {})
    content = RollForm.typed().roll.content()
    try:
        report = service.import_roll(runtime(), signed_in(), CallId(call_id), content)
    except InvalidInput as error:
        # a file has many findings for its one field: they stand in a list of their own
        found = [sentence(one) for one in findings_of(error)]
        return refused(error, lambda _errors: _roll_page(call_id, {}, findings=found))
    flash(
        _(
            "已匯入 %(persons)s 人：新增 %(added)s 筆，更正 %(corrected)s 筆。檔案本身沒有保存。",
            persons=f"{report.persons:,}",
            added=f"{report.added:,}",
            corrected=f"{report.corrected:,}",
        )
    )
    return redirect(url_for("desk.roll", call_id=call_id), 303)


@bp.get("/roll/template.csv")
@policy.allow("officer")
def roll_template(call_id: str) -> Response:
    """An empty roll to fill in."""
    _desk(call_id)
    return Response(
        template_csv(),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="roll.csv"'},
    )


@bp.post("/roll/clear")
@policy.allow("officer")
def clear(call_id: str) -> Response:
    """Empty the roll, before the freeze only."""
    count = service.clear_roll(runtime(), signed_in(), CallId(call_id))
    flash(_("名冊已清空，共刪除 %(count)s 筆。", count=f"{count:,}"))
    return redirect(url_for("desk.roll", call_id=call_id), 303)


@bp.post("/roll/unlock")
@policy.allow("officer")
def unlock(call_id: str) -> Page:
    """The help desk lets somebody try again at once."""
    form = UnlockForm.typed()
    with again_if_refused(lambda errors: _roll_page(call_id, errors, unlocking=form)):
        service.unlock(runtime(), signed_in(), CallId(call_id), form.national_id.data)
    flash(_("已解除鎖定，現在可以重新查驗。"))
    return redirect(url_for("desk.roll", call_id=call_id), 303)


@bp.route("/counter", methods=["GET", "POST"])
@policy.allow("officer")
def desk(call_id: str) -> Page:
    """Documents are checked by staff; then the device is handed over."""
    found = _desk(call_id)
    if request.method == "GET":
        return _desk_page(found, {}, {})
    values = typed_values()
    with again_if_refused(lambda errors: _desk_page(found, values, errors)):
        ticket = service.check_at_desk(
            runtime(),
            signed_in(),
            found.call.id,
            national_id=values.get("national_id", ""),
            birth_on=_born(values),
            ground=_ground(values.get("ground", "")),
            district=values.get("district", ""),
            since=_since(values),
            former_id=values.get("former_id", ""),
            assistance=values.get("assistance", ""),
        )
    sealed = service.seal_ticket(runtime(), ticket)
    return render_template("staff/desk_hand_over.html", call=found.call, ticket=sealed)


@bp.post("/counter/hand-over")
@policy.allow("officer")
def hand_over(call_id: str) -> Response:
    """The officer is signed out on this device before the voter gets it; the ticket goes along."""
    session.clear()
    return redirect(f"/checkin/{call_id}/counter", 307)


@bp.route("/station-codes", methods=["GET", "POST"])
@policy.allow("officer")
def station_codes(call_id: str) -> Page:
    """Codes to be handed out at a station: shown once, for printing."""
    found = _desk(call_id)
    form = CodesForm.typed(count="50")
    named = style_namer(found.call)
    form.style.choices = [(style, named(style)) for style in found.styles]
    if request.method == "GET":
        return _codes_page(found, form, {})
    with again_if_refused(lambda errors: _codes_page(found, form, errors)):
        codes = service.make_station_codes(
            runtime(),
            signed_in(),
            found.call.id,
            _code_count(form.count.data),
            style=StyleId(form.style.data),
        )
    return _codes_page(found, form, {}, codes=codes)


def _codes_page(found: Desk, form: CodesForm, errors: Errors, *, codes: Sequence[str] = ()) -> str:
    return render_template("staff/desk_codes.html", desk=found, form=form, errors=errors, codes=codes)


def _desk(call_id: str) -> Desk:
    return service.desk(runtime(), signed_in(), CallId(call_id))


def _roll_page(
    call_id: str, errors: Errors, *, findings: Sequence[str] = (), unlocking: UnlockForm | None = None
) -> str:
    found = _desk(call_id)
    return render_template(
        "staff/roll_import.html",
        desk=found,
        form=RollForm(),
        unlocking=unlocking or UnlockForm(),
        errors=errors,
        findings=findings,
        style_name=style_namer(found.call),
        shown={column.key: column.shown for column in COLUMNS},
    )


def _desk_page(found: Desk, values: Values, errors: Values) -> str:
    grounds = [
        (str(position), _("%(ground)s：%(area)s", ground=ground_name(ground.kind), area=ground.area))
        for position, ground in enumerate(found.call.rules.grounds)
    ]
    return render_template(
        "staff/desk_form.html",
        desk=found,
        grounds=grounds,
        assisted=[(kind.value, assistance_name(kind)) for kind in Assisted],
        values=values,
        errors=errors,
    )


def _born(values: Values) -> date:
    """A date of birth typed in one box or in three."""
    today = taipei_day(runtime().clock())
    if values.get("birth_on"):
        return birth_date_of(values["birth_on"], today=today)
    year, month, day = (values.get(f"birth_{part}", "") for part in ("year", "month", "day"))
    return birth_date_of_parts(year, month, day, today=today)


def _since(values: Values) -> date:
    """Since when somebody lives or works here, typed in one box or in three; nobody does from tomorrow on."""
    today = taipei_day(runtime().clock())
    if values.get("since_on"):
        return date_of(values["since_on"], field="since_on", first=OLDEST_BIRTH, last=today)
    year, month, day = (values.get(f"since_{part}", "") for part in ("year", "month", "day"))
    try:
        return birth_date_of_parts(year, month, day, today=today, field="since_on")
    except BirthDateInvalid as error:
        raise NotADate(field="since_on", value=f"{year}/{month}/{day}") from error


def _ground(text: str) -> int:
    """The position of a ground in the list of the page, or -1, which is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1


def _code_count(text: str) -> int:
    try:
        return whole_of(text, field="count")
    except InvalidInput as error:
        raise StationCodeCount(field="count") from error
