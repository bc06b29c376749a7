"""What anybody may see: open matters as their pack's public view declares them.

Nothing personal can get here: no words, no address and no name are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import clocks
from linli.kernel.matters.cards import Dot
from linli.kernel.matters.listing import slots_of, title_of
from linli.kernel.matters.models import Clock, Matter
from linli.kernel.matters.promises import first_due
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Pack
from linli.kernel.places.tree import Tree, tree

BBox = tuple[float, float, float, float]  # west, south, east, north


def _spot(matter: Matter, pack: Pack, ground: Tree) -> tuple[float, float, bool] | None:
    """Where it may be drawn: the point, the middle of its micro-grid, or nowhere."""
    node = ground.get(matter.place_id)
    area = matter.area_only or pack.public.where == "area" or matter.lon is None
    if pack.public.where == "none" or (area and (node is None or node.lon is None)):
        return None
    if area:
        assert node is not None and node.lon is not None and node.lat is not None
        return node.lon, node.lat, True
    assert matter.lon is not None and matter.lat is not None
    return matter.lon, matter.lat, False


def dot_of(matter: Matter, rows: Sequence[Clock], ground: Tree) -> Dot | None:
    pack = editions.edition(matter.edition)
    spot = _spot(matter, pack, ground)
    if spot is None:
        return None
    now, slots = moment.now(), slots_of(rows, pack)
    first = first_due(slots)
    slot = first[0] if first else next((s for s in slots if s.live), None)
    seen = clocks.view(slot.running, now) if slot else None
    spec = pack.clocks.get(slot.key) if slot else None
    stage = pack.stages[matter.stage]
    told = stage.public or stage.text
    compound = ground.up_to(matter.place_id, "compound") or ground.get(matter.place_id)
    return Dot(
        id=ids.text(matter.id), lon=round(spot[0], 6), lat=round(spot[1], 6), area=spot[2], kind=matter.kind,
        title_zh=title_of(pack, matter.kind, matter.condition, "zh"), title_en=title_of(pack, matter.kind, matter.condition, "en"),
        stage_zh=told.zh, stage_en=told.en, ball=matter.ball, place_zh=compound.called("zh") if compound else "",
        place_en=compound.called("en") if compound else "", clock_key=slot.key if slot else "", clock_zh=spec.text.zh if spec else "",
        clock_en=spec.text.en if spec else "", state="pause" if matter.paused_until else (seen.state if seen else "kept"),
        due_at=clocks.due_at(slot.running) if slot else None, warn_at=None, started_at=slot.running.started_at if slot else None,
        total_seconds=seen.total_seconds if seen else 0, place_id=ids.text(matter.place_id), opened_at=matter.opened_at,
    )  # fmt: skip


def dots_of(matters: Sequence[Matter]) -> tuple[Dot, ...]:
    """Dots for these matters, two statements for all; those whose pack shows nothing are left out."""
    rows: dict[int, list[Clock]] = {}
    keys = [m.id for m in matters]
    for row in Clock.objects.filter(matter_id__in=keys, state__in=("running", "paused")).order_by("id"):
        rows.setdefault(row.matter_id, []).append(row)
    ground = tree()
    made: Iterable[Dot | None] = (dot_of(m, rows.get(m.id, []), ground) for m in matters)
    return tuple(dot for dot in made if dot is not None)


def public_dots(bbox: BBox | None = None, limit: int = 5000) -> tuple[Dot, ...]:
    """Every open matter the public may see, newest first."""
    rows = Matter.objects.filter(ended_at=None)
    if bbox is not None:
        west, south, east, north = bbox
        rows = rows.filter(lon__gte=west, lon__lte=east, lat__gte=south, lat__lte=north)
    return dots_of(list(rows.order_by("-opened_at")[:limit]))


def public_matter(matter_id: int, lang: str) -> dict[str, object]:
    """One matter as its public view shows it, ended ones too. Raises Refusal ``matter.missing`` where the pack shows nothing."""
    matter = Matter.objects.filter(pk=matter_id).first()
    if matter is None:
        raise Refusal("matter.missing", kind="missing")
    found = dots_of([matter])
    if not found:
        raise Refusal("matter.missing", kind="missing")
    dot, pack = found[0], editions.edition(matter.edition)
    en = lang == "en"
    shows = set(pack.public.shows)
    said: dict[str, object] = {
        "id": dot.id,
        "ended": matter.ended_at is not None,
        "opened_at": matter.opened_at,
        "ball": matter.ball,
    }
    if "kind" in shows:
        said["title"] = dot.title_en if en else dot.title_zh
    if "stage" in shows:
        said["stage"] = dot.stage_en if en else dot.stage_zh
    if shows & {"place.compound", "compound"}:
        said["place"] = dot.place_en if en else dot.place_zh
    if "number" in shows:
        said["number"] = matter.number
    if "clocks" in shows:
        said |= {"clock": dot.clock_en if en else dot.clock_zh, "state": dot.state, "due_at": dot.due_at}
    return said
