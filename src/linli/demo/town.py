"""Making the sample town in an empty store: ground, map, people, stops, two weeks of history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import shapely.geometry

from linli.demo import geometry, history, staffing
from linli.demo.geometry import Size, Street
from linli.kernel import ids, moment, store
from linli.kernel.people.actors import SYSTEM
from linli.kernel.places import buildings, epochs, importing
from linli.kernel.places.models import Place
from linli.kernel.places.tree import tree
from linli.kernel.registers import acts as registers

Tell = Callable[[str, float], None]  # what is being done, and how far: 0–1
IMPORTS = 10  # about so many imports, however many streets
BEFORE = timedelta(days=60)  # the ground and the posts are older than any matter


def exists() -> bool:
    """Whether this store already holds a town."""
    return Place.objects.exists()


def build(seed: int, size: Size, days: int, tell: Tell) -> None:
    """Everything, from an empty store. Raises RuntimeError if the ground does not pass its own importer."""
    now = moment.now()
    began = moment.local(now - BEFORE).replace(hour=0, minute=0, second=0, microsecond=0)
    home = _ground(geometry.make_town(seed, size), began, tell)
    tell("people", 0.0)
    with moment.at(began + timedelta(hours=1)), store.acting():
        staff = staffing.post(seed, lambda part: tell("people", part))
        _stops(home)
    tell("people", 1.0)
    _history(home, staff, seed, now, days, tell)


def _ground(town: geometry.Town, began: datetime, tell: Tell) -> Street:
    """Import every place and draw the map; answers the home street. Streets are made once, imported several at a time and let go of: an import reads
    the whole tree, so one for each street of a city would read it two hundred times."""
    things = [_furniture(geometry.drawn_feature(one)) for one in town.drawn]
    count = sum(1 for area in town.tops if area.level == "street")
    home: Street | None = None
    with moment.at(began):
        _import(geometry.collection(map(geometry.area_feature, town.tops)), began)
        several: list[dict[str, Any]] = []
        for done, street in enumerate(town.streets, 1):
            home = home or street
            several += geometry.street_places(street)["features"]
            if street.drawn or street.buildings:
                features = geometry.street_furniture(street)["features"]
                things += [
                    _furniture(feature) for feature in features if feature["properties"]["layer"] != "tree"
                ]
            if done % max(1, count // IMPORTS) == 0 or done == count:
                # later each time: a place said twice (the street, now with its households) is a later version
                _import(geometry.collection(several), began + timedelta(seconds=done))
                several = []
            tell("ground", done / (count + 1))
        tell("ground", 1.0)
        tell("map", 0.0)
        buildings.furnish(things, valid_from=began, note="sample town", tell=lambda part: tell("map", part))
    epochs.forget()
    assert home is not None
    return home


def _import(made: dict[str, object], since: datetime) -> None:
    plan = importing.plan_import([made], valid_from=since, note="sample town", gaps="warning")
    if plan.errors:
        raise RuntimeError(
            "; ".join(f"{problem.row}: {problem.reason} {problem.facts}" for problem in plan.errors[:5])
        )
    importing.apply(plan)


def _furniture(feature: dict[str, object]) -> buildings.Furniture:
    said: dict[str, str] = feature["properties"]  # type: ignore[assignment]
    shape = shapely.geometry.shape(feature["geometry"])
    return buildings.Furniture(
        said["layer"], shape, said.get("kind", ""), said.get("name", ""), said.get("name_en", "")
    )


def _stops(home: Street) -> None:
    """Four stops and a round for each micro-grid of the home street."""
    ground = tree()
    by_grid: dict[str, list[geometry.Building]] = {}
    for building in home.buildings:
        by_grid.setdefault(building.grid.code, []).append(building)
    looks = (("消防通道", "楼道堆物"), ("垃圾桶", "小广告"), ("路灯", "井盖"), ("健身器材", "树木"))
    for area in home.areas:
        if area.level != "micro_grid":
            continue
        place = ground.by_code(area.code)
        near = by_grid.get(area.code, [])
        if place is None or not near:
            continue
        chosen = near[:: max(1, len(near) // 4)][:4]
        made = []
        for building, look in zip(chosen, looks, strict=False):
            lon, lat = geometry.degrees_of(geometry.snap(*building.house.middle))
            data = {
                "name": f"{building.number}号楼",
                "spot": [lon, lat],
                "place": ids.text(place.id),
                "look": list(look),
                "times": 5,
            }
            made.append(ids.text(registers.keep(SYSTEM, "patrol", "stop", place.id, data).id))
        data = {"name": f"{place.name} 日常巡查", "place": ids.text(place.id), "stops": made}
        registers.keep(SYSTEM, "patrol", "round", place.id, data)


def houses_of(home: Street) -> list[history.House]:
    """Every house of the home street as people say it."""
    ground, houses = tree(), []
    for building in home.buildings:
        grid = ground.by_code(building.grid.code)
        if grid is None:
            continue
        lon, lat = geometry.degrees_of(geometry.snap(*building.house.middle))
        entrance = 1 + building.number % 3
        houses.append(
            history.House(
                f"{building.compound.name.zh} {building.number} 号楼 {entrance} 单元", lon, lat, grid.id
            )
        )
    return houses


def _history(home: Street, staff: staffing.Staff, seed: int, now: datetime, length: int, tell: Tell) -> None:
    if length <= 0:
        return
    since = moment.local(now - timedelta(days=length)).replace(hour=0, minute=0, second=0, microsecond=0)
    days = history.Days(houses_of(home), staff, Random(f"history:{seed}"), now)
    history.plan(days, since)
    total = (now - since).total_seconds()
    days.live(lambda when: tell("history", min(1.0, (when - since).total_seconds() / total)))
    tell("history", 1.0)
