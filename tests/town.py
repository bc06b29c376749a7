"""A small invented town with ground under it and somebody in every post: what tests of matters, notices and doors play in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import shapely

from linli.kernel import moment
from linli.kernel.matters import acts
from linli.kernel.matters.asks import Inputs, Photo, Receipt, Report, Reporter
from linli.kernel.matters.models import Matter
from linli.kernel.packspec import editions
from linli.kernel.people import accounts, snapshot
from linli.kernel.people import acts as people
from linli.kernel.people.actors import PUBLIC, SYSTEM, Actor, actor_of
from linli.kernel.people.models import Person
from linli.kernel.places import epochs
from linli.kernel.places.models import Place, PlaceVersion, Survey

BEGAN = datetime(2026, 1, 1, tzinfo=moment.SHANGHAI)
WEST, SOUTH, SIDE = 108.9, 36.6, 0.004  # a micro-grid is about 350 by 450 metres
TREE: dict[int, tuple[int | None, str, str, str, tuple[int, int, int, int]]] = {
    # id: (parent, level, name, English, box in sides: x0 y0 x1 y1). 5 and 52 begin alike: a prefix is not a parent.
    1: (None, "district", "柳川区", "Liuchuan District", (0, 0, 3, 2)),
    2: (1, "street", "槐树街道", "Huaishu Street", (0, 0, 3, 2)),
    5: (2, "community", "清和社区", "Qinghe Community", (0, 0, 2, 2)),
    52: (2, "community", "东里社区", "Dongli Community", (2, 0, 3, 2)),
    50: (5, "compound", "清和园", "Qinghe Garden", (0, 0, 2, 1)),
    51: (5, "compound", "杏花苑", "Xinghua Court", (0, 1, 2, 2)),
    53: (52, "compound", "东里小区", "Dongli Homes", (2, 0, 3, 2)),
    501: (50, "micro_grid", "清和 01", "Qinghe 01", (0, 0, 1, 1)),
    502: (50, "micro_grid", "清和 02", "Qinghe 02", (1, 0, 2, 1)),
    511: (51, "micro_grid", "杏花 01", "Xinghua 01", (0, 1, 2, 2)),
    521: (53, "micro_grid", "东里 01", "Dongli 01", (2, 0, 3, 2)),
}
STAFF: dict[str, tuple[str, int, str]] = {
    # login: (role, place, name)
    "worker": ("grid_worker", 501, "李秀兰"),
    "worker2": ("grid_worker", 502, "马会生"),
    "worker3": ("grid_worker", 511, "杜建平"),
    "worker4": ("grid_worker", 521, "陈立"),
    "leader": ("grid_leader", 50, "周建国"),
    "leader2": ("grid_leader", 51, "白志远"),
    "leader3": ("grid_leader", 53, "孟庆海"),
    "secretary": ("community_secretary", 5, "陈国栋"),
    "secretary2": ("community_secretary", 52, "刘玉梅"),
    "officer": ("street_duty_officer", 2, "高文"),
    "operator": ("hotline_operator", 1, "韩雪"),
    "operator2": ("hotline_operator", 1, "吴静"),
    "supervisor": ("district_supervisor", 1, "钱明"),
    "mediator": ("mediator", 5, "何静"),
    "admin": ("admin", 1, "管理员"),
    "wall": ("screen", 1, "大屏"),
}
UNITS = {
    # login of whoever answers for it: (kind, name, English, the place it serves, the role held for it)
    "heat": ("heating", "热力公司", "Heating Company", 1, "department_handler"),
    "city": ("city_management", "城管中队", "City Management", 1, "department_handler"),
    "water": ("water", "自来水公司", "Water Company", 1, "department_handler"),
    "power": ("power", "供电所", "Power Supply", 1, "department_handler"),
    "market": ("market", "市场监管所", "Market Supervision", 1, "department_handler"),
    "health": ("health", "卫健所", "Health Station", 1, "department_handler"),
    "property": ("property", "清和物业", "Qinghe Property", 50, "property_company"),
    "property2": ("property", "东里物业", "Dongli Property", 53, "property_company"),
}


def path(place_id: int) -> str:
    """``/1/2/5/`` of the community with id 5."""
    parent = TREE[place_id][0]
    return (path(parent) if parent else "/") + f"{place_id}/"


def box(place_id: int) -> shapely.Polygon:
    x0, y0, x1, y1 = TREE[place_id][4]
    return shapely.box(WEST + x0 * SIDE, SOUTH + y0 * SIDE, WEST + x1 * SIDE, SOUTH + y1 * SIDE)


def spot(place_id: int, dx: float = 0.0, dy: float = 0.0) -> tuple[float, float]:
    """A point inside a place (its middle, moved by that many degrees)."""
    middle = box(place_id).centroid
    return middle.x + dx, middle.y + dy


def local(text: str) -> datetime:
    """``"2026-03-04 03:00"`` in the town's own time."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=moment.SHANGHAI)


