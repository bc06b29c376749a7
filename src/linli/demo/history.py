"""Two weeks of the sample town, lived through the same acts as every other day: reports, arrivals, breaches, call-backs, rounds.

Nothing is written beside the acts: the moment travels, people act, clocks fall due in between. So history has steps, clocks and ledger entries
like the present, and an audit of the sample town is an audit of the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random

from linli.demo import courses, pictures, sayings
from linli.demo.days import Days, House
from linli.demo.kinds import REPAIR, REQUEST, said_how, weighted
from linli.kernel.matters import acts
from linli.kernel.matters.asks import Photo, Report, Reporter
from linli.kernel.packspec import editions
from linli.kernel.people.actors import PUBLIC

__all__ = ["Days", "House", "plan"]

_HOURS = (1, 1, 0, 0, 0, 1, 4, 10, 12, 10, 8, 7, 6, 6, 6, 7, 8, 9, 10, 11, 9, 6, 3, 2)


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
                    partial(courses.set_out, days, grid, worker),
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
    follow_up = courses.repair if pack_key == "repair" else courses.request
    follow_up(days, receipt.matter_id, when)
