"""说到做到: how many promises were kept, of how many, and by which rule. Open matters that are overdue count among "of how many"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Q

from linli.kernel.matters.cards import Rate
from linli.kernel.matters.models import Clock
from linli.kernel.matters.said import duration
from linli.kernel.packspec.schema import Limit, Text
from linli.lenses.ground import under_any

_EXCLUDED = ("out_of_scope", "withdrawn", "merged")
_RULE = Text(
    "按上报时间计；到时未做到的，不论办没办完都算在分母里；还没到时的不算；不属受理范围、撤回、并入的不算。",
    "By time of report. Whatever was due counts, finished or not; what is not due yet does not; out of scope, withdrawn and merged are excluded.",
)
_FORMS = {
    "arrive": Text("{limit}到场", "At the scene in {limit}"),
    "solve": Text("{limit}办结", "Solved in {limit}"),
    "plan": Text("{limit}拿方案", "A plan in {limit}"),
    "call": Text("{limit}回访", "Called back in {limit}"),
    "check": Text("{limit}核查", "Checked in {limit}"),
    "accept": Text("{limit}核实", "Verified in {limit}"),
    "acknowledge": Text("{limit}报到", "Summons answered in {limit}"),
}


def rates(
    paths: Sequence[str],
    since: datetime,
    until: datetime,
    lang: str,
    keys: Sequence[str] = ("arrive", "solve", "plan"),
    pack: str = "repair",
) -> tuple[Rate, ...]:
    """One figure for each promise and limit, of matters reported from ``since`` to ``until`` on that ground.

    kept: met in time. of: kept + broken + running past its time. excluded: clocks of matters out of scope, withdrawn or merged. Clocks still
    within their time are in neither: they have not been answered yet.
    """
    rows = Clock.objects.filter(
        under_any(paths, "matter__path"),
        matter__pack=pack,
        matter__opened_at__gte=since,
        matter__opened_at__lte=until,
        key__in=keys,
    )
    out = Q(matter__outcome__in=_EXCLUDED)
    late = Q(state__in=("running", "paused")) & (
        Q(broken_at__isnull=False) | Q(state="running", due_at__lt=until)
    )
    found = rows.values("key", "limit").annotate(
        kept=Count("id", filter=~out & Q(state="kept")),
        broken=Count("id", filter=~out & (Q(state="broken") | late)),
        excluded=Count("id", filter=out),
    )
    order = {key: n for n, key in enumerate(keys)}
    shown = sorted(found, key=lambda row: (order[row["key"]], _length(row["limit"])))
    return tuple(
        Rate(
            f"{row['key']}.{row['limit']}",
            _name(row["key"], row["limit"], lang),
            row["kept"],
            row["kept"] + row["broken"],
            row["excluded"],
            _RULE.say(lang),
        )
        for row in shown
    )


def _limit(text: str) -> Limit:
    digits = text.rstrip("smhdw")
    return Limit(int(digits), text[len(digits) :])  # type: ignore[arg-type]


def _length(text: str) -> int:
    sizes = {"s": 1, "m": 60, "h": 3600, "wh": 3600, "d": 86400, "wd": 30000}
    limit = _limit(text)
    return limit.amount * sizes[limit.unit]


def _name(key: str, text: str, lang: str) -> str:
    form = _FORMS.get(key)
    said = duration(_limit(text), 0, lang)
    return form.say(lang).format(limit=said) if form else f"{key} {said}"