@dataclass
class Town:
    """Who is who. ``actor("worker")`` acts with all their roles."""

    ids: dict[str, int] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)

    def actor(self, login: str) -> Actor:
        return actor_of(self.ids[login])

    def report(
        self, kind: str = "water_leak", pack: str = "repair", at: int = 501, **more: object
    ) -> Receipt:
        """A resident reports something in that micro-grid, with a number to call back unless ``reporter`` says otherwise."""
        lon, lat = spot(at, *more.pop("off", (0.0, 0.0)))  # type: ignore[misc]
        by = more.pop("by", PUBLIC)
        given: dict[str, object] = {
            "reporter": Reporter("赵师傅", "19900001234"),
            "words": "三号楼二单元楼道漏水",
        }
        key = str(more.pop("key", ""))
        return acts.open_matter(by, Report(pack, kind, lon=lon, lat=lat, **(given | more)), key=key)  # type: ignore[arg-type]

    def take(self, login: str, matter_id: int, act: str, /, **inputs: object) -> Matter:
        """Somebody acts; answers the matter as it stands afterwards."""
        acts.take(self.actor(login), matter_id, act, Inputs(**inputs))  # type: ignore[arg-type]
        return Matter.objects.get(pk=matter_id)

    def finish(self, matter_id: int, login: str = "worker", at: int = 501) -> Matter:
        """Arrive and finish, as whoever is there."""
        self.take(login, matter_id, "arrive", position=spot(at))
        return self.take(login, matter_id, "finish", words="换了垫圈，不漏了", photos=(photo("after"),))


def photo(kind: str = "report", colour: tuple[int, int, int] = (90, 130, 110)) -> Photo:
    """A small true JPEG."""
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return Photo(out.getvalue(), kind)  # type: ignore[arg-type]


def build() -> Town:
    """Put ground and people in the store, since the beginning of 2026. Packs are installed as they stand."""
    editions.forget()
    editions.install()
    survey = Survey.objects.create(made_at=BEGAN, valid_from=BEGAN, digest="0" * 64)
    for place_id, (parent, level, name, english, _) in TREE.items():
        shape = box(place_id)
        west, south, east, north = shape.bounds
        Place.objects.create(id=place_id, code=f"99{place_id:06d}", level=level)
        PlaceVersion.objects.create(
            place_id=place_id, survey=survey, name=name, name_en=english, parent_id=parent, path=path(place_id), digest=f"{place_id:064d}",
            valid_from=BEGAN, geometry=shapely.to_wkb(shape), min_lon=west, min_lat=south, max_lon=east, max_lat=north, lon=shape.centroid.x,
            lat=shape.centroid.y,
        )  # fmt: skip
    epochs.forget()
    snapshot.forget()
    town = Town()
    with moment.at(BEGAN):
        for login, (role, place_id, name) in STAFF.items():
            town.ids[login] = accounts.add_person(SYSTEM, login, name)
            people.appoint(SYSTEM, town.ids[login], role, place_id)
        for login, (kind, zh, en, place_id, role) in UNITS.items():
            town.units[login] = people.add_unit(SYSTEM, f"unit-{login}", zh, en, kind, place_id)
            snapshot.forget()
            town.ids[login] = accounts.add_person(SYSTEM, login, f"{zh}值班")
            people.appoint(SYSTEM, town.ids[login], role, place_id, unit_id=town.units[login])
        town.ids["resident"] = Person.objects.create(login="resident", name="赵师傅", kind="resident").id
    snapshot.forget()
    return town
