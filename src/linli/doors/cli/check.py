"""``linli check [--pack PATH]``: prove every pack, show each flow as a table a clerk can read, and every
fault with its line."""

from __future__ import annotations

import argparse
import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from linli.kernel.packspec.faults import Fault, PackRefused
from linli.kernel.packspec.files import PROFILES, gather
from linli.kernel.packspec.load import HOME, load_files
from linli.kernel.packspec.prove import prove
from linli.kernel.packspec.schema import Clock, Pack
from linli.kernel.packspec.stories import stories

HEADS = {
    "zh": ("环节", "谁负责", "时限", "接下来"),
    "en": ("Stage", "Who answers", "Clocks that run", "What leads on"),
}
SAYS = {
    "zh": {
        "whole": "{packs} 个服务包都守规矩。",
        "faulty": "{faults} 处问题，在 {packs} 个服务包里。有问题的不启用，其余照常。",
        "library": "公用包",
        "facts": "{kinds} 类 {conditions} 种情形 · {stories} 个故事 · 时限方案 {profile} · 版本 {digest}",
        "no_folder": "没有这个文件夹：{path}",
    },
    "en": {
        "whole": "All {packs} packs keep the laws.",
        "faulty": "{faults} fault(s) in {packs} pack(s). Those are refused; the others run.",
        "library": "library",
        "facts": "{kinds} kinds, {conditions} conditions · {stories} stories · profile {profile} · edition {digest}",
        "no_folder": "There is no such folder: {path}",
    },
}
MOST_WAYS = 6


@dataclass(frozen=True, slots=True)
class Checked:
    """One folder after checking: the pack where it could be read, and everything wrong with it."""

    key: str
    pack: Pack | None
    stories: int
    faults: tuple[Fault, ...]


def run(args: Sequence[str]) -> int:
    """0: every pack keeps the laws; 1: some do not; 2: asked wrongly."""
    parser = argparse.ArgumentParser(
        prog="linli check",
        description="检查服务包：证明每个流程都守规矩。Prove that every flow keeps the laws.",
    )
    parser.add_argument(
        "--pack", type=Path, help="只检查这个文件夹 / only the pack in this folder", metavar="PATH"
    )
    parser.add_argument("--quiet", action="store_true", help="只说问题 / say the faults only")
    parser.add_argument("--json", action="store_true", help="供程序读取 / for programs to read")
    parser.add_argument("--lang", choices=("zh", "en"), default=_language(), help="zh | en")
    try:
        asked = parser.parse_args(list(args))
    except SystemExit as ended:
        return int(ended.code or 0)
    if asked.pack is not None and not asked.pack.is_dir():
        print(SAYS[asked.lang]["no_folder"].format(path=asked.pack), file=sys.stderr)
        return 2
    folders = [asked.pack.resolve()] if asked.pack else _folders(HOME)
    checked = [check(folder) for folder in folders]
    if asked.json:
        print(json.dumps([_plain(one) for one in checked], ensure_ascii=False, indent=1))
    else:
        _print(checked, asked.lang, quiet=asked.quiet)
    return 1 if any(one.faults for one in checked) else 0


def check(folder: Path) -> Checked:
    """Read, prove and read the stories of one pack. Its libraries are looked for beside it, else among
    those that come with the program."""
    libraries = folder.parent if (folder.parent / PROFILES).is_dir() else HOME
    try:
        files = gather(folder, libraries)
        pack = load_files(files, folder.name)
    except PackRefused as refusal:
        return Checked(folder.name, None, 0, refusal.faults)
    told, wrong = stories(files, pack)
    return Checked(pack.key, pack, len(told), (*prove(pack), *wrong))


def _folders(root: Path) -> list[Path]:
    return sorted(path.parent for path in root.glob("*/pack.toml"))


def _language() -> str:
    named = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "en" if named.startswith("en") else "zh"


def _print(checked: Sequence[Checked], lang: str, *, quiet: bool) -> None:
    for one in checked:
        if one.pack is not None and not quiet:
            print("\n".join(_shown(one.pack, one.stories, lang)), end="\n\n")
        elif one.faults and not quiet:
            print(f"✗ {one.key}\n")
        for fault in one.faults:
            print(f"  {fault.say(lang)}")
        if one.faults and not quiet:
            print()
    faults = sum(len(one.faults) for one in checked)
    bad = sum(1 for one in checked if one.faults)
    says = SAYS[lang]
    print(
        says["faulty"].format(faults=faults, packs=bad)
        if faults
        else says["whole"].format(packs=len(checked))
    )


def _shown(pack: Pack, told: int, lang: str) -> list[str]:
    """The pack's heading and, unless it is a library, its flow."""
    names = f"{pack.name.zh} {pack.name.en} ({pack.key})"
    if pack.library:
        return [f"▪ {names} · {SAYS[lang]['library']}"]
    facts = SAYS[lang]["facts"].format(
        kinds=len(pack.kinds),
        conditions=sum(len(kind.conditions) for kind in pack.kinds.values()),
        stories=told,
        profile=pack.profile,
        digest=pack.digest[:12],
    )
    rows = [HEADS[lang], *(_row(pack, key, lang) for key in pack.stages)]
    return [f"■ {names}", f"  {facts}", *_table(rows)]


def _row(pack: Pack, key: str, lang: str) -> tuple[str, str, str, str]:
    stage = pack.stages[key]
    role = pack.roles.get(stage.holder or "")
    clocks = [_clock(clock, lang) for clock in pack.clocks.values() if key in clock.starts]
    ways = [
        f"{act.text.say(lang)}→{'/'.join(dict.fromkeys(there))}"
        for act in pack.acts.values()
        if key in act.from_
        and (there := [pack.stages[to].text.say(lang) for to in act.to.values() if to not in (key, "")])
    ]
    more = [] if len(ways) <= MOST_WAYS else [f"+{len(ways) - MOST_WAYS}"]
    name = f"{'✓' if stage.end else '○◔◑◕'[min(stage.ball, 3)]} {stage.text.say(lang)}"
    return (
        name,
        role.text.say(lang) if role else "—",
        " · ".join(clocks),
        "  ".join([*ways[:MOST_WAYS], *more]),
    )


def _clock(clock: Clock, lang: str) -> str:
    limits = list(dict.fromkeys(str(limit) for limit in clock.limits.values()))
    shown = "…" if clock.given else "/".join(limits[:4]) + ("/…" if len(limits) > 4 else "")
    return f"{clock.text.say(lang)} {shown}"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    lines = ["  " + "  ".join([*map(_padded, row[:-1], widths), row[-1]]).rstrip() for row in rows]
    return [lines[0], "  " + "─" * max(map(_width, lines)), *lines[1:]]


def _width(text: str) -> int:
    """Columns on a terminal, where a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _plain(one: Checked) -> dict[str, object]:
    return {
        "pack": one.key,
        "edition": one.pack.digest if one.pack else None,
        "stories": one.stories,
        "faults": [_plain_fault(fault) for fault in one.faults],
    }


def _plain_fault(fault: Fault) -> dict[str, object]:
    path: Iterable[str] = fault.path
    return {
        "code": fault.code,
        "file": fault.file,
        "line": fault.line,
        "zh": fault.sentence.zh,
        "en": fault.sentence.en,
        "path": list(path),
    }
