"""Pictures: what costs little is asked first, one is decoded at a time, 25 megapixels are the most."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageOps

from pbvote.core.errors import InvalidInput, PbvoteError, StageClosed
from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.proposals import gallery, pictures, service
from pbvote.rooms.proposals.errors import (
    AltMissing,
    PictureLarge,
    PicturesBusy,
    PicturesFull,
    PicturesMany,
    PictureTooLarge,
    PictureType,
)
from pbvote.rooms.proposals.pictures import encode
from tests.make.files import picture
from tests.make.proposals import proposal_values
from tests.make.services import MovableClock


@pytest.mark.parametrize(("size", "fits"), [((5000, 5000), True), ((5001, 5000), False)])
def test_twenty_five_megapixels_are_the_most(size: tuple[int, int], fits: bool) -> None:
    out = io.BytesIO()
    Image.new("1", size).save(out, "PNG")
    if fits:
        assert encode(out.getvalue()).width == 1600
    else:
        with pytest.raises(PictureTooLarge) as refused:
            encode(out.getvalue())
        assert refused.value.facts["most"] == 25


def test_sixteen_bits_of_grey_stay_grey() -> None:
    out = io.BytesIO()
    Image.new("I;16", (60, 20), 128 * 256).save(out, "PNG")
    with Image.open(io.BytesIO(encode(out.getvalue()).content)) as stored:
        shade = stored.convert("L").getpixel((30, 10))
    assert isinstance(shade, int)
    assert 120 < shade < 136


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_way_of_holding_a_camera_ends_upright(turn: int) -> None:
    upright = Image.new("RGB", (40, 30), "white")
    upright.paste("black", (0, 0, 20, 15))  # dark at the top left
    image = ImageOps.exif_transpose(upright)
    exif = Image.Exif()
    exif[0x0112] = turn
    out = io.BytesIO()
    # the file holds what the camera saw: the opposite turn
    back = {5: 5, 6: 8, 7: 7, 8: 6}.get(turn, turn)
    if back in pictures._TURNS:
        image = image.transpose(pictures._TURNS[back])
    image.save(out, "JPEG", exif=exif, quality=95)
    with Image.open(io.BytesIO(encode(out.getvalue()).content)) as stored:
        assert stored.size == (40, 30)
        grey = stored.convert("L")
        dark = [grey.getpixel(at) < 128 for at in ((5, 5), (35, 5), (5, 25), (35, 25))]  # type: ignore[operator]
    assert dark == [True, False, False, False]


def _never(_content: bytes) -> None:
    raise AssertionError("decoded before the cheap checks")


def test_what_cannot_be_attached_anyway_is_refused_before_anything_is_decoded(
    rt: Runtime, call_id: CallId, ming: Actor, monkeypatch: pytest.MonkeyPatch, clock: MovableClock
) -> None:
    full = service.save_draft(rt, ming, call_id, {})
    for shade in range(5):
        service.attach_picture(rt, ming, full.id, content=picture(shade=shade * 40), alt="圖")
    own = service.save_draft(rt, ming, call_id, {})
    stranger = Actor(kind="resident", id=ming.id + 1000)
    monkeypatch.setattr(pictures, "encode", _never)
    with pytest.raises(PicturesFull):
        service.attach_picture(rt, ming, full.id, content=picture(), alt="圖")
    with pytest.raises(PbvoteError):
        service.attach_picture(rt, stranger, own.id, content=picture(), alt="圖")
    with pytest.raises(InvalidInput):
        service.attach_picture(rt, ming, own.id, content=picture(), alt="長" * 201)
    clock.forward(days=400)
    with pytest.raises(StageClosed):
        service.attach_picture(rt, ming, own.id, content=picture(), alt="圖")


def test_one_picture_is_decoded_at_a_time_one_waits_and_the_rest_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go, running, most = threading.Event(), threading.Event(), [0], [0]
    real = pictures._encoded

    def slow(content: bytes, kind: str) -> pictures.Encoded:
        running[0] += 1
        most[0] = max(most[0], running[0])
        begun.set()
        assert go.wait(60)
        running[0] -= 1
        return real(content, kind)

    monkeypatch.setattr(pictures, "_encoded", slow)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(encode, picture())
        assert begun.wait(60)
        second = pool.submit(encode, picture())
        while pictures._at_pictures._value:  # until the second has its place
            pass
        for _ in range(6):
            with pytest.raises(PicturesBusy):
                encode(picture())
        go.set()
        assert first.result(60) == second.result(60)
    assert most == [1]
    monkeypatch.undo()
    assert encode(picture()).width == 30


def test_an_account_that_sends_very_many_pictures_is_told_to_come_later(
    rt: Runtime, call_id: CallId, ming: Actor, clock: MovableClock
) -> None:
    draft = service.save_draft(rt, ming, call_id, {})
    for _ in range(pictures.HOURLY["resident"]):
        with pytest.raises(PictureType):
            service.attach_picture(rt, ming, draft.id, content=b"none", alt="圖")
    with pytest.raises(PicturesMany) as refused:
        service.attach_picture(rt, ming, draft.id, content=picture(), alt="圖")
    clock.forward(seconds=float(str(refused.value.facts["retry_after"])))
    assert service.attach_picture(rt, ming, draft.id, content=picture(), alt="圖").pictures


def test_pictures_are_brought_into_an_order_and_get_their_words(
    rt: Runtime, call_id: CallId, ming: Actor
) -> None:
    draft = service.save_draft(rt, ming, call_id, proposal_values())
    for shade in range(3):
        draft = service.attach_picture(rt, ming, draft.id, content=picture(shade=shade * 40), alt="")
    one, two, three = (each.id for each in draft.pictures)
    with pytest.raises(AltMissing) as refused:
        service.submit(rt, ming, draft.id)
    assert refused.value.facts["number"] == 1
    arranged = service.arrange_pictures(
        rt, ming, draft.id, order=[three, one, 999], alts={one: "一", two: " 二 ", three: "三", 999: "別人的"}
    )
    assert [(each.id, each.alt) for each in arranged.pictures] == [(three, "三"), (one, "一"), (two, "二")]
    assert service.arrange_pictures(rt, ming, draft.id).revision == arranged.revision  # nothing new
    with pytest.raises(InvalidInput) as long:
        service.arrange_pictures(rt, ming, draft.id, alts={one: "長" * 201, two: "換了"})
    assert long.value.field == f"alt-{one}"
    with pytest.raises(PbvoteError):
        service.arrange_pictures(rt, Actor(kind="resident", id=ming.id + 1000), draft.id, order=[two])
    sent = service.submit(rt, ming, draft.id)
    assert [each.alt for each in sent.pictures] == ["三", "一", "二"]


@pytest.mark.parametrize(
    ("by", "order"), [(-1, [2, 1, 3]), (1, [1, 3, 2]), (-9, [2, 1, 3]), (9, [1, 3, 2]), (0, [1, 2, 3])]
)
def test_a_step_stops_at_either_end(by: int, order: list[int]) -> None:
    assert gallery.moved([1, 2, 3], 2, by=by) == order
    assert gallery.moved([1, 2, 3], 7, by=by) == [1, 2, 3]


def test_a_file_above_the_limit_is_refused_before_it_is_looked_at(
    rt: Runtime, call_id: CallId, ming: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = service.save_draft(rt, ming, call_id, {})
    monkeypatch.setattr(pictures, "encode", _never)
    with pytest.raises(PictureLarge) as refused:
        service.attach_picture(
            rt, ming, draft.id, content=b"\xff" * (rt.settings.web.upload_bytes + 1), alt="圖"
        )
    assert refused.value.facts["most"] == 10
