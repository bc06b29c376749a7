"""``linli schema``: where the store stands; down to a released schema, and up again. Touches nothing unless told to."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from linli.config import schema, wiring
from linli.config.progress import say
from linli.doors.cli.backup_key import add_key, open_vault
from linli.kernel.errors import Refusal

if TYPE_CHECKING:
    from linli.config.schema_down import Down


def run(args: Sequence[str]) -> int:
    """Show, lower or raise; the exit code."""
    parser = _parser()
    try:
        asked = parser.parse_args(list(args))
    except SystemExit as ended:
        return int(ended.code or 0)
    wiring.setup()
    if asked.command == "down":
        return _down(asked)
    if asked.command == "up":
        return _up()
    return _show()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="linli schema",
        description="库的结构：现在到哪一版，退到已发布的一版，再升回来。Where the store's schema stands; down to a released one; up again.",
    )
    commands = parser.add_subparsers(dest="command")
    commands.add_parser(
        "show", help="现在到哪一版，什么都不改（默认） / where it stands; changes nothing (default)"
    )
    commands.add_parser("up", help="升到本程序的一版 / up to what this program knows")
    down = commands.add_parser(
        "down", help="先备份，再退到已发布的一版 / back up, then down to a released schema"
    )
    down.add_argument("number", help="哪一版 / which one, for example 1")
    down.add_argument("--backup", type=Path, help="备份文件夹 / the folder of backups")
    down.add_argument("--dry-run", action="store_true", help="只说会怎样 / only say what would happen")
    down.add_argument(
        "--keep-aside",
        action="store_true",
        help="旧版放不下的另存，升回来时放回 / keep what the older schema cannot hold aside, for the way up",
    )
    add_key(down)
    return parser


def _made() -> list[schema.Change]:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    return list(MigrationRecorder(connection).applied_migrations())


def _show() -> int:
    from linli.config import schema_kept

    stands = schema.standing(_made())
    print(f"库 the store: {_named(stands)}")
    for name in stands.further:
        print(f"    + {name}" + ("  （本程序不认识 not known here）" if name in stands.newer else ""))
    print(f"本程序另有 this program has further: {len(stands.lacking)}")
    for name in stands.lacking:
        print(f"    - {name}")
    print(f"已发布的 released: {', '.join(schema.released())}")
    for path in schema_kept.files():
        print(f"另存待放回 kept aside until the way up: {path}")
    return 0


def _named(stands: schema.Standing) -> str:
    if not stands.released:
        return "还没有任何一版 none of the released schemas"
    more = f" + {len(stands.further)}" if stands.further else ""
    return f"第 {stands.released} 版 schema {stands.released}{more}"


def _up() -> int:
    before = set(_made())
    wiring.prepare()
    made = sorted(f"{app}.{name}" for app, name in set(_made()) - before)
    print(f"升好了 Up: {len(made)} 项改动 changes made")
    for name in made:
        print(f"    + {name}")
    return 0


def _down(asked: argparse.Namespace) -> int:
    from linli.config import schema_kept
    from linli.config.schema_down import Down, require_nobody_else

    newer = schema.standing(_made()).newer
    if newer:
        raise Refusal("store.newer", kind="conflict", change=newer[-1])
    down = Down(asked.number)
    _tell(down)
    if asked.dry_run or not down.changes:
        return 0
    if asked.backup is None:
        raise Refusal("schema.needs_backup", kind="conflict")
    if any(loss.real for loss in down.losses) and not asked.keep_aside:
        raise Refusal(
            "schema.would_lose", kind="conflict", what=next(loss.name for loss in down.losses if loss.real)
        )
    require_nobody_else()
    vault = open_vault(asked.backup, asked.key_file, make=True)
    _require_sound()
    from linli.config.backups import making

    say("linli: 备份 backing up …")
    backup = making.make(vault).name
    kept = schema_kept.path_for(backup)
    written = down.go(kept, lambda change: say(f"linli: − {change}"))
    print(f"退好了 Down: schema {asked.number}\n  退之前的备份 the backup made before: {backup}")
    if written:
        print(f"  {written:,} 行另存 rows kept aside: {kept}")
    print("  现在用那一版的程序 Now run the program of that schema; this one would bring it up again.")
    return 0


def _tell(down: Down) -> None:
    print(
        f"退到第 {down.number} 版，撤销 {len(down.changes)} 项改动 down to schema {down.number}, unmaking {len(down.changes)} changes"
    )
    for name in down.changes:
        print(f"    − {name}")
    for loss in down.losses:
        if not loss.fits:
            said = "旧版太窄，放不下 too narrow in the older schema"
        elif loss.again:
            said = "由别的行得出，升回来时再得出 follows from other rows, made again on the way up"
        elif loss.rows:
            said = "旧版放不下 the older schema has no room for it"
        else:
            said = "空的 empty"
        print(f"  {loss.name}: {loss.rows:,} 行 rows, {said}")
    packs, matters = down.strange
    if matters:
        print(
            f"  {matters:,} 件未结事项用的是之后才有的服务包，旧程序不一定认识 open matters are judged by packs that came later, "
            f"which the older program may not know: {', '.join(packs)}"
        )


def _require_sound() -> None:
    """The whole log and every table, before: what is made again on the way up is made of these rows."""
    from itertools import islice

    from linli.config import audits
    from linli.kernel.ledger import audit, sequence

    say("linli: 核查 verifying …")
    sequence.sequence_all()
    report = audit.verify()
    found = [report.difference] if report.difference is not None else list(islice(audits.differences(), 1))
    if found:
        raise Refusal("schema.unsound", kind="conflict", said=str(found[0]))
