"""Every change of the schema can be unmade, all of it or none, and says of what it brings in whether it makes it again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from linli.config import schema

LOADER = MigrationLoader(None)


def beyond() -> list[tuple[str, str]]:
    """Our own changes since the first released schema."""
    first = next(iter(schema.released().values()))
    ours = {name.partition(".")[0] for name in schema.known()}
    return sorted(
        (app, name) for app, name in LOADER.graph.nodes if app in ours and name > first.get(app, "")
    )


def complaints(change: migrations.Migration, before: ProjectState) -> Iterator[str]:
    if not change.atomic:
        yield "is not one transaction: a fault in the middle would leave half of it"
    for operation in change.operations:
        if not operation.reversible:
            yield f"cannot be unmade: {operation.describe()}"
    brought = named(change.mutate_state(before, preserve=True)) - named(before)
    for name in sorted(getattr(change, "made_again", frozenset()) - brought):
        yield f"says that it makes {name} again, which it does not bring in"


def named(state: ProjectState) -> set[str]:
    """Every table, and every column as ``table.column``."""
    found = set()
    for model in state.apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        found |= {table, *(f"{table}.{field.column}" for field in model._meta.concrete_fields)}
    return found


@pytest.mark.parametrize("key", beyond(), ids=".".join)
def test_every_change_since_the_first_schema_can_be_unmade(key: tuple[str, str]) -> None:
    change = LOADER.graph.nodes[key]
    assert list(complaints(change, LOADER.project_state(key, at_end=False))) == []


def test_a_change_that_cannot_be_unmade_is_found() -> None:
    class Bad(migrations.Migration):
        atomic = False
        operations = [
            migrations.AddField("item", "colour", models.CharField(default="", max_length=9)),
            migrations.RunPython(lambda apps, editor: None),
        ]
        made_again = frozenset({"registers_item.color"})

    class Good(migrations.Migration):
        operations = [
            Bad.operations[0],
            migrations.RunPython(lambda apps, editor: None, migrations.RunPython.noop),
        ]
        made_again = frozenset({"registers_item.colour"})

    before = LOADER.project_state()
    found = list(complaints(Bad("0998_bad", "registers"), before))
    assert [one.split(":")[0].split(" ")[0] for one in found] == ["is", "cannot", "says"]
    assert list(complaints(Good("0998_good", "registers"), before)) == []
