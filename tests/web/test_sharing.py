"""Sharing a public page: link, LINE, QR code and poster; nothing of the reader's goes along."""

from __future__ import annotations

import io
import re
import zlib
from pathlib import Path

import pytest
import segno
from flask.testing import FlaskClient
from fontTools.ttLib import TTCollection
from fpdf import FPDF
from PIL import Image

from pbvote.core.types import Actor, CallId
from pbvote.edges.web.app import create_site
from pbvote.edges.web.site import poster
from pbvote.edges.web.site.poster import Poster, pdf_of
from pbvote.edges.web.site.sharing import symbol_of
from pbvote.platform.places import TEMPLATES
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import PosterSettings
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals import pictures
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.words import drawings
from tests.make.calls import published_call
from tests.make.people import put_agency, put_staff, staff_of
from tests.make.polls import Poll
from tests.make.proposals import put_submitted
from tests.make.services import close, make_runtime
from tests.make.visitors import Browser

ORIGIN = "http://127.0.0.1:8000"
LINE = "https://social-plugins.line.me/lineit/share?url="


@pytest.fixture
def sent(rt: Runtime, ming: Actor, call_id: CallId) -> ProposalView:
    made = put_submitted(rt, ming, call_id)
    moderation_service.decide(rt, staff_of(1), made.id, decision="accept", reason="")
    return made


def path_of(sent: ProposalView) -> str:
    return f"/calls/{sent.call_id}/proposals/{sent.id}"


def streams(pdf: bytes) -> bytes:
    """The parts of a PDF, inflated where they were deflated, one after another."""
    found = b""
    for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        try:
            found += zlib.decompress(part) + b"\n"
        except zlib.error:
            found += part + b"\n"
    return found


def characters_of(pdf: bytes) -> set[str]:
    """The characters that its text stands for, by the maps of its faces (ToUnicode)."""
    codes = re.findall(rb"<[0-9A-Fa-f]{4}> <([0-9A-Fa-f]{4,8})>", streams(pdf))
    return {bytes.fromhex(code.decode()).decode("utf-16-be") for code in codes}


def test_a_proposals_page_offers_every_way_without_asking_anybody(
    browser: Browser, sent: ProposalView
) -> None:
    page = browser.page(path_of(sent))
    address = f"{ORIGIN}{path_of(sent)}"
    assert f'data-share="{address}"' in page
    assert f"{LINE}{address.replace(':', '%3A').replace('/', '%2F')}" in page
    assert f"{path_of(sent)}/share" in page
    assert re.search(r"<button[^>]*data-copy[^>]*\shidden>", page, re.S)
    assert not re.search(r'(src|href)="https?://(?!social-plugins\.line\.me/lineit/share|127\.0\.0\.1)', page)


def test_the_page_of_ways_carries_the_address_as_a_qr_code(browser: Browser, sent: ProposalView) -> None:
    page = browser.page(f"{path_of(sent)}/share")
    made = segno.make(f"{ORIGIN}{path_of(sent)}", error="m")
    drawn = made.svg_inline(scale=6, border=4, light="#fff", dark="#000", omitsize=True)
    assert re.search(r' d="(M[^"]+)"', drawn[drawn.index("stroke") :])[1] in page  # type: ignore[index]
    assert "style=" not in drawn
    for part in ("poster-zh.pdf", "poster-en.pdf", "poster"):
        assert f'href="{path_of(sent)}/{part}"' in page


@pytest.mark.parametrize("where", ["{call}", "{proposal}"])
def test_a_poster_embeds_its_face_and_says_what_stands_on_the_page(
    site: FlaskClient, sent: ProposalView, where: str
) -> None:
    path = where.format(call=f"/calls/{sent.call_id}", proposal=path_of(sent))
    answer = site.get(f"{path}/poster-zh.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")
    assert re.search(rb"/FontFile[23]? \d+ 0 R", answer.data + streams(answer.data))
    assert b"/Count 1" in answer.data
    spoken = characters_of(answer.data)
    assert set("投票開始在哪裡民國年月日") <= spoken
    if where == "{proposal}":
        assert set(sent.title + sent.summary) <= spoken | {" "}
    assert len(answer.data) < 400_000


