"""Who works in the sample town: every role of the grid, posted, on duty day and night. All invented."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from linli.demo import names
from linli.kernel import ids, moment, store
from linli.kernel.people import accounts, record, rota
from linli.kernel.people import acts as people
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.models import Person
from linli.kernel.people.rota import TurnAsk
from linli.kernel.places.tree import Node, tree

UNITS = {
    "heating": ("安和热力公司", "Anhe Heating"),
    "water": ("安和自来水公司", "Anhe Water"),
    "power": ("安和供电所", "Anhe Power Office"),
    "gas": ("安和燃气公司", "Anhe Gas"),
    "lift": ("安和电梯维保站", "Anhe Lift Service"),
    "city_management": ("柳荫城管中队", "Liuyin City Management"),
    "sanitation": ("柳荫环卫所", "Liuyin Sanitation"),
    "police": ("柳荫派出所", "Liuyin Police Station"),
    "health": ("柳荫卫生服务中心", "Liuyin Health Centre"),
    "housing": ("安和住建所", "Anhe Housing Office"),
    "civil_affairs": ("柳荫民政科", "Liuyin Civil Affairs"),
    "market": ("柳荫市场监管所", "Liuyin Market Office"),
    "fire": ("安和消防救援站", "Anhe Fire Station"),
}


@dataclass
class Staff:
    """The ids of everybody, by what they are."""

    workers: dict[int, int] = field(default_factory=dict)  # micro-grid → person
    nights: dict[int, int] = field(default_factory=dict)  # community → night worker
    leaders: dict[int, int] = field(default_factory=dict)  # compound → person
    secretaries: dict[int, int] = field(default_factory=dict)  # community → person
    officers: list[int] = field(default_factory=list)
    operators: list[int] = field(default_factory=list)
    units: dict[str, int] = field(default_factory=dict)  # kind → unit
    residents: list[int] = field(default_factory=list)


class _Names:
    """A fresh name and number for each."""

    def __init__(self, seed: int) -> None:
        self._names, self._next = names.people(seed), 1000

    def person(self, login: str, *, phone: bool = True) -> int:
        name, self._next = next(self._names), self._next + 1
        return accounts.add_person(SYSTEM, login, name.zh, phone=names.phone(self._next) if phone else "")


def post(seed: int, tell: Callable[[float], None]) -> Staff:
    """Fill every post of the home street and the district above it, and a few in every other street. ``tell`` hears how far it is, 0 to 1."""
    staff, fresh, ground = Staff(), _Names(seed), tree()
    district = ground.of_level("district")[0]
    street = min(ground.of_level("street"), key=lambda node: node.code)
    _above(staff, fresh, district, street)
    for number, community in enumerate(_children(street, "community"), 1):
        _community(staff, fresh, community, number)
    for number in range(1, 13):
        name = next(fresh._names)
        row = Person(
            id=ids.new_id(),
            login=f"resident{number:02d}",
            name=name.zh,
            kind="resident",
            created=moment.now(),
        )
        row.set_unusable_password()
        with store.acting():
            row.save(force_insert=True)
            record.about_person("account", row.id, SYSTEM, did="made", kind="resident")
        staff.residents.append(row.id)
    _elsewhere(fresh, ground.of_level("street"), street, tell)
    return staff


def _children(node: Node, level: str) -> Iterator[Node]:
    found = [each for each in tree().below(node.id) if each.level == level]
    yield from sorted(found, key=lambda each: each.code)


def _above(staff: Staff, fresh: _Names, district: Node, street: Node) -> None:
    """District and street: supervisor, operators, duty officers around the clock, departments, the wall, the administrator."""
    people.appoint(SYSTEM, fresh.person("admin"), "admin", district.id)
    people.appoint(SYSTEM, fresh.person("supervisor"), "district_supervisor", district.id)
    people.appoint(SYSTEM, fresh.person("wall", phone=False), "screen", district.id)
    for number in range(1, 5):
        operator = fresh.person(f"operator{number}")
        people.appoint(SYSTEM, operator, "hotline_operator", district.id)
        staff.operators.append(operator)
    for number in range(1, 4):
        officer = fresh.person(f"officer{number}")
        people.appoint(SYSTEM, officer, "street_duty_officer", street.id)
        staff.officers.append(officer)
    shifts = ((480, 960), (960, 0), (0, 480))
    turns = [
        TurnAsk(staff.officers[n], start, end, weekday=day)
        for day in range(7)
        for n, (start, end) in enumerate(shifts)
    ]
    rota.set_roster(SYSTEM, "street_duty_officer", street.id, turns)
    for kind, (zh, en) in UNITS.items():
        unit = people.add_unit(
            SYSTEM, f"unit-{kind}", zh, en, kind, district.id, phone=names.phone(900 + len(staff.units))
        )
        staff.units[kind] = unit
        people.appoint(
            SYSTEM,
            fresh.person(f"unit-{kind.replace('_', '-')}"),
            "department_handler",
            district.id,
            unit_id=unit,
        )


def _community(staff: Staff, fresh: _Names, community: Node, number: int) -> None:
    secretary = fresh.person(f"secretary{number}")
    people.appoint(SYSTEM, secretary, "community_secretary", community.id)
    staff.secretaries[community.id] = secretary
    people.appoint(SYSTEM, fresh.person(f"mediator{number}"), "mediator", community.id)
    night = fresh.person(f"night{number}")
    people.appoint(SYSTEM, night, "grid_worker", community.id)
    staff.nights[community.id] = night
    turns = [TurnAsk(night, 21 * 60, 7 * 60, weekday=day) for day in range(7)]
    rota.set_roster(SYSTEM, "grid_worker", community.id, turns)
    for place, compound in enumerate(_children(community, "compound"), 1):
        leader = fresh.person(f"leader{number}-{place}")
        people.appoint(SYSTEM, leader, "grid_leader", compound.id)
        staff.leaders[compound.id] = leader
        unit = people.add_unit(
            SYSTEM, f"property-{compound.code}", f"{compound.name}物业", f"{compound.called('en')} Property", "property", compound.id,
            phone=names.phone(950 + number * 10 + place),
        )  # fmt: skip
        people.appoint(
            SYSTEM, fresh.person(f"property{number}-{place}"), "property_company", compound.id, unit_id=unit
        )
    for grid in _children(community, "micro_grid"):
        short = f"{number}-{grid.code[-2:]}"
        worker = fresh.person(f"worker{short}")
        people.appoint(SYSTEM, worker, "grid_worker", grid.id)
        staff.workers[grid.id] = worker
        rota.set_roster(
            SYSTEM,
            "grid_worker",
            grid.id,
            [TurnAsk(worker, 7 * 60, 21 * 60, weekday=day) for day in range(7)],
        )
        people.appoint(SYSTEM, fresh.person(f"cluster{short}"), "cluster_leader", grid.id)


def _elsewhere(fresh: _Names, streets: list[Node], home: Node, tell: Callable[[float], None]) -> None:
    """Larger towns: every other street has its duty officer and a grid worker for each community, so nobody's ground is nobody's."""
    for done, street in enumerate(streets):
        tell(done / len(streets))
        if street.id == home.id:
            continue
        people.appoint(
            SYSTEM, fresh.person(f"officer-{street.code}", phone=False), "street_duty_officer", street.id
        )
        for community in _children(street, "community"):
            people.appoint(
                SYSTEM, fresh.person(f"worker-{community.code}", phone=False), "grid_worker", community.id
            )
