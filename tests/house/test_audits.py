"""Nothing is kept that no audit looks at, unless it says why; and what carries a hash of itself is changed in one place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.apps import apps

from linli.config import audits
from tests.house.tree import ROOT, SRC, files, named, syntax
from tests.kernel.test_every_change_is_found import COVERED

TABLES = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed}
TABLES |= {"django_migrations"}  # Django keeps it without a model in the list

# where rows that carry a keyed hash of themselves may be changed
WRITERS: dict[str, list[str]] = {
    "Notice": ["src/linli/kernel/notices/marks.py"],
    "Key": ["src/linli/kernel/matters/again.py"],  # they are removed when their time is over
    "Call": [],
}
WRITES = {"update", "create", "bulk_create", "bulk_update", "delete", "get_or_create", "update_or_create"}


def test_every_table_is_audited_or_says_why_not() -> None:
    assert set(audits.AUDITED) | set(audits.UNAUDITED) == TABLES
    assert not set(audits.AUDITED) & set(audits.UNAUDITED)
    assert all(len(reason) > 20 for reason in audits.UNAUDITED.values())


def test_every_audited_table_is_tampered_with_in_a_test() -> None:
    assert {model._meta.db_table for model in COVERED} == set(audits.AUDITED)


def test_what_is_counted_is_audited() -> None:
    assert set(audits.AUDITED) >= audits.COUNTED


def base_of(node: ast.expr) -> str:
    """The name a chain of calls begins with: Notice in ``Notice.objects.filter(...).update``."""
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


def written_past(model: str, path: Path) -> list[str]:
    """Lines of a file that write rows of the model by a query, also by one that was put in a variable first."""
    tree, queries = syntax(path), {model}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and base_of(node.value) in queries:
            queries |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return [
        f"{named(path)}:{node.lineno} {node.func.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITES
        and base_of(node.func.value) in queries
    ]


@pytest.mark.parametrize("model", WRITERS)
def test_rows_with_a_hash_of_themselves_are_changed_where_it_is_made(model: str) -> None:
    for place in WRITERS[model]:
        assert written_past(model, ROOT / place), f"{place} writes no {model}: this test sees nothing"
    others = [path for path in files(SRC, ".py") if named(path) not in WRITERS[model]]
    assert [line for path in others for line in written_past(model, path)] == []
