"""Two weeks of the sample town, lived through the same acts as every other day: reports, arrivals, breaches, call-backs, rounds.

Nothing is written beside the acts: the moment travels, people act, clocks fall due in between. So history has steps, clocks and ledger entries
like the present, and an audit of the sample town is an audit of the program.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

from linli.demo import pictures, sayings
from linli.demo.staffing import Staff
from linli.kernel import moment, store
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, due
from linli.kernel.matters.asks import Inputs, Photo, Report, Reporter
from linli.kernel.matters.models import Clock, Matter
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Pack
from linli.kernel.people import duty
from linli.kernel.people.actors import PUBLIC, Actor, actor_of
from linli.kernel.registers import rounds

Event = tuple[datetime, int, Callable[[datetime], None]]
_HOURS = (1, 1, 0, 0, 0, 1, 4, 10, 12, 10, 8, 7, 6, 6, 6, 7, 8, 9, 10, 11, 9, 6, 3, 2)
REPAIR = {
    "water_leak": 9, "no_water": 3, "sewage": 6, "street_light": 6, "stair_light": 8, "heating": 7, "lift": 6, "entry": 5, "manhole": 4,
    "road": 5, "rubbish": 8, "fire_lane": 5, "tree": 2, "power_cut": 3, "playground": 2, "charger": 3, "wall": 2, "railing": 2,
}  # fmt: skip
REQUEST = {
    "noise_dance": 4,
    "parking": 6,
    "elder": 4,
    "subsidy": 4,
    "neighbour": 4,
    "property": 5,
    "suggestion": 4,
    "question": 5,
    "noise_works": 3,
}
PATROL = {
    "rubbish": 6,
    "posters": 4,
    "fire_lane": 5,
    "stall": 3,
    "hazard": 3,
    "manhole": 2,
    "lamp": 2,
    "tree": 2,
    "quarrel": 2,
    "exercise": 1,
}


@dataclass(frozen=True)
class House:
    """Somewhere things happen: a building with its micro-grid."""

    address: str
    lon: float
    lat: float
    grid: int


@dataclass
class Days:
    """The days to be lived."""

    houses: Sequence[House]
    staff: Staff
    rng: Random
    until: datetime
    per_day: int = 20
    events: list[Event] = field(default_factory=list)
    done: int = 0
    _count: int = 0
    _actors: dict[int, Actor] = field(default_factory=dict)

    def at(self, when: datetime, what: Callable[[datetime], None]) -> None:
        """Have something happen, unless it lies after the present."""
        if when < self.until:
            self._count += 1
            heapq.heappush(self.events, (when, self._count, what))

    def actor(self, person_id: int | None) -> Actor:
        assert person_id is not None
        if person_id not in self._actors:
            self._actors[person_id] = actor_of(person_id)
        return self._actors[person_id]

    def live(self, tell: Callable[[datetime], None]) -> int:
        """Let everything happen in order; answers how many acts there were. A hundred moments share one commit: history needs no receipt."""
        while self.events:
            with store.acting():
                for _ in range(min(100, len(self.events))):
                    if not self.events:
                        break
                    when, _, what = heapq.heappop(self.events)
                    with moment.at(when):
                        _fall_due(when)
                        what(when)
                        self.done += 1
            tell(when)
        with moment.at(self.until):
            _fall_due(self.until)
        return self.done


def _fall_due(now: datetime) -> None:
    """Clocks speak at their own hour, also between the acts of history."""
    for _ in range(200):
        soonest = (
            Clock.objects.filter(next_at__lte=now)
            .order_by("next_at")
            .values_list("next_at", flat=True)
            .first()
        )
        if soonest is None:
            break
        with moment.at(max(soonest, now - timedelta(days=20))):
            if not due.run_due(limit=1):
                break
    if Matter.objects.filter(paused_until__lte=now).exists():
        due.run_due()


def plan(days: Days, since: datetime) -> None:
    """Put the reports and rounds of all days on the calendar; what follows from each is decided when it happens."""
    day = since
    while day < days.until:
        for _ in range(max(4, round(days.rng.gauss(days.per_day, 4)))):
            days.at(_within(day, days.rng), lambda when: _reported(days, when))
        for grid, worker in days.staff.workers.items():
            if days.rng.random() < 0.8:
                days.at(
                    day + timedelta(hours=8, minutes=days.rng.randint(0, 420)),
                    partial(_set_out, days, grid, worker),
                )
        day += timedelta(days=1)
    for minutes in (
        4,
        9,
        15,
        22,
        31,
        43,
        58,
        75,
    ):  # there is always something going on when the town is opened
        days.at(days.until - timedelta(minutes=minutes), lambda when: _reported(days, when))


def _within(day: datetime, rng: Random) -> datetime:
    hour = rng.choices(range(24), _HOURS)[0]
    return day + timedelta(hours=hour, minutes=rng.randint(0, 59), seconds=rng.randint(0, 59))


def weighted(rng: Random, weights: dict[str, int], pack: Pack) -> tuple[str, str]:
    """A kind and, mostly, its usual condition."""
    known = {key: weight for key, weight in weights.items() if key in pack.kinds}
    key = rng.choices(list(known), list(known.values()))[0]
    conditions = pack.kinds[key].conditions
    return key, (conditions[0] if rng.random() < 0.72 else rng.choice(conditions)).key


def said_how(pack: Pack, kind: str, condition: str) -> str:
    """The condition in words, unless it is the usual one."""
    others = pack.kinds[kind].conditions[1:]
    return next((other.text.zh for other in others if other.key == condition), "")


def reporter(days_rng: Random, residents: Sequence[int], number: int) -> Reporter:
    """A neighbour: with an account, with a telephone, or nameless."""
    dice = days_rng.random()
    surname = days_rng.choice("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨")
    name = surname + days_rng.choice(("师傅", "女士", "先生", "阿姨", "大爷"))
    if dice < 0.2 and residents:
        return Reporter(name, f"1990{number % 5000:07d}", person_id=days_rng.choice(list(residents)))
    if dice < 0.9:
        return Reporter(name, f"1990{number % 5000:07d}")
    return Reporter()


def _reported(days: Days, when: datetime) -> None:
    rng, house = days.rng, days.rng.choice(days.houses)
    pack_key = "repair" if rng.random() < 0.78 else "request"
    pack = editions.current(pack_key)
    kind, condition = weighted(rng, REPAIR if pack_key == "repair" else REQUEST, pack)
    how = said_how(pack, kind, condition)
    by_phone = rng.random() < 0.35
    source, actor = (
        ("hotline", days.actor(rng.choice(days.staff.operators))) if by_phone else ("portal", PUBLIC)
    )
    photos = (
        (Photo(pictures.picture(pictures.scene_for(kind), False, rng.randint(0, 3))),)
        if not by_phone and rng.random() < 0.5
        else ()
    )
    off = (rng.uniform(-8e-5, 8e-5), rng.uniform(-6e-5, 6e-5))
    report = Report(
        pack_key, kind, condition, house.lon + off[0], house.lat + off[1], None, house.address, sayings.said(kind, rng, how), photos,
        reporter(rng, days.staff.residents, rng.randint(1, 4000)), source,
    )  # fmt: skip
    receipt = acts.open_matter(actor, report)
    follow_up = _repair if pack_key == "repair" else _request
    follow_up(days, receipt.matter_id, when)


def _act(days: Days, matter_id: int, act: str, inputs: Inputs, by: int | None = None) -> bool:
    """Somebody acts, by default whoever is responsible then. What the rules refuse simply does not happen, as in life."""
    matter = Matter.objects.get(pk=matter_id)
    person = by or matter.holder_id
    if person is None or matter.ended_at is not None:
        return False
    try:
        acts.take(days.actor(person), matter_id, act, inputs)
    except Refusal:
        return False
    return True


def _spot(matter: Matter) -> tuple[float, float]:
    return (matter.lon or 0.0, matter.lat or 0.0)


def _repair(days: Days, number: int, when: datetime) -> None:
    """Somebody comes: mostly within ten minutes, now and then too late, once in a while not before the ladder has climbed."""
    rng = days.rng
    minutes = rng.choices((rng.uniform(2, 9), rng.uniform(9, 14), rng.uniform(22, 40)), (0.9, 0.08, 0.02))[0]
    days.at(when + timedelta(minutes=minutes), lambda at: _arrive(days, number, at))


def _arrive(days: Days, number: int, at: datetime) -> None:
    rng, matter = days.rng, Matter.objects.get(pk=number)
    if matter.stage != "reported":
        return
    _act(days, number, "arrive", Inputs(position=_spot(matter)))
    if rng.random() < 0.15:
        days.at(at + timedelta(minutes=2), lambda now: _note(days, number))
    if matter.grade == "major":
        days.at(at + timedelta(minutes=rng.uniform(30, 200)), lambda now: _plan(days, number, now))
        return
    if matter.grade == "complex":
        if rng.random() < 0.3:
            days.at(at + timedelta(minutes=5), lambda now: _summon(days, number, now))
        if rng.random() < 0.12:
            days.at(at + timedelta(minutes=9), lambda now: _pause(days, number, now))
        length = rng.choices((rng.uniform(30, 200), rng.uniform(235, 330)), (0.88, 0.12))[0]
    else:
        if rng.random() < 0.06:
            days.at(at + timedelta(minutes=4), lambda now: _upward(days, number))
        length = rng.choices((rng.uniform(6, 18), rng.uniform(25, 60)), (0.9, 0.1))[0]
    days.at(at + timedelta(minutes=length), lambda now: _finish(days, number, now))


def _note(days: Days, number: int) -> None:
    _act(days, number, "note", Inputs(words=sayings.note(days.rng)))


def _upward(days: Days, number: int) -> None:
    _act(days, number, "hand_up", Inputs(reason=sayings.hand_up(days.rng)))


def _summon(days: Days, number: int, at: datetime) -> None:
    """吹哨: the leader calls one or two units; they report in, mostly in time."""
    matter, rng = Matter.objects.get(pk=number), days.rng
    leader = duty.holder("grid_leader", matter.path, at)
    wanted = editions.edition(matter.edition).kinds[matter.kind].unit or "city_management"
    kinds = {wanted, rng.choice(("city_management", "sanitation", "power"))} & set(days.staff.units)
    units = tuple(days.staff.units[kind] for kind in sorted(kinds))
    if leader is None or not units:
        return
    if _act(days, number, "summon", Inputs(units=units, words="请带工具到现场"), leader.person_id):
        for unit in units:
            days.at(at + timedelta(minutes=rng.uniform(3, 12)), partial(_here_now, days, number, unit))


def _here_now(days: Days, number: int, unit: int, at: datetime) -> None:
    holding = duty.unit_holder(unit)
    if holding is not None:
        _act(days, number, "acknowledge", Inputs(), holding.person_id)


def _pause(days: Days, number: int, at: datetime) -> None:
    matter = Matter.objects.get(pk=number)
    leader = duty.holder("grid_leader", matter.path, at)
    if leader is not None:
        until = at + timedelta(hours=days.rng.choice((2, 5, 20)))
        _act(days, number, "pause", Inputs(reason="等配件送到", until=until), leader.person_id)


def _plan(days: Days, number: int, at: datetime) -> None:
    until = at + timedelta(days=days.rng.randint(1, 3))
    if _act(days, number, "plan", Inputs(words=sayings.plan(days.rng), until=until)):
        days.at(until - timedelta(hours=days.rng.uniform(2, 20)), lambda now: _finish(days, number, now))


def _finish(days: Days, number: int, at: datetime) -> None:
    matter, rng = Matter.objects.get(pk=number), days.rng
    if matter.paused_until is not None:
        days.at(matter.paused_until + timedelta(minutes=20), lambda now: _finish(days, number, now))
        return
    scene = pictures.scene_for(matter.kind)
    photos: tuple[Photo, ...] = (Photo(pictures.picture(scene, True, rng.randint(0, 3)), "after"),)
    if rng.random() < 0.4:
        photos = (Photo(pictures.picture(scene, False, rng.randint(0, 3)), "before"), *photos)
    worker = duty.holder("grid_worker", matter.path, at)
    done = Inputs(words=sayings.done(rng), photos=photos)
    if _act(days, number, "finish", done, worker.person_id if worker else None) or _act(
        days, number, "finish", done
    ):
        _after(days, number, at)


def _after(days: Days, number: int, at: datetime) -> None:
    """A call-back the same day or the next morning; three in ten answer by their link before anybody calls; or a check on the spot."""
    matter, rng = Matter.objects.get(pk=number), days.rng
    if matter.stage == "check":
        days.at(at + timedelta(minutes=rng.uniform(20, 200)), lambda now: _check(days, number, now))
        return
    wait = rng.choices((rng.uniform(0.3, 5), rng.uniform(10, 22)), (0.75, 0.25))[0]
    if rng.random() < 0.3:
        wait = rng.uniform(0.1, 2)
    days.at(_office(at + timedelta(hours=wait)), lambda now: _call(days, number, now))


def _office(when: datetime) -> datetime:
    """Nobody is called at night."""
    here = moment.local(when)
    if here.hour < 8:
        return when + timedelta(hours=8 - here.hour)
    return when + timedelta(hours=32 - here.hour) if here.hour >= 21 else when


def _call(days: Days, number: int, at: datetime) -> None:
    matter, rng = Matter.objects.get(pk=number), days.rng
    if matter.stage != "done":
        return
    if matter.anonymous:
        _by_another(days, number, "close_without", Inputs(reason="匿名上报，没有联系方式"))
        return
    dice = rng.random()
    if dice < 0.12:
        _by_another(days, number, "call_back", Inputs(contacted=False))
        days.at(_office(at + timedelta(hours=rng.uniform(2.2, 5))), lambda now: _call(days, number, now))
        return
    happy = dice > 0.2 or matter.round > 0
    words = sayings.happy(rng) if happy else sayings.unhappy(rng)
    answers = Inputs(contacted=True, solved=happy or rng.random() < 0.5, satisfied=happy, words=words)
    if _by_another(days, number, "call_back", answers) and not happy:
        days.at(at + timedelta(minutes=rng.uniform(15, 90)), lambda now: _finish(days, number, now))


def _by_another(days: Days, number: int, act: str, inputs: Inputs) -> bool:
    """An operator who has not handled the matter; whoever has is refused and passes it on."""
    operators = list(days.staff.operators)
    days.rng.shuffle(operators)
    return any(_act(days, number, act, inputs, operator) for operator in operators)


def _check(days: Days, number: int, at: datetime) -> None:
    """Whoever leads looks on the spot; a leader who lent a hand is refused, then the secretary goes."""
    matter = Matter.objects.get(pk=number)
    fine = days.rng.random() < 0.93
    answer = Inputs(verified=fine, position=_spot(matter))
    heads = [
        matter.holder_id,
        *(
            h.person_id
            for r in ("grid_leader", "community_secretary")
            if (h := duty.holder(r, matter.path, at))
        ),
    ]
    if any(_act(days, number, "check", answer, person) for person in heads) and not fine:
        days.at(at + timedelta(minutes=30), lambda now: _finish(days, number, now))


def _request(days: Days, number: int, when: datetime) -> None:
    days.at(when + timedelta(minutes=days.rng.uniform(5, 100)), lambda at: _verify(days, number, at))


def _verify(days: Days, number: int, at: datetime) -> None:
    """The operator asks back; questions are answered at once, the rest is accepted and dispatched."""
    rng, matter = days.rng, Matter.objects.get(pk=number)
    operator = rng.choice(days.staff.operators)
    if matter.kind in ("question", "elder", "subsidy") and rng.random() < 0.7:
        if _act(days, number, "reply", Inputs(words="已说明办理条件和窗口，材料清单发给您了"), operator):
            days.at(_office(at + timedelta(hours=rng.uniform(1, 8))), lambda now: _call(days, number, now))
        return
    if rng.random() < 0.06:
        if _act(days, number, "out_of_scope", Inputs(reason="属合同纠纷，应由法院处理"), operator):
            days.at(at + timedelta(hours=3), lambda now: _review(days, number, now))
        return
    if _act(days, number, "verify", Inputs(verified=True, words="情况属实，已受理"), operator):
        days.at(at + timedelta(hours=rng.uniform(0.5, 5)), lambda now: _dispatch(days, number, now))


def _review(days: Days, number: int, at: datetime) -> None:
    matter = Matter.objects.get(pk=number)
    secretary = duty.holder("community_secretary", matter.path, at)
    if secretary is not None:
        _act(days, number, "approve", Inputs(words="同意，已告知可走的途径"), secretary.person_id)


def _dispatch(days: Days, number: int, at: datetime) -> None:
    matter, rng = Matter.objects.get(pk=number), days.rng
    wanted = editions.edition(matter.edition).kinds[matter.kind].unit or "city_management"
    unit = days.staff.units.get(wanted) or days.staff.units["city_management"]
    if rng.random() < 0.6 and _act(days, number, "dispatch", Inputs(units=(unit,), words="请上门核实办理")):
        days.at(_office(at + timedelta(hours=rng.uniform(4, 100))), lambda now: _settled(days, number, now))
    elif _act(days, number, "take_on", Inputs()):
        days.at(_office(at + timedelta(hours=rng.uniform(3, 60))), lambda now: _settled(days, number, now))


def _settled(days: Days, number: int, at: datetime) -> None:
    if _act(days, number, "finish", Inputs(words=sayings.done(days.rng))):
        days.at(_office(at + timedelta(hours=days.rng.uniform(1, 20))), lambda now: _call(days, number, now))


def _set_out(days: Days, grid: int, worker: int, at: datetime) -> None:
    """A round: set out, pass every stop, come home; sometimes something is found."""
    actor, rng = days.actor(worker), days.rng
    try:
        item = rounds.start_round(actor, grid)
    except Refusal:
        return
    for stop in rounds.stops(grid):
        ok = rng.random() > 0.05
        lon, lat = stop.data["spot"]
        rounds.visit(actor, item.id, stop.id, ok, (lon, lat))
        if not ok:
            _found(days, actor, stop.data["spot"])
    rounds.finish_round(actor, item.id)


def _found(days: Days, actor: Actor, spot: Sequence[float]) -> None:
    rng, pack = days.rng, editions.current("patrol")
    kind, condition = weighted(rng, PATROL, pack)
    photo = Photo(pictures.picture(pictures.scene_for(kind), False, rng.randint(0, 3)))
    report = Report(
        "patrol", kind, condition, spot[0], spot[1], None, "", sayings.found(rng), (photo,), Reporter(), "patrol", found=True
    )  # fmt: skip
    receipt = acts.open_matter(actor, replace(report))
    when = moment.now() + timedelta(minutes=rng.uniform(20, 900))
    days.at(when, lambda now: _put_right(days, receipt.matter_id, now))


def _put_right(days: Days, number: int, at: datetime) -> None:
    matter, rng = Matter.objects.get(pk=number), days.rng
    photos = (Photo(pictures.picture(pictures.scene_for(matter.kind), True, rng.randint(0, 3)), "after"),)
    if _act(days, number, "finish", Inputs(words=sayings.done(rng), photos=photos)):
        _after(days, number, at)
