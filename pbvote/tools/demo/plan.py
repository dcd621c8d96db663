"""What the demo city consists of, read from the tables beside this module; dates are relative to today."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from pbvote.core.rules.ways import WAYS
from pbvote.core.types import TAIPEI
from pbvote.rooms.calls.privacy_notice import SUGGESTED
from pbvote.rooms.calls.queries import PRIVACY_NOTICE_FIELDS
from pbvote.typed.dates import moment_field

FOLDER: Final = Path(__file__).parent
ORDER: Final = ("collecting", "moderation", "voting", "survey", "closed", "certified")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyPlan:
    """An agency, with the passphrases of its ceremony: printed, because this is a demo."""

    slug: str
    name: str
    name_en: str
    level: str
    county: str
    passphrase: str = field(repr=False)
    auditor_passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPlan:
    """An account of an agency."""

    agency: str
    login: str
    name: str
    role: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictPlan:
    """A district; ``id`` is the one that the sandbox identity service states."""

    id: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CityPlan:
    """Everything that is not a call."""

    name: str
    name_en: str
    agencies: tuple[AgencyPlan, ...]
    staff: tuple[StaffPlan, ...]
    residents: Mapping[str, str]
    districts: Mapping[str, DistrictPlan]
    grounds: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPlan:
    """A proposal: by a resident (``by``, a mail address) or from a workshop (``name``, ``workshop``).

    ``decision``: accept, correct or reject; empty = as the call's stage needs it.
    """

    district: str
    title: str
    summary: str
    place: str
    cost: int
    why: str
    how: str
    by: str = ""
    name: str = ""
    workshop: str = ""
    sheet: str = ""
    decision: str = ""
    reason: str = ""
    popularity: int = 5
    category: str = ""
    at: tuple[float, ...] = ()  # latitude, longitude: out at sea, where no real street is

    def values(self, district_id: str) -> dict[str, str]:
        """What the proposer types into the form."""
        return {
            "district": district_id,
            "title": self.title,
            "summary": self.summary,
            "place": self.place,
            "cost_twd": str(self.cost),
            "category": self.category,
            **dict(zip(("latitude", "longitude"), map(str, self.at), strict=False)),
            "description_md": f"## 為什麼\n\n{self.why}\n\n## 怎麼做\n\n{self.how}",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """A call with its proposals.

    ``ballots`` is how many are cast before anybody visits; ``rule`` holds further fields of the form, and
    ``english`` what texts in them are in English.
    """

    key: str
    agency: str
    title: str
    title_en: str
    contact: str
    contact_en: str
    description_md: str
    description_en: str
    vote_kind: str
    verification: str
    counter: str
    minimum_age: str
    ballot: tuple[str, str, str]
    threshold_votes: str
    budgets: Mapping[str, int]
    dates: Mapping[str, datetime]
    projects: tuple[ProjectPlan, ...]
    ballots: int = 0
    rule: Mapping[str, str] = field(default_factory=dict)
    english: Mapping[str, str] = field(default_factory=dict)

    def at(self, name: str) -> datetime:
        """One of its dates, in Taipei."""
        return self.dates[name]

    @property
    def has_intake(self) -> bool:
        """Whether residents propose, or the call starts at the vote (NDC-04)."""
        return "proposals_open_at" in self.dates

    @property
    def freeze_at(self) -> datetime:
        """When the officer freezes: an hour after the moderation deadline."""
        return self.at("moderation_until") + timedelta(hours=1)


def load_city() -> CityPlan:
    """The city of ``city.toml``."""
    values = read_table("city")
    return CityPlan(
        name=values["name"],
        name_en=values["name_en"],
        agencies=tuple(AgencyPlan(**one) for one in values["agencies"]),
        staff=tuple(StaffPlan(**one) for one in values["staff"]),
        residents=values["residents"],
        districts={key: DistrictPlan(**one) for key, one in values["districts"].items()},
        grounds=tuple(values["grounds"]),
    )


def load_calls(now: datetime) -> tuple[CallPlan, ...]:
    """Every call, with dates around ``now`` and years in its titles."""
    return tuple(_call(read_table(f"call-{key}"), now) for key in ORDER)


def read_table(name: str) -> dict[str, Any]:
    """One of the tables beside this module, by its name."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _call(values: dict[str, Any], now: datetime) -> CallPlan:
    year = now.astimezone(TAIPEI).year
    years = {"roc": year - 1911, "ce": year, "next_roc": year - 1910, "next_ce": year + 1}
    return CallPlan(
        **{
            **values,
            "title": values["title"].format(**years),
            "title_en": values["title_en"].format(**years),
            "description_md": values["description_md"].strip(),
            "description_en": values["description_en"].strip(),
            "ballot": tuple(values["ballot"]),
            "dates": {name: moment_at(text, now) for name, text in values["dates"].items()},
            "projects": tuple(ProjectPlan(**one) for one in values["projects"]),
        }
    )


def moment_at(text: str, now: datetime) -> datetime:
    """``-3 09:00``: three days ago, at nine in the morning in Taipei."""
    days, _, clock = text.partition(" ")
    day = now.astimezone(TAIPEI).date() + timedelta(days=int(days))
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=TAIPEI)


def draft_of(call: CallPlan, city: CityPlan) -> dict[str, str]:
    """What the officer types into the form of a new call."""
    kind, least, most = call.ballot
    values = {
        "title": call.title,
        "title_en": call.title_en,
        "description_md": call.description_md,
        "contact": call.contact,
        "vote_kind": call.vote_kind,
        "verification": call.verification,
        "counter": call.counter,
        "minimum_age": call.minimum_age,
        "ballot_form.kind": kind,
        "ballot_form.min_choices": least,
        "ballot_form.max_choices": most,
        "winner_rule.method": "greedy-votes",
        "winner_rule.fit": "skip",
        "winner_rule.threshold_votes": call.threshold_votes,
        "tie_order": "cheaper,number",
        **call.rule,
    }
    agency = next(one for one in city.agencies if one.slug == call.agency)
    notice = {**SUGGESTED, "agency": agency.name}
    values = {f"notice.{name}": notice[name] for name in PRIVACY_NOTICE_FIELDS} | values
    for name, moment in call.dates.items():
        if name != "published":
            values[f"timeline.{name}"] = moment_field(moment)
    for number, (key, budget) in enumerate(call.budgets.items()):
        district = city.districts[key]
        where = f"districts.{number}"
        values |= {
            f"{where}.id": district.id,
            f"{where}.name": district.name,
            f"{where}.name_en": district.name_en,
            f"{where}.budget_twd": str(budget),
        }
    if WAYS[call.verification].has_person:
        values |= _grounds(call, city)
    return values


def english_of(call: CallPlan, city: CityPlan) -> dict[str, str]:
    """What the officer gives as the English of the Chinese texts, beside the suggested notice's."""
    agencies = {one.name: one.name_en for one in city.agencies}
    return agencies | {
        city.name: city.name_en,
        call.contact: call.contact_en,
        call.description_md: call.description_en,
        **call.english,
    }


def _grounds(call: CallPlan, city: CityPlan) -> dict[str, str]:
    cut_off = (call.at("voting_opens_at") - timedelta(days=120)).date().isoformat()
    return {
        f"grounds.{number}.{name}": text
        for number, ground in enumerate(city.grounds)
        for name, text in {**ground, "cut_off_on": cut_off, "at_counter_only": "0"}.items()
    }
