"""Officers keep up what is carried out: what is due, and a project's state, dates, office and photographs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.core.errors import InvalidInput, RateLimited
from pbvote.core.types import Role
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import FIRST, Errors, again_if_refused, rebased, typed_values
from pbvote.edges.web.base.page_forms import Area, Checks, PageForm, Radios, Text, Upload
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts.access import own_agency
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.delivery import board, queries, schedule, service
from pbvote.rooms.delivery.board import Wanted
from pbvote.rooms.delivery.errors import PhotosTwo, PhotoUnknown
from pbvote.rooms.delivery.kinds import PLANNED, Moment, State
from pbvote.rooms.delivery.queries import DeliveryView
from pbvote.typed.dates import taipei_day
from pbvote.typed.texts import N_
from pbvote.words import delivery as words
from pbvote.words.catalogue import gettext as _
from pbvote.words.errors import sentence
from pbvote.words.names import call_title

bp = Blueprint("delivering", __name__, url_prefix="/agency")

Answer = str | Response
_PROJECT = "/calls/<call_id>/progress/<number:number>"
_PICTURES = "image/jpeg,image/png,image/webp"
_SPARE_ROWS = 2


class UpdateForm(PageForm):
    """How far the project is now."""

    button = N_("儲存並公開")
    state = Radios(N_("現在的狀態"))
    since_on = Text(
        N_("這個狀態從哪一天開始"),
        hint=N_("換了狀態才需要填；空白就是今天。日期寫錯了，填正確的日期就會更正。"),
        type="date",
        optional=True,
    )
    spent_twd = Text(
        N_("到現在為止一共支用（元）"),
        hint=N_("例如：1,250,000 或 125萬。"),
        inputmode="numeric",
        optional=True,
    )
    note = Area(
        N_("說明"),
        hint=N_("民眾會看到，追蹤的人會收到信。取消、退回前一步、金額改小或超過核定時，一定要寫理由。"),
        rows=4,
        optional=True,
    )
    picture = Upload(
        N_("照片（選填）"), hint=N_("JPEG、PNG 或 WebP；拍攝地點等資訊會自動清除。"), accept=_PICTURES
    )
    camera = Upload(N_("用手機拍一張（選填）"), accept="image/*", camera=True)
    without = Checks(N_("剛才選的照片"))
    alt = Text(
        N_("照片裡有什麼"),
        hint=N_("放照片時要寫，給看不到照片的人，例如：「半場籃球場，旁邊兩張桌球桌」。"),
        optional=True,
    )
    moment = Radios(N_("照片是什麼時候拍的"))


class OfficeForm(PageForm):
    """Who is in charge."""

    button, variant = N_("儲存負責單位"), "quiet"
    office = Text(N_("負責單位"), hint=N_("例如：工務處養護科"))
    telephone = Text(N_("電話"), hint=N_("例如：02-2345-6789 轉 123"), type="tel", autocomplete="off")


class RemovalForm(PageForm):
    """Why a photograph goes."""

    title, button, variant = N_("移除照片"), N_("移除照片"), "danger"
    lead = N_("照片會從公開頁面刪除；紀錄裡會留下移除的時間和理由。")
    reason = Area(N_("理由"), hint=N_("民眾會看到。"), rows=3)


@bp.get("/progress")
@allow("officer")
def index() -> str:
    """Every winner of the agency's calls that has to be kept up, what is overdue first."""
    return _index(None)


@bp.get("/calls/<call_id>/progress")
@allow("officer")
def of_call(call_id: str) -> str:
    """The same of one call."""
    with runtime().read_main() as tx:
        call = calls.get_call_of(tx, signed_in(), Role.OFFICER, call_id=call_id)
    return _index(call)


def _index(call: CallView | None) -> str:
    rt, actor = runtime(), signed_in()
    typed = request.args.get("page", "")
    values = {name: request.args.get(name, "")[:20] for name in ("state", "late")}
    today = taipei_day(rt.clock())
    wanted = Wanted(
        call_id=call.id if call else "",
        agency_id=own_agency(actor, Role.OFFICER),
        state=State(values["state"]) if values["state"] in tuple(State) else None,
        late_on=today if values["late"] else None,
    )
    with rt.read_main() as tx:
        page = board.listed(
            tx, wanted, page=int(typed) if typed.isdecimal() and typed.isascii() and len(typed) < 6 else 1
        )
        overall = Wanted(call_id=wanted.call_id, agency_id=wanted.agency_id)
        figures = board.figures(tx, overall, today=today)
        titles = {each.id: call_title(each) for each in calls.list_of_agency(tx, wanted.agency_id)}
    return render_template(
        "staff/delivery.html",
        call=call,
        page=page,
        figures=figures,
        titles=titles,
        values={name: value for name, value in values.items() if value},
        states=tuple(State),
        today=today,
    )


