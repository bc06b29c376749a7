from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kernel.places.town import FIRST_DAY, buildings, town

if TYPE_CHECKING:
    from linli.kernel.places.tree import Tree


@pytest.fixture
def settled(db: None) -> Tree:
    """The tiny town with its buildings, valid from the first day."""
    from linli.kernel.places.importing import apply, plan_import
    from linli.kernel.places.tree import tree

    plan = plan_import([town(), buildings()], valid_from=FIRST_DAY)
    assert [problem.line("en") for problem in plan.problems] == []
    apply(plan)
    return tree()
