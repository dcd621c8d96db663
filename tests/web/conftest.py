"""Browsers at the site: one of a stranger, one of an officer who is signed in."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.make.people import Staff
from tests.make.visitors import Browser


@pytest.fixture
def browser(site: FlaskClient) -> Browser:
    """A stranger."""
    return Browser(site)


@pytest.fixture
def desk(site: FlaskClient, officer: Staff) -> Browser:
    """The officer, signed in."""
    desk = Browser(site)
    desk.sign_in(officer)
    return desk
