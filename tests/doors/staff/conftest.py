"""Signing in at the doors of the small town, for tests of desk and hotline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from linli.kernel.people.models import Person
from tests import town as towns

SignIn = Callable[..., Client]


@pytest.fixture
def sign_in(town: towns.Town, settings: Any) -> SignIn:
    """``sign_in("leader")`` is a browser of theirs, second factor given; ``part=True`` asks for fragments as htmx does."""
    settings.MODE = "demo"

    def enter(login: str, *, lang: str = "zh", part: bool = False) -> Client:
        client = Client(headers={"HX-Request": "true"} if part else {})
        person = Person.objects.get(pk=town.ids[login])
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session["demo"] = True
        session.save()
        client.cookies["lang"] = lang
        return client

    return enter
