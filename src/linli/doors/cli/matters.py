"""``linli import matters FILE --map MAP``: what another system took in, with its own times, through the same acts as everything else."""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

from linli.doors.cli import coarse_places, mapping
from linli.doors.cli.mapping import ColumnMap, Wish
from linli.doors.cli.telling import Bar, calm
from linli.kernel import moment, store
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts
from linli.kernel.matters.asks import Inputs, Report
from linli.kernel.matters.models import Words
from linli.kernel.people import accounts
from linli.kernel.people import acts as people
from linli.kernel.people.actors import SYSTEM
from linli.kernel.places import address, locate
from linli.kernel.places.models import PlaceVersion
from linli.kernel.places.tree import tree

SOURCE = "import"
RECORD = "record"  # the answer under which a row's own number stands
BATCH = 50
INTERRUPTED = (
    "已中断：{total} 行中的 {done} 行已处理。再运行同一条命令，从断处接着来。\n"
    "Interrupted: {done} of {total} rows are done. Run the same command again; it goes on from there."
)
HOLDER_ROLE = "district_supervisor"
CLOSING = "close"


@dataclass
class Tally:
    """What became of the rows."""

    read: int = 0
    opened: int = 0
    closed: int = 0
    known: int = 0
    cut: int = 0
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the report: the line of the file, the row's number, why."""

    line: int
    record: str
    refusal: Refusal


def run(args: list[str]) -> int:
    """0: every row is in (now or before); 1: some were refused, the report says which; 2: asked wrongly."""
    try:
        asked = _parser().parse_args(args)
    except SystemExit as ended:
        return int(ended.code or 0)
    columns = mapping.load(asked.map)
    if not asked.file.is_file():
        raise Refusal("import.file_missing", kind="missing", name=str(asked.file))
    rows = list(islice(read(asked.file), asked.limit))
    if asked.make_places:
        _make_places(columns, rows, asked.holder)
    elif asked.holder:
        appoint(asked.holder, asked.place, _first(columns, rows) - timedelta(days=1))
    importing = Importing(columns, asked.place)
    try:
        tally, lines = importing.all(rows)
    except KeyboardInterrupt:
        print(INTERRUPTED.format(done=importing.kept, total=len(rows)), file=sys.stderr)
        return 130
    report = asked.report or Path(f"{asked.file.stem}.refused.csv")
    if lines:
        _write_report(report, lines)
    _tell(tally, report if lines else None)
    return 1 if tally.refused else 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="linli import matters",
        description="按对照文件导入别的系统的事项。可以中断，接着再来；同一行只进一次。"
        " Import matters of another system by a mapping file. May be interrupted and run again; a row enters once.",
    )
    made.add_argument("file", type=Path, metavar="FILE", help="CSV, UTF-8 or GB18030")
    made.add_argument(
        "--map",
        required=True,
        metavar="MAP",
        help="对照文件，或自带的名字 a mapping file, or the name of one of ours",
    )
    made.add_argument(
        "--place", default="", metavar="CODE", help="没有坐标的行放在哪里 where rows without a point stand"
    )
    made.add_argument(
        "--make-places",
        action="store_true",
        help="按文件里的地名造一棵粗略的网格树 make a coarse tree of the file's names",
    )
    made.add_argument(
        "--holder",
        default="",
        metavar="LOGIN",
        help="这些地方（或 --place）的负责人，没有就建 who answers there, or at --place; made if unknown",
    )
    made.add_argument(
        "--limit", type=int, default=None, metavar="N", help="只读前 N 行 the first N rows only"
    )
    made.add_argument(
        "--report", type=Path, metavar="FILE", help="被拒行的清单 where refused rows are listed"
    )
    return made