@bp.get(_PROJECT)
@allow("officer")
def project(call_id: str, number: int) -> str:
    """One project with its forms, and everything that was said about it, by whom."""
    return _page(call_id, number, {})


@bp.post(_PROJECT)
@allow("officer")
def update(call_id: str, number: int) -> Answer:
    """Say how far it is, with a photograph or without."""
    form: UpdateForm = UpdateForm.typed()
    photos = [each for each in (form.picture.content(), form.camera.content()) if each]
    photo = photos[0] if photos else b""
    waiting = "" if photo or form.without.data else request.form.get("waiting", "")

    def act() -> None:
        if len(photos) > 1:
            raise PhotosTwo(field="picture")
        service.update(
            runtime(),
            signed_in(),
            call_id,
            number,
            typed_values(),
            seen=_seen(),
            photo=photo,
            waiting=waiting,
        )

    def page(errors: Errors) -> str:
        kept = waiting if "picture" not in errors else ""
        if len(photos) == 1 and "picture" not in errors:
            try:
                kept = service.keep_photo(runtime(), signed_in(), call_id, number, photo)
            except (InvalidInput, RateLimited) as error:
                errors["picture"] = sentence(error)
        return _page(call_id, number, errors, updating=form, waiting=kept)

    with again_if_refused(page, form.label_of):
        act()
    return _saved(call_id, number)


@bp.post(f"{_PROJECT}/schedule")
@allow("officer")
def save_schedule(call_id: str, number: int) -> Answer:
    """Plan the steps and the milestones."""

    def act() -> None:
        schedule.plan(runtime(), signed_in(), call_id, number, typed_values(), seen=_seen())

    return _try(call_id, number, act, dates=True)


@bp.post(f"{_PROJECT}/office")
@allow("officer")
def save_office(call_id: str, number: int) -> Answer:
    """Say who is in charge."""
    form: OfficeForm = OfficeForm.typed()

    def act() -> None:
        service.name_office(runtime(), signed_in(), call_id, number, typed_values(), seen=_seen())

    return _try(call_id, number, act, label_of=form.label_of, office=form)


@bp.route(f"{_PROJECT}/photos/<number:photo_id>/remove", methods=["GET", "POST"])
@allow("officer")
def remove_photo(call_id: str, number: int, photo_id: int) -> Answer:
    """Ask why, then take a photograph away."""
    _call, found = _own(call_id, number)
    one = next((each for each in found.photos if each.id == photo_id), None)
    if one is None:
        raise PhotoUnknown()
    form: RemovalForm = RemovalForm.typed()

    def page(errors: Errors) -> str:
        return render_template(
            "staff/delivery_photo.html",
            form=form,
            errors=errors,
            action=request.path,
            photo=one,
            back=_address(call_id, number),
        )

    if request.method == "GET":
        return page({})
    with again_if_refused(page, form.label_of):
        service.remove_photo(runtime(), signed_in(), call_id, number, photo_id, reason=form.reason.data)
    flash(_("照片已移除。"))
    return redirect(_address(call_id, number), 303)


def _address(call_id: str, number: int) -> str:
    return f"/agency/calls/{call_id}/progress/{number}"


