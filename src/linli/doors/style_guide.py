"""Every piece of the design system on one page, in the sample town only: to look at, in each theme, size and language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse

from linli.doors import glyphs
from linli.doors.guard import who
from linli.doors.page import page
from linli.kernel import moment

SHELLS = {
    "": "style/guide.html",
    "phone": "style/phone.html",
    "desk": "style/desk.html",
    "wall": "style/wall.html",
    "where": "style/where.html",
}


@who("demo")
def style_guide(request: HttpRequest, shell: str = "") -> HttpResponse:
    """The primitives, or one of the shells filled with invented matters."""
    return page(
        request,
        SHELLS.get(shell, SHELLS[""]),
        clocks=_clocks(),
        icons=sorted(glyphs.icons()),
        stage_numbers=range(5),
        hours=[moment.now() - timedelta(minutes=n) for n in (38, 30, 21)],
        map_options=_map(),
        pick_options=_map() | {"dots": [], "zoom": 17, "pick": {"lon": "#lon", "lat": "#lat"}},
        kinds=KINDS,
    )


KINDS = [
    ("water", {"zh": "漏水停水", "en": "Water"}, {"zh": "水管、下水道", "en": "Pipes, drains"}),
    ("light", {"zh": "路灯照明", "en": "Lighting"}, {"zh": "路灯、楼道灯", "en": "Street and stair lamps"}),
    (
        "lift",
        {"zh": "电梯门禁", "en": "Lifts and doors"},
        {"zh": "停运、打不开", "en": "Stopped, will not open"},
    ),
    (
        "quarrel",
        {"zh": "邻里纠纷", "en": "Quarrels"},
        {"zh": "上门调解，保密", "en": "Mediation, in confidence"},
    ),
]


def _clocks() -> list[dict[str, Any]]:
    now = moment.now()

    def running(zh: str, en: str, left: int, total: int) -> dict[str, Any]:
        due = now + timedelta(seconds=left)
        return {"name_text": {"zh": zh, "en": en}, "due_at": due, "total_seconds": total}

    return [
        running("办结", "Finish", 1127, 1800) | {"warn_at": now + timedelta(seconds=600)},
        running("到场", "Arrive", 118, 600),
        running("办结", "Finish", -192, 1800),
        {
            "name_text": {"zh": "方案", "en": "Plan"},
            "state": "pause",
            "left_seconds": 9600,
            "total_seconds": 14400,
        },
        {
            "name_text": {"zh": "到场", "en": "Arrive"},
            "state": "kept",
            "used_seconds": 557,
            "total_seconds": 600,
        },
        running("回访", "Call back", 10260, 86400),
        running("方案", "Plan", 300000, 432000),
    ]


def _map() -> dict[str, Any]:
    """Dots around the middle of the sample town's first compound; the town itself comes from /tiles/."""
    lon, lat = 112.7361, 37.6958
    rows = [
        ("plenty", "楼道堆物", "Clutter in the stairway", -0.0012, 0.0006),
        ("soon", "楼道水管爆裂", "Burst pipe in the stairway", 0.0008, 0.0003),
        ("breach", "井盖缺失", "Manhole cover missing", 0.0016, -0.0008),
        ("pause", "单元门换锁芯", "Door lock being replaced", -0.0006, -0.0009),
        ("kept", "路灯修好", "Lamp repaired", 0.0001, 0.0011),
    ]
    dots = [
        {
            "id": str(n),
            "lon": lon + x,
            "lat": lat + y,
            "state": state,
            "title": zh,
            "callout": state == "breach",
        }
        for n, (state, zh, _, x, y) in enumerate(rows)
    ]
    dots.append(
        {"id": "9", "lon": lon - 0.002, "lat": lat - 0.0002, "state": "soon", "title": "纠纷", "radius": 60}
    )
    return {"centre": [lon, lat], "zoom": 15.4, "dots": dots}
