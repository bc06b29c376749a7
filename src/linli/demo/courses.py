"""What becomes of a report in the sample town: arrivals, plans, summonses, breaches, call-backs, rounds. Every step is an act like any other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from linli.demo import pictures, sayings
from linli.demo.days import Days
from linli.demo.kinds import PATROL, weighted
from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts
from linli.kernel.matters.asks import Inputs, Photo, Report, Reporter
from linli.kernel.matters.models import Matter
from linli.kernel.packspec import editions
from linli.kernel.people import duty
from linli.kernel.people.actors import Actor
from linli.kernel.registers import rounds


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


def repair(days: Days, number: int, when: datetime) -> None:
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


def request(days: Days, number: int, when: datetime) -> None:
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


def set_out(days: Days, grid: int, worker: int, at: datetime) -> None:
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
    receipt = acts.open_matter(actor, report)
    when = moment.now() + timedelta(minutes=rng.uniform(20, 900))
    days.at(when, lambda now: _put_right(days, receipt.matter_id, now))


def _put_right(days: Days, number: int, at: datetime) -> None:
    matter, rng = Matter.objects.get(pk=number), days.rng
    photos = (Photo(pictures.picture(pictures.scene_for(matter.kind), True, rng.randint(0, 3)), "after"),)
    if _act(days, number, "finish", Inputs(words=sayings.done(rng), photos=photos)):
        _after(days, number, at)
