"""Law 2, by chance: whatever anybody does to whatever matter, each open one has one holder who is there and a clock that runs."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from linli.kernel import moment
from linli.kernel.matters import audit
from linli.kernel.matters.models import Matter
from linli.kernel.people import snapshot
from tests.kernel.laws.living import Life, closers, lawless
from tests.town import Town, local

pytestmark = pytest.mark.django_db


# a life is told by its seed: making it shorter finds another life, so a failure is shown as it happened
@settings(
    max_examples=4,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32), length=st.integers(10, 30))
def test_whatever_happens_every_open_matter_has_a_holder_and_a_clock(
    town: Town, seed: int, length: int
) -> None:
    with transaction.atomic():
        try:
            live(Life(town, seed, local("2026-03-04 09:00")), length)
        finally:
            transaction.set_rollback(True)
    snapshot.forget()


def live(life: Life, length: int) -> None:
    for _ in range(length):
        life.go_on()
        with moment.at(life.now):
            assert lawless() == [], "\n".join(life.log)
            assert closers() == [], "\n".join(life.log)
    differing = [str(each) for each in audit.differences()]
    assert differing == [], "\n".join([*life.log, *differing])


def test_the_chance_is_a_fair_one(town: Town) -> None:
    """A life in which nothing is ever done would prove nothing."""
    life = Life(town, 20260304, local("2026-03-04 09:00"))
    for _ in range(300):
        life.go_on()
        if life.acted >= 20 and Matter.objects.filter(ended_at__isnull=False).exists():
            break
    assert life.acted >= 20, "\n".join(life.log)
    assert Matter.objects.filter(ended_at__isnull=False).exists(), "\n".join(life.log)
