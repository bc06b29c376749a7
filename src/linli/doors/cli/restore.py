"""``linli restore SRC --to DIR``: a backup brought back into a folder of its own and proved equal. Never over anything that is there."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linli.config.backups import restoring
from linli.config.backups.restoring import Restored
from linli.doors.cli.backup_key import add_key, open_vault

BEHIND = 3  # the exit code of a restore that is whole and yet older than what was published


def run(args: Sequence[str]) -> int:
    """Restore; 0 when all is proved, 3 when it is and more had been published."""
    parser = _parser()
    try:
        asked = parser.parse_args(list(args))
    except SystemExit as ended:
        return int(ended.code or 0)
    done = restoring.restore(
        open_vault(asked.source, asked.key_file),
        asked.to,
        name=asked.name,
        database=asked.db,
        since=asked.since,
        journals=asked.erasures,
    )
    print(
        f"恢复好了，已证明一致 Restored and proved equal: {done.name}\n  {done.folder}\n"
        f"  {done.size:,} 条 entries, root {done.root}, {done.files:,} 个文件 files; 总账和各表核查无误 the log and every table verify"
    )
    print(telling_of(done.erased, done.made_at))
    if done.behind:
        print(_loud(done), file=sys.stderr)
        return BEHIND
    if done.later:
        print(f"  有 {len(done.later)} 份更新的备份 newer backups are here: {', '.join(done.later)}")
    print(f"  LINLI_DATA={done.folder} linli serve")
    return 0


def telling_of(erased: dict[str, Any], made_at: str) -> str:
    """What was erased again, and how far the journals reach."""
    lines = [erased_again(erased)]
    if not erased["newer"]:
        lines.append(
            f"  没有比这份备份更新的删除记录：{made_at} 以后若有人要求删除，内容可能在这里重新出现；有 erasures.journal 就用 --erasures 给出。\n"
            f"  No journal of erasures newer than this backup was found: what was erased after {made_at} may be back. Name it with --erasures."
        )
    return "\n".join(lines)


def erased_again(told: dict[str, Any]) -> str:
    """One journal gone through, in words."""
    what = ", ".join(f"{name} {count}" for name, count in sorted(told["counts"].items()))
    until = f"，记到 until {told['until'][:19]}" if told["until"] else ""
    lines = [
        f"  删除记录 {told['named']} 次{until}，其中 {told['made']} 次在这里重新执行 "
        f"of {told['named']} erasures on record {told['made']} were made again here"
        + (f" ({what})" if what else "")
    ]
    lines += [
        f"  账号 {each} 在这里仍有岗位，交接后请运行 linli privacy again。"
        f"Account {each} still holds a post here: hand it over, then run linli privacy again."
        for each in told["left"]
    ]
    return "\n".join(lines)


def _loud(done: Restored) -> str:
    lost = done.published - done.size
    return (
        "\n"
        + "!" * 78
        + f"\n这份备份比已经公布的总账旧：公布到 {done.published:,} 条，这里只有 {done.size:,} 条，少 {lost:,} 条。\n"
        "有人手里可能有这些条目的凭证。先找更新的备份；用它之前须公告。\n"
        f"This backup is OLDER than what was published: {done.published:,} entries were published, {done.size:,} are here, {lost:,} are missing.\n"
        "People may hold receipts for them. Look for a newer backup first. Until somebody decides\n"
        "(linli ledger checkpoint --help), this store publishes nothing.\n" + "!" * 78
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="linli restore",
        description="把备份恢复到新的文件夹，并证明一致。Bring a backup back into a new folder, and prove it equal.",
    )
    parser.add_argument("source", type=Path, help="备份文件夹 / the folder of backups")
    parser.add_argument("--to", type=Path, required=True, help="空的新文件夹 / an empty or new folder")
    parser.add_argument("--name", default="", help="哪一份，默认最新 / which one; the newest by default")
    parser.add_argument(
        "--db", default="", help="PostgreSQL 的空库地址 / address of an empty PostgreSQL database"
    )
    parser.add_argument(
        "--since",
        type=Path,
        action="append",
        help="公布过的检查点文件 / a checkpoint that was published, to compare with",
    )
    parser.add_argument(
        "--erasures",
        type=Path,
        action="append",
        help="删除记录，恢复后照它再删 / a journal of erasures, to erase again by",
    )
    add_key(parser)
    return parser
