"""``linli import places FILE…``: bring in division tables, borders, buildings and map layers."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import shapely

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.places import crs as systems
from linli.kernel.places.buildings import Furniture, furnish
from linli.kernel.places.importing import Plan, Written, apply, plan_import
from linli.kernel.places.levels import BY_KEY, level_name

_LAYERS = ("road", "water", "park", "rail", "building")
_SHOWN = 20


def run(args: list[str]) -> int:
    """0 done (or nothing to do), 1 the files have errors and nothing was imported, 2 asked wrongly."""
    try:
        asked = _parser().parse_args(args)
    except SystemExit as ended:
        return int(ended.code or 0)
    try:
        return _map_layer(asked) if asked.map_layer else _import(asked)
    except Refusal as refusal:
        print(_both(refusal.sentence("zh"), refusal.sentence("en")), file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="linli import places",
        description="导入区划、网格、楼栋（CSV 或 GeoJSON）。全部无误才写入。"
        " Import divisions, grids and buildings; all of it or nothing.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
    parser.add_argument("--crs", default="wgs84", choices=sorted(systems.TO_WGS84), help="文件的坐标系")
    parser.add_argument("--level", default="", choices=["", *BY_KEY], metavar="LEVEL", help="所有行的层级")
    parser.add_argument(
        "--level-map", action="append", default=[], metavar="WORD=LEVEL", help="文件用词=层级"
    )
    parser.add_argument(
        "--column", action="append", default=[], metavar="FIELD=NAME", help="字段=列名，如 code=网格号"
    )
    parser.add_argument("--from", dest="since", metavar="DATE", help="新边界生效的日期，默认现在")
    parser.add_argument("--close-missing", action="store_true", help="文件里不再出现的同级地点予以撤销")
    parser.add_argument(
        "--gaps", choices=("error", "warning"), default="error", help="有空白时拒绝，或只列出"
    )
    parser.add_argument(
        "--map-layer", choices=_LAYERS, help="导入底图图层而不是地点 / a layer of the base map"
    )
    parser.add_argument("--dry-run", action="store_true", help="只核对，不写入 / check only")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="把全部问题写入 CSV 文件 / all problems, as CSV"
    )
    parser.add_argument("--note", default="", help="随本次导入保存的说明")
    return parser


def _pairs(given: Sequence[str]) -> dict[str, str]:
    """``["a=b"]`` → ``{"a": "b"}``; what has no = is passed over."""
    return {key.strip(): value.strip() for key, _, value in (one.partition("=") for one in given) if value}


def _since(text: str | None) -> datetime | None:
    if not text:
        return None
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=moment.SHANGHAI)


def _import(asked: argparse.Namespace) -> int:
    try:
        since = _since(asked.since)
    except ValueError:
        print(_both(f"日期看不懂：{asked.since}", f"not a date: {asked.since}"), file=sys.stderr)
        return 2
    _say(f"核对 {len(asked.files)} 个文件…", f"checking {len(asked.files)} files …")
    began = time.monotonic()
    plan = plan_import(
        asked.files,
        crs=asked.crs,
        level=asked.level,
        level_map=_pairs(asked.level_map),
        columns=_pairs(asked.column),
        valid_from=since,
        close_missing=asked.close_missing,
        gaps=asked.gaps,
        note=asked.note,
    )
    _show(plan, time.monotonic() - began)
    if asked.report:
        _report(plan, asked.report)
    if not plan.ok:
        print(_both(f"{len(plan.errors):,} 处错误，没有导入任何内容", "errors found, nothing was imported"))
        return 1
    if asked.dry_run:
        print(_both("只核对，未写入", "checked only, nothing was written"))
        return 0
    global _drawn
    _drawn = time.monotonic()
    _told(apply(plan, progress=_progress))
    return 0


def _show(plan: Plan, took: float) -> None:
    print(_both(f"读取 {plan.read:,} 行，用时 {took:.1f} 秒", f"{plan.read:,} rows read"))
    print(
        _both(
            f"  新增 {len(plan.new):,}，变更 {len(plan.changed):,}，不变 {plan.unchanged:,}",
            f"{len(plan.new):,} new, {len(plan.changed):,} changed, {plan.unchanged:,} unchanged",
        )
    )
    levels = Counter(wish.level for wish in plan.new)
    for level in BY_KEY:
        if levels[level]:
            print(f"    {level_name(level, 'zh')} {level_name(level, 'en')}: {levels[level]:,}")
    if plan.vanished:
        zh = "将撤销" if plan.closing else "文件中没有（加 --close-missing 才撤销）"
        en = "to be closed" if plan.closing else "not in the files (closed only with --close-missing)"
        print("  " + _both(f"{len(plan.vanished):,} 个地点{zh}", f"{len(plan.vanished):,} places {en}"))
    for title, problems in (("错误 Errors", plan.errors), ("提示 Warnings", plan.warnings)):
        if problems:
            print(f"{title}: {len(problems):,}")
            for problem in problems[:_SHOWN]:
                print(f"  {problem.file}:{problem.row}  [{problem.reason}] {problem.sentence('zh')}")
                print(f"      {problem.sentence('en')}")
            if len(problems) > _SHOWN:
                rest = Counter(problem.reason for problem in problems)
                summary = ", ".join(f"{reason} {count:,}" for reason, count in rest.most_common())
                print(f"  … {summary}  (--report FILE)")


def _report(plan: Plan, path: Path) -> None:
    import csv

    with path.open("w", encoding="utf-8-sig", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["file", "row", "severity", "reason", "说明", "explanation"])
        for p in plan.problems:
            lines.writerow([p.file, p.row, p.severity, p.reason, p.sentence("zh"), p.sentence("en")])


def _told(written: Written) -> None:
    if written.survey_id is None:
        print(_both("没有变化，未写入", "nothing changed, nothing was written"))
        return
    moved = f"，随上级移动 {written.moved:,}" if written.moved else ""
    print(
        _both(
            f"已导入：新增 {written.new:,}，变更 {written.changed:,}{moved}，撤销 {written.closed:,}",
            f"imported: {written.new:,} new, {written.changed:,} changed, {written.closed:,} closed",
        )
    )


def _map_layer(asked: argparse.Namespace) -> int:
    """Lines and areas drawn under the places; replaces the layer."""
    things = []
    for path in asked.files:
        try:
            features = json.loads(path.read_text("utf-8-sig"))["features"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            print(_both(f"{path.name} 无法读取：{error}", f"{path.name} cannot be read"), file=sys.stderr)
            return 1
        for n, feature in enumerate(features, 1):
            try:
                things.append(_furniture(feature, asked.map_layer, asked.crs))
            except (KeyError, TypeError, ValueError, shapely.errors.ShapelyError) as error:
                print(_both(f"{path.name}:{n} 图形有误：{error}", "bad geometry"), file=sys.stderr)
                return 1
    print(_both(f"读取 {len(things):,} 个图形", f"{len(things):,} shapes read"))
    if things and not asked.dry_run:
        furnish(things, note=asked.note or ", ".join(path.name for path in asked.files))
        print(_both(f"图层 {asked.map_layer} 已更新", f"layer {asked.map_layer} replaced"))
    return 0


def _furniture(feature: dict[str, object], layer: str, crs: str) -> Furniture:
    words = feature.get("properties") or {}
    shape = shapely.from_geojson(json.dumps(feature["geometry"]))
    if shape is None or shape.is_empty:
        raise ValueError("empty")
    shape = shapely.make_valid(systems.shape_to_wgs84(shape, crs))

    def word(*names: str) -> str:
        assert isinstance(words, dict)
        return next((str(words[name]) for name in names if words.get(name)), "")

    return Furniture(
        layer, shape, word("kind", "class", "highway")[:24], word("name")[:120], word("name_en")[:160]
    )


_drawn = 0.0


def _progress(done: int, of: int) -> None:
    """A bar on a terminal; elsewhere a line every ten seconds."""
    global _drawn
    now = time.monotonic()
    if sys.stderr.isatty():
        width = 30 * done // max(1, of)
        bar = "█" * width + "·" * (30 - width)
        print(f"\r  {bar} {done:,} / {of:,}", end="\n" if done == of else "", file=sys.stderr, flush=True)
    elif now - _drawn > 10:
        _drawn = now
        print(f"  {done:,} / {of:,}", file=sys.stderr, flush=True)


def _say(zh: str, en: str) -> None:
    print(_both(zh, en), file=sys.stderr, flush=True)


def _both(zh: str, en: str) -> str:
    return f"{zh} | {en}"
