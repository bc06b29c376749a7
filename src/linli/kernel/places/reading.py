"""Files of places → rows, with everything that is wrong in them. Touches no store.

Column names differ from office to office. Those below are recognised by themselves; ``columns`` names others:
``{"code": "网格编号", "name": "网格名"}``. Text is UTF-8, or GB18030 as Chinese spreadsheets write it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linli.kernel.places import crs as systems
from linli.kernel.places.levels import LEVELS
from linli.kernel.places.rows import Door, Problem, Row, level_of, short_code
from linli.kernel.places.shapes import Faulty, polygon

#: For each field the headings and property names it is known by, the first found counts.
KNOWN_COLUMNS: dict[str, tuple[str, ...]] = {
    "code": (
        "code",
        "adcode",
        "district_adcode",
        "place_code",
        "代码",
        "编码",
        "区划代码",
        "网格编码",
        "网格代码",
    ),
    "name": ("name", "district_name", "place_name", "名称", "网格名称"),
    "name_en": ("name_en", "english", "name:en", "英文名", "英文名称"),
    "level": ("level", "层级", "级别"),
    "parent": ("parent", "parent_code", "上级", "上级代码", "上级编码"),
    "kind": ("kind", "城乡", "类型"),
    "households": ("households", "户数"),
    "people": ("people", "population", "人口", "人数"),
    "lon": ("lon", "lng", "longitude", "经度"),
    "lat": ("lat", "latitude", "纬度"),
    "wkt": ("wkt", "geometry", "geom", "边界"),
    "number": ("number", "楼号", "楼栋号"),
    "compound": ("compound", "compound_code", "小区代码", "小区编码"),
    "storeys": ("storeys", "floors", "层数"),
    "entrances": ("entrances", "units", "单元数", "单元"),
    "aliases": ("aliases", "address", "addresses", "地址", "别名"),
}
#: Columns of the statistics tables and of map services that name an ancestor; the longest one counts.
HINT_COLUMNS = ("streetCode", "areaCode", "cityCode", "provinceCode", "city_adcode", "province_adcode")
_LEVEL_WORDS = {level.key: level.key for level in LEVELS} | {level.zh: level.key for level in LEVELS}
_LEVEL_WORDS |= {"区": "district", "县": "district", "街道": "street", "乡镇": "street", "社区": "community"}
_LEVEL_WORDS |= {"村": "community", "village": "community", "town": "street", "microgrid": "micro_grid"}
_KINDS = {"urban": "urban", "rural": "rural", "城": "urban", "乡": "rural", "城镇": "urban", "乡村": "rural"}
_HOLLOW = {"", "nan", "null", "none", "-"}


@dataclass
class Reading:
    """What came out of the files so far."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class How:
    """How to read: coordinate system, one level for all rows (or ""), words for levels, names of columns."""

    crs: str = "wgs84"
    level: str = ""
    level_map: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


Source = str | Path | Mapping[str, Any]


def read(sources: Iterable[Source], how: How) -> Reading:
    """All rows of all sources. A source is a path (.csv, .json, .geojson) or a FeatureCollection already
    parsed."""
    reading = Reading()
    for n, source in enumerate(sources, 1):
        if isinstance(source, Mapping):
            _features(source, str(source.get("name") or f"source {n}"), how, reading)
        else:
            _file(Path(source), how, reading)
    return reading


