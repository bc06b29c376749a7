"""Law 9: a service is added by adding a folder; nothing else is touched, and a matter of it runs its whole loop."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import audit, public, reads
from linli.kernel.matters.models import Matter
from linli.kernel.packspec import editions
from linli.kernel.packspec.load import HOME
from tests.town import Town, local, photo, spot

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).resolve().parents[3] / "docs" / "howto" / "write-a-pack.md"
MORNING = local("2026-03-04 09:00")


@pytest.fixture
def with_one_more(tmp_path: Path) -> Path:
    """The packs as they are, and beside them the folder that the page for newcomers prints."""
    root = tmp_path / "packs"
    shutil.copytree(HOME, root)
    page = PAGE.read_text("utf-8")
    toml, csv = re.search(r"```toml\n(pack .*?)```", page, re.S), re.search(r"```csv\n(.*?)```", page, re.S)
    assert toml and csv
    folder = root / "lost"
    (folder / "words").mkdir(parents=True)
    (folder / "pack.toml").write_text(toml[1], "utf-8")
    (folder / "kinds.csv").write_text(csv[1], "utf-8")
    for name in ("zh-CN.toml", "en.toml"):
        (folder / "words" / name).write_text("", "utf-8")
    return root


def test_a_new_folder_is_a_new_service(town: Town, with_one_more: Path) -> None:
    with moment.at(MORNING):
        loaded = editions.install(with_one_more)
        assert loaded.refused == {}
        receipt = town.report("key", "lost", words="钥匙丢在楼下")
        number = receipt.matter_id
        assert [promise.key for promise in receipt.promises] == ["arrive", "solve"]
        town.take("worker", number, "arrive", position=spot(501))
        town.take("worker", number, "finish", words="找到了", photos=(photo("after"),))
        assert reads.callbacks(town.actor("operator"), "zh")[0].card.pack == "lost"
        ended = town.take("operator", number, "call_back", contacted=True, solved=True, satisfied=True)
    assert ended.outcome == "solved"
    assert public.public_matter(number, "en")["title"] == "Keys"
    assert list(audit.differences()) == []


def test_a_folder_taken_away_takes_no_new_matters_and_leaves_the_old(town: Town, with_one_more: Path) -> None:
    with moment.at(MORNING):
        editions.install(with_one_more)
        number = town.report("key", "lost", words="钥匙丢在楼下").matter_id
        editions.install(HOME)
        with pytest.raises(Refusal) as refused:
            town.report("key", "lost", words="又丢了")
        assert refused.value.code == "report.no_such_service"
        town.take("worker", number, "arrive", position=spot(501))
    assert Matter.objects.get(pk=number).stage == "on_site"


def test_a_changed_pack_judges_new_matters_and_not_old_ones(town: Town, with_one_more: Path) -> None:
    with moment.at(MORNING):
        editions.install(with_one_more)
        old = town.report("key", "lost", words="钥匙").matter_id
        pack = with_one_more / "lost" / "pack.toml"
        pack.write_text(pack.read_text("utf-8").replace('ordinary = "30m"', 'ordinary = "2h"'), "utf-8")
        assert editions.install(with_one_more).refused == {}
        new = town.report("key", "lost", words="钥匙").matter_id
    due = {m.pk: str(m.clocks.get(key="solve").limit) for m in Matter.objects.filter(pk__in=(old, new))}
    assert due == {old: "30m", new: "2h"}
