"""A page with a form that only this test knows: a class, a view, the template of all forms.

A wish: a subject and a text. Nothing else has to be told of it: labels, hints, what was typed and what is
wrong come from the class and from the one rule for refusals.
"""

from __future__ import annotations

import html
import re
from types import SimpleNamespace

import pytest
from flask import Blueprint, redirect, render_template, request
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from pbvote.core.errors import RateLimited, StageClosed
from pbvote.edges.web import app as web_app
from pbvote.edges.web.base.forms import Errors, again_if_refused
from pbvote.edges.web.base.page_forms import Area, OneTimeCode, PageForm, Secret, Select, Text
from pbvote.edges.web.base.policy import allow
from pbvote.platform.places import WEB
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls.errors import CallUnknown
from pbvote.typed.errors import TextMissing, TextTooLong
from pbvote.typed.texts import N_
from pbvote.words.catalogue import texts
from tests.make.visitors import in_one_line

ENGLISH = {
    "許願": "Make a wish",
    "送出願望": "Send the wish",
    "您的願望是什麼？": "What do you wish for?",
    "主題": "Topic of it",
    "一句話。": "One sentence.",
    "願望": "Wish",
    "哪一種": "Sort",
}


class TooOften(RateLimited):
    code = "http.rate"


class WishForm(PageForm):
    title, button, lead = N_("許願"), N_("送出願望"), N_("您的願望是什麼？")
    subject = Text(N_("主題"), hint=N_("一句話。"))
    body = Area(N_("願望"), rows=3, optional=True)
    sort = Select(N_("哪一種"))
    password = Secret(N_("密碼"))
    code = OneTimeCode(N_("六位數驗證碼"))


def wish_page(errors: Errors, form: WishForm) -> str:
    form.sort.choices = [("big", "大"), ("small", "小")]
    return render_template("base/form.html", form=form, errors=errors, action="/wish")


def granted(form: WishForm) -> None:
    """What a service would say."""
    refusals = {
        "": TextMissing(field="subject"),
        "long": TextTooLong(field="body", most=10, length=11),
        "late": StageClosed(stage="closed", act="propose"),
        "often": TooOften(retry_after=7),
    }
    if form.subject.data in refusals:
        raise refusals[form.subject.data]


def blueprint() -> Blueprint:
    bp = Blueprint("wishes", __name__)

    @bp.route("/wish", methods=["GET", "POST"])
    @allow("public")
    def wish() -> str | Response:
        form = WishForm.typed(sort="small")
        if request.method == "GET":
            return wish_page({}, form)
        with again_if_refused(lambda errors: wish_page(errors, form)):
            granted(form)
        return redirect("/", 303)

    @bp.post("/wish/of-another")
    @allow("public")
    def of_another() -> str | Response:
        def page(_errors: Errors) -> str:
            raise CallUnknown(call="x")

        with again_if_refused(page):
            raise StageClosed(stage="closed", act="propose")
        return ""

    return bp


@pytest.fixture
def wishing(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(web_app, "SITE", (*web_app.SITE, SimpleNamespace(bp=blueprint())))
    words = texts("en")
    for chinese, text in ENGLISH.items():
        monkeypatch.setitem(words, chinese, text)
    return web_app.create_site(rt).test_client()


def shown(site: FlaskClient, language: str) -> str:
    site.set_cookie("pbvote_language", language)
    return html.unescape(in_one_line(site.get("/wish").get_data(as_text=True)))


def send(site: FlaskClient, path: str = "/wish", **values: str):  # type: ignore[no-untyped-def]
    token = re.search(r'name="csrf_token" value="([^"]+)"', site.get("/wish").get_data(as_text=True))
    assert token
    return site.post(path, data={**values, "csrf_token": token[1]})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_has_its_words_in_both_languages(wishing: FlaskClient, language: str) -> None:
    page = shown(wishing, language)
    for chinese, text in ENGLISH.items():
        assert (text if language == "en" else chinese) in page
    assert re.search(r'<label for="f-subject">[^<]+</label>', page)
    assert 'aria-describedby="f-subject-hint"' in page
    assert '<option value="small" selected>' in page
    assert 'autocomplete="one-time-code"' in page


@pytest.mark.parametrize(("language", "label"), [("zh", "主題："), ("en", "Topic of it: ")])
def test_a_refusal_keeps_what_was_typed_and_names_the_field(
    wishing: FlaskClient, language: str, label: str
) -> None:
    wishing.set_cookie("pbvote_language", language)
    answer = send(wishing, subject=" ", body=" a\r\nb <i> ", sort="big", password="geheim", code="123456")
    typed = answer.get_data(as_text=True)
    page = in_one_line(typed)
    assert answer.status_code == 422
    assert f'<a href="#f-subject">{label}' in page
    assert 'id="f-subject-error"' in page
    assert "a\nb &lt;i&gt;</textarea>" in typed
    assert '<option value="big" selected>' in page
    assert "geheim" not in page
    assert "123456" not in page


def test_every_family_of_refusals_has_its_place_and_its_status(wishing: FlaskClient) -> None:
    for subject, status, place in (
        ("long", 422, 'href="#f-body"'),
        ("late", 409, "<li>"),
        ("often", 429, "<li>"),
    ):
        answer = send(wishing, subject=subject)
        page = answer.get_data(as_text=True)
        assert answer.status_code == status
        assert place in page[page.index("error-summary-title") :]
        assert f'value="{subject}"' in page
    assert answer.headers["Retry-After"] == "7"


def test_a_page_that_cannot_be_drawn_is_refused_as_a_whole(wishing: FlaskClient) -> None:
    assert send(wishing, "/wish/of-another").status_code == 404


def test_an_accepted_form_goes_on(wishing: FlaskClient) -> None:
    answer = send(wishing, subject="x")
    assert (answer.status_code, answer.location) == (303, "/")


def test_no_view_has_a_rule_of_its_own_for_refusals() -> None:
    """Which sentence stands where after a refusal is decided in one module."""
    own = re.compile(r"field_errors\(|\"\": sentence\(")
    found = [path.name for path in WEB.rglob("*.py") if own.search(path.read_text(encoding="utf-8"))]
    assert found == ["forms.py"]