def read(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Every row with its line in the file. UTF-8 with or without a mark; else GB18030."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    reader = csv.DictReader(StringIO(text, newline=""))
    for row in reader:
        yield (
            reader.line_num,
            {
                key: value or ""
                for key, value in row.items()
                if isinstance(key, str) and not isinstance(value, list)
            },
        )


def _make_places(columns: ColumnMap, rows: list[tuple[int, dict[str, str]]], holder: str) -> None:
    """The coarse tree, and somebody who answers for it, since before the first row."""
    levels = [str(each["column"]) for each in columns.made.get("levels", ())]
    spots, since = [], _first(columns, rows) - timedelta(days=1)
    for _, row in rows:
        with _forgiving():
            wish = columns.wish(row)
            spots.append((columns.names(row, levels), wish.lon, wish.lat))
    new = coarse_places.make(spots, columns.made, since, columns.source)
    print(f"{columns.source}: {new} 个地方 places", file=sys.stderr)
    if holder:
        appoint(holder, columns.made["root"]["code"], since)


def _first(columns: ColumnMap, rows: list[tuple[int, dict[str, str]]]) -> datetime:
    """When the oldest row was opened; now, where rows carry no time."""
    first = moment.now()
    for _, row in rows:
        with _forgiving():
            first = min(first, columns.wish(row).opened or first)
    return first


@contextmanager
def _forgiving() -> Iterator[None]:
    """Rows that cannot be understood make no places; they are reported when their turn comes."""
    try:
        yield
    except Refusal:
        return


def appoint(login: str, code: str, since: datetime) -> None:
    """Let somebody answer for that root from then on (from its own beginning, where that is later), if they do not yet. Without an account
    they get one, which nobody can use until its password is set."""
    root = tree().by_code(code)
    if root is None:
        raise Refusal("import.holder_where", field="place")
    began = PlaceVersion.objects.filter(place_id=root.id).earliest("valid_from").valid_from
    with moment.at(max(since, began)):
        try:
            person = people.person_named(login).id
        except Refusal:
            person = accounts.add_person(SYSTEM, login, login)
        try:
            people.appoint(SYSTEM, person, HOLDER_ROLE, root.id)
        except Refusal as refusal:
            if refusal.code != "people.already_held":
                raise


class Importing:
    """One run over the rows, a few at a time: each lot is one transaction, each row in it whole or not at all."""

    def __init__(self, columns: ColumnMap, place: str = "") -> None:
        self._columns = columns
        self._place = place
        self._root = str(columns.made.get("root", {}).get("code", ""))
        self._known = known(columns.source)
        self._begun = moment.now()
        self.tally = Tally()
        self.lines: list[Line] = []
        self.kept = 0  # rows whose lot is on the disk

    def all(self, rows: Sequence[tuple[int, dict[str, str]]]) -> tuple[Tally, list[Line]]:
        with Bar(self._columns.source, len(rows)) as bar:
            for start in range(0, len(rows), BATCH):
                with store.acting():
                    for line, row in rows[start : start + BATCH]:
                        self._row(line, row)
                self.kept = min(start + BATCH, len(rows))
                bar.at(self.kept)
        return self.tally, self.lines

    def _row(self, line: int, row: dict[str, str]) -> None:
        self.tally.read += 1
        record = ""
        try:
            record = self._columns.record(row)
            if record in self._known:
                self.tally.known += 1
                return
            wish = self._columns.wish(row)
            with store.acting():  # inside the lot's: what one row wrote is undone if the row is refused
                self._enter(wish)
        except Refusal as refusal:
            refusal = Refusal("import.nobody") if refusal.code == "matter.nobody_answers" else refusal
            self.tally.refused[refusal.code] += 1
            self.lines.append(Line(line, record, refusal))
            return
        self._known.add(record)
        self.tally.opened += 1
        self.tally.closed += wish.closed is not None
        self.tally.cut += wish.cut

    def _enter(self, wish: Wish) -> None:
        """Open it at its time and, where the file says so, close it at its own with the file's reason."""
        now = moment.now()
        opened = wish.opened or now
        for when in (opened, wish.closed):
            if when is not None and when > now:
                raise Refusal("import.future", given=f"{when:%Y-%m-%d %H:%M}")
        with moment.at(opened):
            place, lon, lat = self.where(wish)
            report = Report(
                pack=wish.pack, kind=wish.kind, condition=wish.condition, lon=lon, lat=lat, place_id=place, address=wish.address,
                words=wish.words, source=SOURCE, answers={RECORD: f"{self._columns.source}:{wish.record}"},
            )  # fmt: skip
            receipt = acts.open_matter(SYSTEM, report, key=key_of(self._columns.source, wish.record))
        if wish.closed is not None:
            with moment.at(max(wish.closed, opened)):
                acts.take(SYSTEM, receipt.matter_id, CLOSING, Inputs(reason=wish.reason))

    def where(self, wish: Wish) -> tuple[int | None, float | None, float | None]:
        """The point if it has an owner; else the place of its names, its code, its address; else the one given. Refusal ``import.no_place``."""
        if wish.lon is not None and wish.lat is not None and locate.owner_of(wish.lon, wish.lat) is not None:
            return None, wish.lon, wish.lat
        found = coarse_places.by_names(self._root, wish.names) if wish.names else None
        if found is None and wish.address:
            found = self._by_address(wish.address)
        if found is None:
            node = tree().by_code(self._place or wish.code) if self._place or wish.code else None
            found = node.id if node else None
        if found is None:
            raise Refusal("import.no_place", field="where")
        return found, None, None

    def _by_address(self, said: str) -> int | None:
        """The one place that is surely meant, if it was there at the moment of the row. Addresses are those of today for every row: an index
        for each state of the tree that rows fall into would be built thousands of times."""
        with moment.at(self._begun):
            sure = [hit for hit in address.find(said, limit=2) if hit.exact]
        return sure[0].place_id if len(sure) == 1 and tree().get(sure[0].place_id) else None


def known(source: str) -> set[str]:
    """The rows of that source that are already in, whenever that was."""
    found = Words.objects.filter(field=f"answer.{RECORD}", text__startswith=f"{source}:").values_list(
        "text", flat=True
    )
    return {text.partition(":")[2] for text in found}


def key_of(source: str, record: str) -> str:
    """The idempotency key of a row: two imports at once cannot both open it."""
    return "import:" + hashlib.sha256(f"{source}\0{record}".encode()).hexdigest()


def _write_report(path: Path, lines: list[Line]) -> None:
    """Every refused row and why, for a spreadsheet."""
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "id", "code", "zh", "en"])
        for line in lines:
            cells: list[Any] = [
                line.line,
                line.record,
                line.refusal.code,
                line.refusal.sentence("zh"),
                line.refusal.sentence("en"),
            ]
            writer.writerow([calm(cell) for cell in cells])


def _tell(tally: Tally, report: Path | None) -> None:
    print(
        f"读 {tally.read} 行：新进 {tally.opened}（其中已办结 {tally.closed}），早已在 {tally.known}，拒绝 {tally.refused.total()}。\n"
        f"{tally.read} rows: {tally.opened} taken in ({tally.closed} of them settled), {tally.known} known before, "
        f"{tally.refused.total()} refused."
    )
    if tally.cut:
        print(f"{tally.cut} 行的文字太长，截短了。The words of {tally.cut} rows were cut.")
    for code, count in tally.refused.most_common():
        print(f"  {count:6} {code}: {Refusal(code).sentence('zh')}")
    if report is not None:
        print(f"清单 The refused rows: {report}")
