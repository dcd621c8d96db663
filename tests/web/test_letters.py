"""The size of the letters: one press makes them larger, on every page of every application, and stays."""

from __future__ import annotations

import re

from werkzeug.test import Client

from tests.make.polls import Poll


def test_larger_letters_stay_on_site_booth_and_check_in(service: Client, poll: Poll) -> None:
    paths = ["/", f"/calls/{poll.call_id}/", f"/booth/{poll.call_id}/", f"/checkin/{poll.call_id}/"]
    sizes = []
    for _ in range(3):
        page = service.get("/").get_data(as_text=True)
        found = re.search(r'href="(/letters/(\w+)\?next=/)"', page)
        assert found
        assert service.get(found[1]).location == "/"
        sizes.append(found[2])
        for path in paths:
            shown = service.get(path, follow_redirects=True).get_data(as_text=True)
            assert (f'data-letters="{found[2]}"' in shown) == (found[2] != "usual"), path
    assert sizes == ["large", "largest", "usual"]


def test_no_other_size_and_no_other_site(service: Client) -> None:
    assert service.get("/letters/huge").status_code == 404
    assert service.get("/letters/large?next=//evil.example").location == "/"
    service.set_cookie("pbvote_letters", '"><script>')
    assert "data-letters" not in service.get("/").get_data(as_text=True)
