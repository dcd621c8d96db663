"""0011: proposals of before have no documents, nothing asked and nobody under 18; their pictures stay."""

from __future__ import annotations

from pathlib import Path

from alembic import command

from pbvote.core.types import Actor, CallId
from pbvote.platform.migrate import configuration, upgrade
from pbvote.platform.runtime import Runtime
from pbvote.rooms.proposals import queries, service
from tests.make.files import picture
from tests.make.pdfs import pdf
from tests.make.proposals import put_submitted
from tests.make.services import close


def test_a_proposal_with_a_picture_goes_back_and_forth(
    rt: Runtime, tmp_path: Path, call_id: CallId, ming: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    service.attach_picture(rt, ming, sent.id, content=picture(), alt="現場")
    service.attach_document(rt, ming, sent.id, content=pdf(1), name="a.pdf", says="估價")
    url = f"sqlite:///{tmp_path / 'main.db'}"
    close(rt)
    command.downgrade(configuration(url, "main"), "0010")
    upgrade(url, "main")
    with rt.read_main() as tx:
        found = queries.get(tx, sent.id)
    assert [each.alt for each in found.pictures] == ["現場"]
    assert (found.documents, found.asked, found.minor, found.guardian) == ((), (), False, {})