def test_a_poster_in_english_has_english_words(site: FlaskClient, sent: ProposalView) -> None:
    answer = site.get(f"{path_of(sent)}/poster-en.pdf")
    assert set("VotingbeginsWhereROC") <= characters_of(answer.data)
    assert not set("投票開始") <= characters_of(answer.data)
    assert b"/Lang (en)" in answer.data


def test_a_poster_shows_the_proposals_own_picture(
    rt: Runtime, site: FlaskClient, ming: Actor, call_id: CallId
) -> None:
    made = put_submitted(rt, ming, call_id)
    red = io.BytesIO()
    Image.new("RGB", (400, 300), (200, 10, 10)).save(red, "PNG")
    pictures.attach_picture(rt, ming, made.id, content=red.getvalue(), alt="紅")
    moderation_service.decide(rt, staff_of(1), made.id, decision="accept", reason="")
    answer = site.get(f"{path_of(made)}/poster-zh.pdf")
    assert b"/Subtype /Image" in answer.data
    page = site.get(f"{path_of(made)}/poster").get_data(as_text=True)
    assert 'alt="紅"' in page


def test_what_nobody_may_read_or_was_rejected_has_no_poster(
    rt: Runtime, site: FlaskClient, ming: Actor, call_id: CallId
) -> None:
    hidden = put_submitted(rt, ming, call_id)
    for part in ("share", "poster", "poster-zh.pdf"):
        assert site.get(f"{path_of(hidden)}/{part}").status_code == 404
    moderation_service.decide(rt, staff_of(1), hidden.id, decision="reject", reason="不合規定")
    assert site.get(f"{path_of(hidden)}/share").status_code == 404
    assert "data-share" not in site.get(path_of(hidden)).get_data(as_text=True)
    assert site.get(f"/calls/{call_id}/results/share").status_code == 404


def test_without_a_chinese_face_the_printable_page_stays(
    tmp_path: Path, empty_databases: Path, clock: object
) -> None:
    rt = make_runtime(tmp_path, empty_databases, clock, poster={"font": str(tmp_path / "none.ttc")})
    call_id = published_call(rt, put_staff(rt, put_agency(rt, "shilin"), "lin"))
    site = create_site(rt).test_client()
    page = site.get(f"/calls/{call_id}/share").get_data(as_text=True)
    assert ".pdf" not in page
    assert f'href="/calls/{call_id}/poster"' in page
    refused = site.get(f"/calls/{call_id}/poster-zh.pdf")
    assert refused.status_code == 503
    assert "列印海報" in refused.get_data(as_text=True)
    close(rt)


def test_the_face_for_taiwan_is_chosen_out_of_a_collection() -> None:
    regular, bold = poster.faces(PosterSettings())
    for face in (regular, bold):
        with TTCollection(str(face.path), lazy=True) as collection:
            assert str(collection.fonts[face.number]["name"].getDebugName(1)).endswith("TC")


@pytest.mark.parametrize("symbol", [drawings.COMMON, "park", "street", "play", "coast", "digital", "library"])
def test_every_drawing_can_stand_on_a_poster(symbol: str) -> None:
    svg = symbol_of(symbol)
    assert "var(" not in svg
    pdf = FPDF()
    pdf.add_page()
    pdf.image(io.BytesIO(svg.encode()), 0, 0, 100, 75)
    assert len(pdf.output()) > 500


def test_a_title_without_a_glyph_and_a_very_long_one_are_set_all_the_same(rt: Runtime) -> None:
    made = Poster(
        language="zh",
        heading="參" * 80,
        title="🌳公園" + "長" * 300,
        sentence="句" * 900,
        facts=(("時", "間" * 200),),
        address="https://pb.example/" + "a" * 200,
        scan="掃描",
        agency="機關" * 60,
    )
    content = pdf_of(made, PosterSettings(), now=rt.clock())
    assert b"/Count 1" in content
    assert "🌳" not in characters_of(content)


def test_no_page_of_the_vote_offers_sharing() -> None:
    for folder in ("booth", "checkin"):
        for template in (TEMPLATES / folder).glob("*.html"):
            assert "_share.html" not in template.read_text("utf-8"), template.name


def test_a_shared_address_never_carries_a_fragment_or_a_query(browser: Browser, poll: Poll) -> None:
    page = browser.page(f"/calls/{poll.call_id}/?code=ABCD")
    assert f'data-share="{ORIGIN}/calls/{poll.call_id}/"' in page
    assert "ABCD" not in page[page.index("data-share") :].partition("</section>")[0]
