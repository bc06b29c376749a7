"""Every address of the program and the door behind it. The sample town's own doors are routed in demo mode alone."""

from __future__ import annotations

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from linli.doors.health import healthz
from linli.doors.preferences import preferences


def _door(prefix: str, module: str) -> list[URLPattern | URLResolver]:
    try:
        return [path(prefix, include(module))] if find_spec(module) else []
    except ModuleNotFoundError:
        return []


urlpatterns = [
    path("healthz", healthz),
    path("preferences", preferences, name="preferences"),
    *_door("desk/", "linli.doors.desk.urls"),
    *_door("hotline/", "linli.doors.hotline.urls"),
    *_door("field/", "linli.doors.field.urls"),
    *_door("screen/", "linli.doors.screen.urls"),
    *_door("api/v1/", "linli.doors.api.urls"),
    *_door("ledger/", "linli.doors.ledger.urls"),
    *_door("tiles/", "linli.doors.tiles"),
    *_door("photos/", "linli.doors.photos"),
    *_door("my/data/", "linli.doors.my_data.urls"),
    *_door("", "linli.doors.sign_in.urls"),
]
if settings.MODE in ("demo", "test"):
    from linli.doors.style_guide import style_guide

    urlpatterns += [
        path("demo/style/", style_guide, name="style_guide"),
        path("demo/style/<str:shell>/", style_guide),
        *_door("demo/", "linli.doors.sign_in.demo_urls"),
    ]
urlpatterns += _door("", "linli.doors.portal.urls")

handler404 = "linli.doors.page.not_found"
handler500 = "linli.doors.page.broken"