def _file(path: Path, how: How, reading: Reading) -> None:
    try:
        text = _decoded(path.read_bytes())
        if path.suffix.lower() in (".json", ".geojson"):
            _features(json.loads(text), path.name, how, reading)
        else:
            read_csv(text, path.name, how, reading)
    except (OSError, ValueError, csv.Error) as error:
        why = (
            "UTF-8, GB18030?"
            if isinstance(error, UnicodeDecodeError)
            else getattr(error, "strerror", None) or str(error)
        )
        reading.problems.append(Problem(path.name, 0, "unreadable", {"why": why}))


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def read_csv(text: str, file: str, how: How, reading: Reading) -> None:
    """Rows of a CSV text with a heading line; commas, semicolons or tabs. Blank lines are passed over."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text), delimiter=delimiter)
    names = [name.strip() for name in next(lines, [])]
    where = _columns(names, how)
    if "code" not in where:
        reading.problems.append(Problem(file, 1, "no_code_column", {"columns": ", ".join(names)}))
        return
    for values in lines:
        if any(value.strip() for value in values):
            said = dict(zip(names, values, strict=False))
            _row(said, where, file, lines.line_num, None, how, reading)


def _features(collection: Any, file: str, how: How, reading: Reading) -> None:
    features = collection.get("features") if isinstance(collection, Mapping) else None
    if not isinstance(features, list):
        raise ValueError("not a GeoJSON FeatureCollection")
    for n, feature in enumerate(features, 1):
        said = feature.get("properties") if isinstance(feature, Mapping) else None
        said = dict(said) if isinstance(said, Mapping) else {}
        if "code" not in said and isinstance(feature, Mapping) and "id" in feature:
            said.setdefault("code", feature["id"])
        where = _columns(list(said), how)
        if "code" not in where:
            facts = {"columns": ", ".join(map(str, said)) or "-"}
            reading.problems.append(Problem(file, n, "no_code_column", facts))
            continue
        _row(said, where, file, n, feature.get("geometry"), how, reading)


def _columns(names: Iterable[str], how: How) -> dict[str, str]:
    present = {str(name) for name in names}
    lower = {name.lower(): name for name in present}
    found = {}
    for key, known in KNOWN_COLUMNS.items():
        if how.columns.get(key) in present:
            found[key] = how.columns[key]
            continue
        name = next((lower[n] for n in known if n in lower), None)
        if name is not None:
            found[key] = name
    return found


def _text(value: Any) -> str:
    if isinstance(value, Mapping):  # {"adcode": 140600}, as DataV states a parent
        value = value.get("adcode", value.get("code"))
    text = "" if value is None else str(value).strip()
    return "" if text.lower() in _HOLLOW else text


def _row(
    said: Mapping[str, Any],
    where: Mapping[str, str],
    file: str,
    line: int,
    geometry: Any,
    how: How,
    reading: Reading,
) -> None:
    def get(key: str) -> Any:
        return said.get(where[key]) if key in where else None

    level_word = how.level or _text(get("level"))
    level = how.level_map.get(level_word) or _LEVEL_WORDS.get(level_word, level_word)
    hints = [short_code(_text(said.get(name))) for name in HINT_COLUMNS]
    raw, parent = _text(get("code")), short_code(_text(get("parent")))
    hint = max((h for h in hints if h and h != raw), key=len, default="")
    if isinstance(get("parent"), Mapping):
        hint, parent = parent, ""
    row = Row(file, line, short_code(raw, level, parent or hint), _text(get("name")), _text(get("name_en")))
    row.level = level or level_of(row.code)
    row.parent, row.hint = parent, "" if hint == row.code else hint
    row.kind = _KINDS.get(_text(get("kind")), "")
    row.households = _number(row, get("households"), where.get("households", ""), reading)
    row.people = _number(row, get("people"), where.get("people", ""), reading)
    _building(row, get, where, how, reading)
    _position(row, get("lon"), get("lat"), how, reading)
    _shape(row, geometry if geometry is not None else get("wkt"), how, reading)
    reading.rows.append(row)


def _number(row: Row, value: Any, name: str, reading: Reading) -> int | None:
    text = _text(value)
    if not text:
        return None
    try:
        number = float(text.replace(",", ""))
        if number >= 0 and number == int(number):
            return int(number)
    except (ValueError, OverflowError):
        pass
    reading.problems.append(row.problem("bad_number", field=name, value=text))
    return None


def _building(row: Row, get: Any, where: Mapping[str, str], how: How, reading: Reading) -> None:
    if row.level != "building":
        return
    row.number, row.compound = _text(get("number")), _text(get("compound"))
    row.storeys = _number(row, get("storeys"), where.get("storeys", ""), reading)
    aliases = get("aliases")
    said = (
        aliases
        if isinstance(aliases, list)
        else _text(aliases).replace("；", ";").replace("|", ";").split(";")
    )
    row.aliases = tuple(name for name in (_text(one) for one in said) if name)
    doors = get("entrances")
    if isinstance(doors, list):
        row.entrances = tuple(_door(door, how) for door in doors)
    else:
        count = _number(row, doors, where.get("entrances", ""), reading) or 0
        row.entrances = tuple(Door(str(n)) for n in range(1, min(count, 60) + 1))


def _door(said: Any, how: How) -> Door:
    if not isinstance(said, Mapping):
        return Door(_text(said))
    lon, lat = _float(said.get("lon")), _float(said.get("lat"))
    if lon is not None and lat is not None:
        lon, lat = (round(float(v), 7) for v in systems.TO_WGS84[how.crs](lon, lat))
    return Door(_text(said.get("n") or said.get("entrance")), lon, lat)


def _float(value: Any) -> float | None:
    try:
        return float(_text(value))
    except ValueError:
        return None


def _position(row: Row, lon: Any, lat: Any, how: How, reading: Reading) -> None:
    if not (_text(lon) and _text(lat)):
        return
    x, y = _float(lon), _float(lat)
    if x is None or y is None or not (-180 <= x <= 180 and -90 <= y <= 90):
        reading.problems.append(row.problem("bad_coordinates", lon=_text(lon), lat=_text(lat)))
        return
    row.lon, row.lat = (round(float(v), 7) for v in systems.TO_WGS84[how.crs](x, y))


def _shape(row: Row, said: Any, how: How, reading: Reading) -> None:
    if said is None or said == "":
        return
    try:
        row.shape, mended = polygon(said, how.crs)
        if mended:
            reading.problems.append(row.problem("repaired", "warning", where=mended))
    except Faulty as fault:
        reading.problems += [row.problem(code, **facts) for code, facts in fault.faults]
