"""A mapping file: how the columns of somebody else's table become a report of ours. Read once, applied row by row; touches no store."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from linli.kernel.errors import Refusal

HOME = Path(__file__).parent / "maps"
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Wish:
    """One row, understood: what is to be opened, where as far as the file says, and how it ended there."""

    record: str  # the row's name in its source; with the source it makes a row known again
    pack: str
    kind: str
    condition: str
    opened: datetime | None  # None: at the time of the import
    closed: datetime | None
    reason: str
    lon: float | None
    lat: float | None
    names: tuple[str, ...]  # of made places, top first
    code: str  # of a place of the tree
    address: str
    words: str
    cut: bool  # the words were longer than the map allows


@dataclass(frozen=True)
class ColumnMap:
    """The file, read."""

    source: str
    table: dict[str, Any] = field(repr=False)

    @property
    def made(self) -> dict[str, Any]:
        """What ``--make-places`` makes; empty where the file does not say."""
        return dict(self.table.get("made", {}))

    def wish(self, row: Row) -> Wish:
        """Raises Refusal ``import.*`` for a row that cannot be understood."""
        table = self.table
        zone = _zone(table)
        kind, _, condition = _kind(table.get("kind", {}), row).partition("/")
        opened = _time(table.get("opened", {}), row, zone)
        closed = _time(table.get("closed", {}), row, zone) if _settled(table, row) else None
        if closed is not None and opened is not None and closed < opened:
            raise Refusal(
                "import.closed_early", opened=f"{opened:%Y-%m-%d %H:%M}", closed=f"{closed:%Y-%m-%d %H:%M}"
            )
        lon, lat = _point(table.get("where", {}), row)
        words, cut = _words(table.get("words", {}), row)
        reason = _joined(table.get("reason", {}), row) or str(table.get("reason", {}).get("default", ""))
        place = table.get("place", {})
        return Wish(
            record=self.record(row), pack=str(table.get("pack", "")), kind=kind, condition=condition, opened=opened, closed=closed,
            reason=reason[:1000], lon=lon, lat=lat, names=self.names(row, place.get("columns", ())),
            code=_cell(row, place.get("code", "")) or str(place.get("default", "")),
            address=_cell(row, table.get("where", {}).get("address", ""))[:200], words=words, cut=cut,
        )  # fmt: skip

    def record(self, row: Row) -> str:
        """The row's own number, or the digest of its bytes where the table has none. Raises Refusal ``import.no_id``."""
        column = str(self.table.get("id", ""))
        if not column:
            return hashlib.sha256("\0".join(str(value) for value in row.values()).encode()).hexdigest()[:24]
        found = _cell(row, column)
        if not found or len(found) > 60:
            raise Refusal("import.no_id", column=column)
        return found

    def names(self, row: Row, columns: Iterable[str]) -> tuple[str, ...]:
        """The names of the places a row names, top first; stops at the first that is empty or says nothing."""
        ignored = set(self.made.get("ignore", ()))
        found: list[str] = []
        for column in columns:
            name = " ".join(_cell(row, column).split())[:80]
            if not name or name in ignored:
                break
            found.append(name)
        return tuple(found)


def load(name: str) -> ColumnMap:
    """A mapping file, or one of ours by its name (``nyc311``). Raises Refusal ``import.map_missing``, ``import.map_faulty``."""
    path = Path(name)
    if not path.is_file():
        path = HOME / f"{path.stem}.toml"
    if not path.is_file():
        raise Refusal(
            "import.map_missing",
            kind="missing",
            name=name,
            known=", ".join(sorted(p.stem for p in HOME.glob("*.toml"))),
        )
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refusal("import.map_faulty", file=path.name, problem=str(error)) from None
    for key in ("source", "pack"):
        if not isinstance(table.get(key), str) or not table[key]:
            raise Refusal("import.map_faulty", file=path.name, problem=f"“{key}”?")
    _zone(table)
    return ColumnMap(table["source"], table)


def _zone(table: dict[str, Any]) -> ZoneInfo:
    name = str(table.get("timezone", "Asia/Shanghai"))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise Refusal("import.map_faulty", file="timezone", problem=name) from None


def _cell(row: Row, column: str) -> str:
    return (row.get(column) or "").strip().replace("\x00", "") if column else ""


def _kind(table: dict[str, Any], row: Row) -> str:
    """The first pattern that fits, upper and lower case alike; else the default. Raises Refusal ``import.kind_unknown``."""
    said = _cell(row, table.get("column", ""))
    for pattern, kind in table.get("values", {}).items():
        if fnmatchcase(said.lower(), pattern.lower()):
            return str(kind)
    if not table.get("default"):
        raise Refusal("import.kind_unknown", given=said[:80])
    return str(table["default"])


def _settled(table: dict[str, Any], row: Row) -> bool:
    status = table.get("status")
    if status is None:
        return True
    said = _cell(row, status.get("column", "")).lower()
    return any(fnmatchcase(said, pattern.lower()) for pattern in status.get("closed", ()))


def _time(table: dict[str, Any], row: Row, zone: ZoneInfo) -> datetime | None:
    """A moment of the row in UTC; None where the table has no such column or the cell is empty. Raises Refusal ``import.bad_time``."""
    said = _cell(row, table.get("column", ""))
    if not said:
        if table.get("column") and table.get("needed"):
            raise Refusal("import.bad_time", given="", column=table["column"])
        return None
    for form in table.get("formats", ("iso",)):
        try:
            when = datetime.fromisoformat(said) if form == "iso" else datetime.strptime(said, form)  # noqa: DTZ007  zone follows
        except ValueError:
            continue
        return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)
    raise Refusal("import.bad_time", given=said[:40], column=table["column"])


def _point(table: dict[str, Any], row: Row) -> tuple[float | None, float | None]:
    """The point of a row; none where it is empty, a marker of absence, or not on the ground the table speaks of."""
    try:
        lon, lat = float(_cell(row, table.get("lon", ""))), float(_cell(row, table.get("lat", "")))
    except ValueError:
        return None, None
    west, south, east, north = table.get("within", (-180, -90, 180, 90))
    absent = any(math.isclose(lon, x) and math.isclose(lat, y) for x, y in table.get("missing", ()))
    if absent or not (west <= lon <= east and south <= lat <= north):
        return None, None
    return lon, lat


def _joined(table: dict[str, Any], row: Row) -> str:
    return str(table.get("join", " ")).join(
        filter(None, (_cell(row, column) for column in table.get("columns", ())))
    )


def _words(table: dict[str, Any], row: Row) -> tuple[str, bool]:
    words, most = _joined(table, row), table.get("most")
    if most and len(words) > most:
        return words[: most - 1] + "…", True
    return words, False
