"""A label on which an apply is pending."""

import pytest
from support.pending import PendingDesk


@pytest.fixture
def desk():
    desk = PendingDesk()
    desk.begin()
    return desk
