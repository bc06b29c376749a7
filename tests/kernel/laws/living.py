"""What must be so of every matter at every moment, and somebody who does whatever may be done."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, due, reads, succession
from linli.kernel.matters.asks import Inputs, Report, Reporter
from linli.kernel.matters.models import Clock, Contact, Matter, Step
from linli.kernel.packspec import editions
from linli.kernel.people import acts as people
from linli.kernel.people import duty, rota, sealed
from linli.kernel.people.actors import PUBLIC, SYSTEM, Actor, actor_of
from linli.kernel.people.models import Assignment, Leave, Person
from tests.town import STAFF, TREE, UNITS, Town, photo, spot

WORDS = ("楼道漏水", "已到现场", "请尽快", "没有修好")
GROUND = tuple(number for number, (_, level, *_) in TREE.items() if level == "micro_grid")
PICTURES = (photo("after"), photo("before"))  # made once: drawing them is not what is tested


def unheld(matter: Matter) -> str:
    """Why an open matter breaks law 2; empty where it does not."""
    if matter.ended_at is not None:
        running = Clock.objects.filter(matter=matter, state__in=("running", "paused")).exists()
        return "ended, and a clock still runs" if running else ""
    if matter.holder_id is None or not Person.objects.filter(pk=matter.holder_id, is_active=True).exists():
        return "nobody is responsible"
    now = moment.now()
    if not duty.answers(
        matter.holder_id, matter.holder_role, matter.holder_place_id, matter.holder_unit_id, now
    ):
        return f"whoever is responsible holds no {matter.holder_role} any more"
    if matter.paused_until is not None:
        return "" if matter.paused_until > now else "the pause is over and nobody noticed"
    running = list(Clock.objects.filter(matter=matter, state="running"))
    if not running:
        return f"no clock runs at {matter.stage}"
    if matter.due_at is None or matter.due_clock not in {clock.key for clock in running}:
        return "what is due first is not what stands in the row"
    return ""


def lawless() -> list[str]:
    """Every matter that breaks law 2, with why."""
    return [f"{m.number} {m.pack} at {m.stage}: {why}" for m in Matter.objects.all() if (why := unheld(m))]


class Life:
    """One town's life by chance: reports, acts of anybody on anything, time, leave, hand-overs."""

    def __init__(self, town: Town, seed: int, began: datetime) -> None:
        self.town, self.chance, self.now = town, random.Random(seed), began
        self.log: list[str] = []
        self.acted = 0

    def go_on(self) -> None:
        """One thing happens."""
        doings: list[tuple[int, Callable[[], None]]] = [
            (3, self.report), (24, self.act), (5, self.wait), (1, self.leave), (1, self.hand_over),
        ]  # fmt: skip
        weights = [weight for weight, _ in doings]
        if not Matter.objects.exists():
            weights = [1, 0, 0, 0, 0]
        ((_, doing),) = self.chance.choices(doings, weights)
        with moment.at(self.now):
            doing()
        with moment.at(self.now):
            succession.run_once()

    def report(self) -> None:
        pack = self.chance.choice(
            sorted(
                key
                for key, p in editions.all_current().items()
                if "resident" in p.opened_by or key == "patrol"
            )
        )
        declared = editions.all_current()[pack]
        kind = self.chance.choice(sorted(declared.kinds))
        condition = self.chance.choice(declared.kinds[kind].conditions).key
        place = self.chance.choice(GROUND)
        found = pack == "patrol"
        by = self._at(place) if found else PUBLIC
        lon, lat = spot(place)
        reporter = Reporter() if found or self.chance.random() < 0.2 else Reporter("某人", "19900000001")
        acts.open_matter(by, Report(
            pack, kind, condition, lon=lon, lat=lat, words=self.chance.choice(WORDS), photos=PICTURES[:1], reporter=reporter, found=found,
        ))  # fmt: skip
        self.log.append(f"report {pack}.{kind} at {place}")

    def _at(self, place: int) -> Actor:
        holding = duty.holder("grid_worker", f"/1/2/5/50/{place}/" if place < 510 else "/1/") or duty.holder(
            "grid_leader", "/1/2/5/50/"
        )
        assert holding is not None
        return actor_of(holding.person_id)

    def act(self) -> None:
        matter = self.chance.choice(list(Matter.objects.order_by("-ended_at", "pk")))
        pack = editions.edition(matter.edition)
        actor = self._somebody(matter)
        offered: list[str] = []
        with suppress(Refusal):
            offered = [offer.key for offer in reads.offers(actor, matter.id, "zh") if offer.allowed]
        key = self.chance.choice(offered if offered and self.chance.random() < 0.85 else sorted(pack.acts))
        needed = (*pack.acts[key].needs, *(m for m in pack.acts[key].may if self.chance.random() < 0.3))
        try:
            acts.take(actor, matter.id, key, self._inputs(needed, matter))
        except Refusal as refusal:
            self.log.append(f"{matter.number} {key}: refused {refusal.code}")
        else:
            self.acted += 1
            self.log.append(f"{matter.number} {key} by {actor.name or actor.kind}")

    def _somebody(self, matter: Matter) -> Actor:
        draw = self.chance.random()
        if draw < 0.45 and matter.holder_id is not None:
            return actor_of(matter.holder_id)
        contact = (
            Contact.objects.filter(matter=matter, erased_at=None, link__isnull=False).order_by("pk").first()
        )
        if draw < 0.6 and contact is not None and contact.link is not None:
            return reads.by_link(sealed.unseal(contact.link))
        return self.town.actor(self.chance.choice([*STAFF, *UNITS]))

    def _inputs(self, needed: tuple[str, ...], matter: Matter) -> Inputs:
        given: dict[str, Any] = {"photos": PICTURES}
        pack = editions.edition(matter.edition)
        others = list(Matter.objects.exclude(pk=matter.pk).values_list("pk", flat=True))
        lon, lat = spot(self.chance.choice(GROUND))
        draw: dict[str, tuple[str, Any]] = {
            "words": ("words", self.chance.choice(WORDS)), "reason": ("reason", "因为"), "position": ("position", (lon, lat)),
            "until": ("until", self.now + timedelta(hours=self.chance.randint(1, 72))), "grade": ("grade", self.chance.choice(sorted(pack.grades))),
            "contacted": ("contacted", self.chance.random() < 0.7), "solved": ("solved", self.chance.random() < 0.6),
            "satisfied": ("satisfied", self.chance.random() < 0.6), "verified": ("verified", self.chance.random() < 0.6),
            "unit": ("units", (self.chance.choice(sorted(self.town.units.values())),)),
            "units": ("units", tuple(self.chance.sample(sorted(self.town.units.values()), 3))),
            "role": ("role", self.chance.choice(("grid_worker", "grid_leader", "mediator"))),
            "limit": ("limit", self.chance.choice(("2h", "1wd", "30m"))),
            "spot": ("spot", (lon, lat)), "matter": ("matter_id", self.chance.choice(others) if others else 1),
            "kind": ("kind", self.chance.choice(sorted(pack.kinds))), "parts": ("parts", (Report(matter.pack, matter.kind, words="另一处"),)),
        }  # fmt: skip
        for name in needed:
            if name in draw:
                key, value = draw[name]
                given[key] = value
        return Inputs(**given)

    def wait(self) -> None:
        self.now += timedelta(minutes=self.chance.choice((3, 8, 25, 90, 600, 2880)))
        with moment.at(self.now):
            while due.run_due():
                pass
        self.log.append(f"it is {moment.local(self.now):%d %H:%M}")

    def leave(self) -> None:
        away, instead = self.chance.sample(sorted(STAFF), 2)
        try:
            until = self.now + timedelta(hours=self.chance.randint(4, 60))
            rota.take_leave(SYSTEM, self.town.ids[away], self.town.ids[instead], self.now, until)
            self.log.append(f"{away} is away, {instead} stands in")
        except Refusal as refusal:
            self.log.append(f"leave refused {refusal.code}")

    def hand_over(self) -> None:
        gone, heir = self.chance.sample(sorted(STAFF), 2)
        if Leave.objects.filter(deputy_id=self.town.ids[gone], until__gt=self.now).exists():
            return
        if not Assignment.objects.filter(person_id=self.town.ids[gone], until=None).exists():
            return
        try:
            people.hand_over(SYSTEM, self.town.ids[gone], self.town.ids[heir])
            self.log.append(f"{gone} hands over to {heir}")
        except Refusal as refusal:
            self.log.append(f"hand-over refused {refusal.code}")


def closers() -> list[str]:
    """Ends that break law 1: by whom it was handled, or in another way than the law's."""
    wrong = []
    for matter in Matter.objects.filter(ended_at__isnull=False):
        steps = list(Step.objects.filter(matter=matter).order_by("seq"))
        last = next(
            s
            for s in reversed(steps)
            if s.facts["effects"]["ended"] and s.stage_to == matter.stage and s.stage_from != s.stage_to
        )
        if last.does not in ("call_back", "check", "withdraw", "close_without", "merge", "approve"):
            wrong.append(f"{matter.number} ended by {last.does}")
        pack = editions.edition(matter.edition)
        handled = {
            s.actor_id
            for s in steps
            if s.seq < last.seq and (s.act in pack.handling or s.does == "acknowledge")
        }
        if last.does in ("call_back", "check") and last.actor_id is not None and last.actor_id in handled:
            wrong.append(f"{matter.number} was closed by whoever handled it")
    return wrong
