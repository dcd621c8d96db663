"""What is said of a winner that is carried out: its state, how late it is, and each change in sentences."""

from __future__ import annotations

from datetime import date

from pbvote.rooms.delivery.kinds import PLANNED, ChangeKind, Moment, State
from pbvote.rooms.delivery.queries import ChangeView, DeliveryView
from pbvote.words.catalogue import gettext as _
from pbvote.words.formats import money, short_day


def state_name(state: State) -> str:
    """核定, 發包, 施工, 完工 or 取消."""
    names: dict[State, str] = {
        State.APPROVED: _("核定"),
        State.TENDERED: _("發包"),
        State.BUILDING: _("施工"),
        State.FINISHED: _("完工"),
        State.CANCELLED: _("取消"),
    }
    return names[state]


def moment_name(moment: Moment) -> str:
    """When a photograph was taken."""
    names: dict[Moment, str] = {
        Moment.BEFORE: _("施工前"),
        Moment.DURING: _("施工中"),
        Moment.AFTER: _("完工後"),
    }
    return names[moment]


def change_name(kind: ChangeKind) -> str:
    """What a change is about."""
    names: dict[ChangeKind, str] = {
        ChangeKind.UPDATE: _("進度更新"),
        ChangeKind.SCHEDULE: _("時程更新"),
        ChangeKind.OFFICE: _("負責單位更新"),
        ChangeKind.PHOTO_REMOVED: _("移除照片"),
    }
    return names[kind]


def headline(change: ChangeView) -> str:
    """The change in a few words: the state that was reached, else what it is about."""
    reached = change.facts.get("state.after")
    return state_name(State(str(reached))) if reached else change_name(change.kind)


def due_name(project: DeliveryView) -> str:
    """What is planned next: a step's name, or a milestone's title as the agency wrote it."""
    what = project.due_what or ""
    return state_name(State(what)) if what in tuple(State) else what


def lateness(days: int) -> str:
    """How late, in words: never told by a colour alone."""
    return _("逾期 %(days)s 天", days=days)


def spent_line(project: DeliveryView) -> str:
    """What is spent of what was granted."""
    if project.spent_twd is None:
        return _("核定 %(granted)s", granted=money(project.granted_twd))
    spent, granted = f"{project.spent_twd:,}", money(project.granted_twd)
    return _("已支用 %(spent)s／%(granted)s", spent=spent, granted=granted)


def intended(label: str, name: str, before: str, after: str) -> str:
    """What saving would change of a field of the officers' forms: both sides, or what comes new."""
    old, new = _typed(name, before), _typed(name, after)
    if not before:
        return _("%(label)s：%(text)s", label=label, text=new)
    if not after:
        return _("%(label)s：%(before)s，已移除", label=label, before=old)
    return _("%(label)s：%(before)s → %(after)s", label=label, before=old, after=new)


def _typed(name: str, text: str) -> str:
    """A field's text as people say it; what is no day or state stays as it was typed."""
    if name == "state" and text in tuple(State):
        return state_name(State(text))
    if name == "moment" and text in tuple(Moment):
        return moment_name(Moment(text))
    if name == "since_on" or name.endswith((".planned", ".actual")):
        try:
            return short_day(date.fromisoformat(text))
        except ValueError:
            return text
    return text


_ORDER = ("state", "since", "spent", *(f"{step.value}.planned" for step in PLANNED))


def lines_of(change: ChangeView) -> list[str]:
    """What was different, one sentence for each fact, both sides of it."""
    facts = change.facts
    found = dict.fromkeys(name.rpartition(".")[0] for name in facts if not name.startswith("photo."))
    names = sorted(found, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))
    if "state" in names:
        names = ["state", *(name for name in names if name not in ("state", "since"))]
    lines = [_turned(name, facts.get(f"{name}.before"), facts.get(f"{name}.after")) for name in names]
    if "photo.moment" in facts:
        moment = moment_name(Moment(str(facts["photo.moment"])))
        lines.append(_("照片（%(moment)s）：%(alt)s", moment=moment, alt=facts.get("photo.alt", "")))
    return lines


def _turned(name: str, before: str | int | None, after: str | int | None) -> str:
    label = _label(name)
    if before is None:
        return _("%(label)s：%(text)s", label=label, text=_value(name, after))
    if after is None:
        return _("%(label)s：%(before)s，已移除", label=label, before=_value(name, before))
    sides = {"before": _value(name, before), "after": _value(name, after)}
    return _("%(label)s：%(before)s → %(after)s", label=label, **sides)


def _label(name: str) -> str:
    if name.startswith("own"):
        return _("里程碑")
    if name.endswith(".planned"):
        return _("預定%(step)s", step=state_name(State(name.partition(".")[0])))
    labels = {
        "state": _("狀態"),
        "since": _("這個狀態開始的日期"),
        "spent": _("已支用"),
        "office": _("負責單位"),
        "telephone": _("電話"),
    }
    return labels[name]


def _value(name: str, value: str | int | None) -> str:
    text = str(value)
    if name == "state":
        return state_name(State(text))
    if name == "spent":
        return money(int(text))
    if name == "since" or name.endswith(".planned"):
        return short_day(date.fromisoformat(text))
    if name.startswith("own"):
        title, planned, actual = text.rsplit("|", 2)
        told = [
            _("預定 %(day)s", day=short_day(date.fromisoformat(planned))) if planned else "",
            _("實際 %(day)s", day=short_day(date.fromisoformat(actual))) if actual else "",
        ]
        return _("、").join(filter(None, (title, *told)))
    return text


def for_templates() -> dict[str, object]:
    """The functions of this module under their own names."""
    return {
        function.__name__: function
        for function in (state_name, moment_name, headline, due_name, lateness, spent_line, lines_of)
    }
