"""Every address says who may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, path

from linli.doors.guard import who

FREE = {
    # route: why nobody is asked who he is
    "static/<path:path>": "files of the program itself, the same for everybody",
}


def views(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every route with its view, through all includes."""
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from views(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.callback


def silent(patterns: list[Any]) -> list[str]:
    """The routes whose view does not say who may. The API's views say it operation by operation."""
    found = []
    for route, view in views(patterns):
        if route in FREE or getattr(view, "who", None):
            continue
        operations = operations_of(view)
        if operations and all(getattr(operation.view_func, "who", None) for operation in operations):
            continue
        found.append(route)
    return found


def operations_of(view: Callable[..., Any]) -> list[Any]:
    """django-ninja puts one view before the operations of a path; they are what decides."""
    keeper = getattr(view, "__self__", None)
    for cell in getattr(view, "__closure__", None) or ():
        if hasattr(cell.cell_contents, "operations"):
            keeper = cell.cell_contents
    return list(getattr(keeper, "operations", []))


def test_every_route_says_who_may() -> None:
    assert silent(get_resolver().url_patterns) == []


def test_a_route_that_says_nothing_is_found() -> None:
    def open_to_whom(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert silent([path("a/", open_to_whom)]) == ["a/"]
    assert silent([path("a/", who("staff")(open_to_whom))]) == []


@pytest.mark.parametrize("route", FREE)
def test_every_exception_gives_its_reason(route: str) -> None:
    assert len(FREE[route]) > 10