def _seen() -> int | None:
    typed = request.form.get("seen", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 9 else None


def _try(
    call_id: str,
    number: int,
    act: Callable[[], None],
    *,
    label_of: Callable[[str], str] | None = None,
    **sent: Any,
) -> Answer:
    """Do it and show the project; a refusal shows what was typed, beside the project as it is now."""
    with again_if_refused(lambda errors: _page(call_id, number, errors, **sent), label_of or _label_of):
        act()
    return _saved(call_id, number)


def _saved(call_id: str, number: int) -> Answer:
    flash(_("已儲存，現在大家都看得到。"))
    return redirect(_address(call_id, number), 303)


def _label_of(name: str) -> str:
    """What the schedule calls its fields."""
    step, _dot, kind = name.partition(".")
    if kind == "planned" and step in tuple(State):
        return _("預定%(step)s", step=words.state_name(State(step)))
    kinds = {"title": _("里程碑"), "planned": _("預定"), "actual": _("實際")}
    return _("改期的理由") if name == "why" else kinds.get(name.rpartition(".")[2], "")


def _own(call_id: str, number: int) -> tuple[CallView, DeliveryView]:
    with runtime().read_main() as tx:
        call = calls.get_call_of(tx, signed_in(), Role.OFFICER, call_id=call_id)
        return call, queries.get(tx, call_id, number)


def _page(
    call_id: str,
    number: int,
    errors: Errors,
    *,
    updating: UpdateForm | None = None,
    office: OfficeForm | None = None,
    dates: bool = False,
    waiting: str = "",
) -> str:
    rt = runtime()
    call, found = _own(call_id, number)
    with rt.read_main() as tx:
        history = queries.history_of(tx, found)
        names = accounts.staff_names(tx, (each.officer_id for each in history.changes))
    stale = request.method == "POST" and _seen() != found.version
    wrong = "schedule" if dates else "office" if office else "updating" if updating else ""
    firsts = {"updating": _standing(found), "office": _charge(found), "schedule": _dates(found)}
    forms: dict[str, Any] = {
        "updating": _with_choices(updating or UpdateForm(data=firsts["updating"]), waiting),
        "office": office or OfficeForm(data=firsts["office"]),
    }
    typed = _upon_what_stands(wrong, firsts[wrong]) if wrong else {}
    for name in set(firsts.get(wrong, ())) & set(typed if wrong in forms else ()):
        forms[wrong][name].data = typed[name]
    values = typed if dates else firsts["schedule"]
    labels = forms[wrong].label_of if wrong in forms else _row_label_of
    return render_template(
        "staff/delivery_project.html",
        call=call,
        project=found,
        forms=forms,
        hidden={name: _hidden(found, each, waiting) for name, each in firsts.items()},
        values=values,
        rows=_rows(values),
        planned=PLANNED,
        label_of=_label_of,
        errors=errors,
        wrong=wrong,
        stale=stale,
        will_change=_will_change(typed, firsts[wrong], labels) if stale else [],
        history=history,
        names=names,
        today=taipei_day(rt.clock()),
    )


def _with_choices(form: UpdateForm, waiting: str) -> UpdateForm:
    form.state.choices = [(state.value, words.state_name(state)) for state in State]
    moments = [(moment.value, words.moment_name(moment)) for moment in Moment]
    form.moment.choices = [("", _("沒有照片")), *moments]
    if waiting:
        form.without.description = N_("照片收到了，還沒有公開，不用再選。要換一張，就在上面再選一張。")
        form.without.choices = [("1", _("不放這張照片"))]
    else:
        del form.without
    return form


def _hidden(found: DeliveryView, first: Mapping[str, str], waiting: str) -> dict[str, str]:
    """Which version a form shows, what each of its fields shows first, and the photograph that waits."""
    return {"seen": str(found.version), "waiting": waiting} | {
        FIRST + name: text for name, text in first.items()
    }


def _upon_what_stands(wrong: str, now: Mapping[str, str]) -> dict[str, str]:
    """What was sent, and where the officer left a field as the page first showed it, what stands now."""
    return rebased(typed_values(), now, group=_row_of if wrong == "schedule" else str)


def _row_of(name: str) -> str:
    """A milestone's title and dates belong together."""
    return name.rpartition(".")[0] if name.startswith("own.") else name


def _row_label_of(name: str) -> str:
    """The same as :func:`_label_of`, with the number of the milestone."""
    parts = name.split(".")
    if len(parts) == 3 and parts[1].isdecimal():
        row = _("其他里程碑 %(number)s", number=int(parts[1]) + 1)
        return _("%(label)s：%(text)s", label=row, text=_label_of(name))
    return _label_of(name)


def _will_change(
    typed: Mapping[str, str], now: Mapping[str, str], label_of: Callable[[str], str]
) -> list[str]:
    """A sentence for each field that saving would change."""
    names = [name for name in (*now, *sorted(set(typed) - set(now))) if label_of(name)]
    return [
        words.intended(label_of(name), name, now.get(name, ""), typed[name])
        for name in names
        if typed.get(name, "") != now.get(name, "")
    ]


def _standing(found: DeliveryView) -> dict[str, str]:
    spent = "" if found.spent_twd is None else f"{found.spent_twd:,}"
    return {"state": found.state.value, "spent_twd": spent}


def _charge(found: DeliveryView) -> dict[str, str]:
    return {"office": found.office, "telephone": found.telephone}


def _dates(found: DeliveryView) -> dict[str, str]:
    """The schedule as its form starts."""

    def text(day: Any) -> str:
        return day.isoformat() if day else ""

    values = {f"{each.state}.planned": text(each.planned_on) for each in found.steps}
    for at, each in enumerate(found.own):
        values |= {
            f"own.{at}.title": each.title,
            f"own.{at}.planned": text(each.planned_on),
            f"own.{at}.actual": text(each.actual_on),
        }
    return values


def _rows(values: Mapping[str, str]) -> range:
    """The numbers of the rows of milestones: those that are filled, and some to fill."""
    numbers = schedule.numbers_in({name: value for name, value in values.items() if value})
    return range(max(numbers, default=-1) + 1 + _SPARE_ROWS)
