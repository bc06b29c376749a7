"""The reference and the guide say what the reader reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from linli.kernel.packspec import files, reference
from linli.kernel.packspec.load import HOME, load_files
from linli.kernel.packspec.prove import prove
from linli.kernel.packspec.schema import Does
from linli.kernel.packspec.sections import FIELD_TYPES
from linli.kernel.packspec.stories import stories

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/howto/write-a-pack.md").read_text("utf-8")
ELSEWHERE = {"grades.NAME", "profiles/NAME.toml"}  # read in profiles, by the same reader


def fenced(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.DOTALL)


def test_the_reference_is_what_its_script_makes() -> None:
    page = (ROOT / reference.PAGE).read_text("utf-8")
    assert page == reference.page(), "run: python -m linli.kernel.packspec.reference"


def test_every_key_that_is_read_is_explained_and_every_key_explained_is_read() -> None:
    read, said = reference.read_keys(), reference.said()["keys"]
    assert {name: sorted(keys) for name, keys in read.items()} == {
        name: sorted(keys) for name, keys in said.items() if name not in ELSEWHERE
    }


def test_everything_an_act_does_and_every_type_of_question_is_explained() -> None:
    said = reference.said()
    assert set(said["does"]) == set(get_args(Does))
    assert set(said["fields"]) == set(FIELD_TYPES)


def guide_pack() -> dict[str, bytes]:
    """The pack printed in the guide, as files."""
    home = {
        name: data
        for name, data in files.gather(HOME / "repair", HOME).items()
        if not name.startswith("repair/")
    }
    kinds = fenced("csv")[0]
    return {**home, "lost/pack.toml": fenced("toml")[0].encode(), "lost/kinds.csv": kinds.encode()}


def test_the_shortest_pack_of_the_guide_is_a_good_pack() -> None:
    pack = load_files(guide_pack(), "lost")
    assert [str(fault) for fault in prove(pack)] == []
    assert pack.acts["summon"].text.zh == "吹哨"


def test_a_newcomer_adds_a_field_and_a_stage_in_one_folder() -> None:
    found = guide_pack()
    text = found["lost/pack.toml"].decode()
    text = text.replace(
        "[stages]",
        'colour = { type = "text", zh = "什么颜色？", en = "What colour?", max = 20 }\n\n[stages]',
        1,
    )
    text = text.replace(
        "[sets]", 'kept = { ball = 2, holder = "grid_leader", zh = "代管中", en = "Kept" }\n\n[sets]', 1
    )
    stage_only = load_files({**found, "lost/pack.toml": text.encode()}, "lost")
    assert {fault.code for fault in prove(stage_only)} >= {"unreachable_stage"}
    text = text.replace(
        '["reported", "on_site"]        # until', '["reported", "on_site", "kept"]        # until'
    )
    text += (
        '\n[acts.keep]\nzh = "代管"\nen = "Keep it"\ndoes = "move"\nfrom = "on_site"\nto = "kept"\nby = "holder"\n'
        '[acts.fetched]\nzh = "领走"\nen = "Fetched"\ndoes = "move"\nfrom = "kept"\nto = "done"\nby = "holder"\n'
    )
    pack = load_files({**found, "lost/pack.toml": text.encode()}, "lost")
    assert [str(fault) for fault in prove(pack)] == []
    assert "colour" in [field.key for field in pack.form]


def test_the_story_of_the_guide_can_be_read() -> None:
    found = files.gather(HOME / "repair", HOME)
    found = {name: data for name, data in found.items() if "/stories/" not in name}
    found["repair/stories/guide.toml"] = fenced("toml")[1].encode()
    told, faults = stories(found, load_files(found, "repair"))
    assert [str(fault) for fault in faults] == []
    assert [step.act for step in told[0].steps] == ["arrive", ""]
    assert f"{told[0].steps[1].at:%H:%M}" == "10:31"
