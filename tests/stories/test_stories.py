"""Every story of every pack comes true when it is played: the same sentences that an official signs."""

from __future__ import annotations

from pathlib import Path

import pytest

from linli.kernel.matters import audit
from linli.kernel.packspec import files
from linli.kernel.packspec.load import HOME, load_all
from linli.kernel.packspec.stories import Story, told
from tests import town as towns
from tests.stories.player import Player

pytestmark = pytest.mark.django_db


def every(root: Path = HOME) -> list[Story]:
    packs = load_all(root).packs
    return [
        story
        for key, pack in packs.items()
        if not pack.library
        for story in told(files.gather(root / key, root), pack)
    ]


STORIES = every()


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.pack}/{story.key}")
def test_the_story_comes_true(town: towns.Town, story: Story) -> None:
    assert Player(town, story).play() == []
    assert list(audit.differences()) == []  # and can be told again from its steps


def test_every_service_tells_stories() -> None:
    assert {story.pack for story in STORIES} == {
        key for key, pack in load_all(HOME).packs.items() if not pack.library
    }
