"""The machine's clock jumps, a day forward and a day back, as it does when somebody sets it. Ids rise, every clock speaks once."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from linli.kernel import ids, moment
from linli.kernel.ledger import audit, rows, sequence
from linli.kernel.matters import due
from linli.kernel.matters.models import Clock, Matter, Step
from tests import town as towns

BEGIN = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # ten in the morning


class Setting:
    """A machine clock that somebody sets."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return moment._travelled.get() or self.now

    def ns(self) -> int:
        return int(self.now.timestamp()) * 1_000_000_000


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Setting:
    """Everything in this process reads its time from here, ids too."""
    setting = Setting()
    monkeypatch.setattr(moment, "now", setting)
    monkeypatch.setattr(time, "time_ns", setting.ns)
    monkeypatch.setattr(ids, "_last", 0)
    return setting


@pytest.fixture
def town(transactional_db: None, machine: Setting) -> Iterator[towns.Town]:
    yield towns.build()


def test_ids_stay_unique_and_rising_while_the_clock_jumps(machine: Setting) -> None:
    made: list[list[int]] = [[] for _ in range(8)]

    def make(number: int) -> None:
        rng = random.Random(number)
        for _ in range(2000):
            if rng.random() < 0.01:
                machine.now = BEGIN + timedelta(days=rng.uniform(-2, 2))
            made[number].append(ids.new_id())

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for own in made:
        assert own == sorted(own)
    assert len({each for own in made for each in own}) == 16_000
    assert all(0 < each < 1 << 63 for own in made for each in own)


def _told() -> Counter[tuple[int, object, str, object]]:
    """What each clock has said, how often."""
    said = Step.objects.filter(does="clock")
    return Counter(
        (step.matter_id, step.facts["clock"], step.act, step.facts.get("rung", 0)) for step in said
    )


@pytest.mark.django_db(transaction=True)
def test_clocks_neither_speak_twice_nor_fall_silent_when_the_hour_jumps(
    town: towns.Town, machine: Setting
) -> None:
    left, handled = (town.report(at=501).matter_id, town.report(at=502, words="水管爆了").matter_id)
    machine.now = BEGIN + timedelta(days=1)
    assert due.run_due() > 0
    after_the_jump = _told()
    assert after_the_jump, "a day later nobody had come: that is said"
    machine.now = BEGIN - timedelta(hours=20)
    assert due.run_due() == 0
    town.take("worker2", handled, "arrive", position=towns.spot(502))
    machine.now = BEGIN + timedelta(minutes=1)
    another = town.report(at=511, words="楼道灯不亮").matter_id
    for hours in (0.2, 3, 1, 30, 2, 49, 25, 24 * 9):
        machine.now = BEGIN + timedelta(hours=hours)
        while due.run_due():
            pass
    assert max(_told().values()) == 1, "something was said twice"
    assert after_the_jump <= _told()
    assert {left, another} <= {matter_id for matter_id, *_ in _told()}
    assert not Clock.objects.filter(next_at__lte=machine.now).exists(), "a clock is stuck"
    sequence.sequence_all()
    assert audit.verify().clean
    assert sequence.waiting().count == 0
    for matter in Matter.objects.all():
        entries = [row for row in rows.read(0, 10_000) if row.subject == f"matter:{ids.text(matter.pk)}"]
        assert [row.seq for row in entries] == list(range(1, matter.steps + 1))
