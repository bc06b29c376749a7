"""``linli privacy report | run | again | scrub``: what is kept how long, what went when, which backups still hold it; and doing it now."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from linli.config.backups import making
from linli.doors.cli import restore
from linli.kernel import moment
from linli.kernel.ledger import sequence
from linli.kernel.notices import erased_again, retention, scrub
from linli.kernel.people import erasures

BACKUP_DAYS = 35  # how long a copy of what was erased may live on in a backup


def run(args: Sequence[str]) -> int:
    """Run one of the commands; the exit code: 1 where backups are older than they may be."""
    parser = argparse.ArgumentParser(
        prog="linli privacy",
        description="个人信息：留多久、删了什么。Personal data: how long it is kept, and what went.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    report = commands.add_parser(
        "report", help="各类的用途、期限、上次删除；过期的备份 / classes, periods, what went; backups too old"
    )
    report.add_argument("--json", action="store_true", help="供程序读取 / for programs to read")
    report.add_argument(
        "--backup-days", type=int, default=BACKUP_DAYS, help="备份最多留几天 / how long a backup may be kept"
    )
    commands.add_parser("run", help="现在就删到期的 / let go now of what is over")
    again = commands.add_parser(
        "again",
        help="照删除记录再删一遍（恢复旧数据以后） / erase again what the journal names, after a restore",
    )
    again.add_argument(
        "journal", type=Path, nargs="*", help="另有的删除记录 / journals besides this store's own"
    )
    commands.add_parser("scrub", help="重写数据库文件，不留残迹 / write the store's files anew")
    try:
        asked = parser.parse_args(list(args))
    except SystemExit as ended:
        return int(ended.code or 0)
    if asked.command == "run":
        print(f"{retention.run_once():,} 项 pieces")
        return 0
    if asked.command == "again":
        return _again(asked.journal)
    if asked.command == "scrub":
        done = scrub.now()
        print("重写好了 Written anew." if done else "有人占用，稍后再试 Somebody holds it; try again later.")
        return 0 if done else 1
    return _report(timedelta(days=asked.backup_days), as_json=asked.json)


def _again(more: Sequence[Path]) -> int:
    own = erasures.path()
    texts = [path.read_text("utf-8") for path in [own, *more] if path in more or own.exists()]
    done = erased_again.apply(erasures.read(erasures.merged(texts)))
    print(restore.erased_again({**asdict(done), "until": done.until.isoformat() if done.until else ""}))
    return 1 if done.left else 0


def _report(keep: timedelta, *, as_json: bool) -> int:
    sequence.sequence()
    lines = retention.report()
    old = [(name, at) for name, at in making.on_record() if at < moment.now() - keep]
    if as_json:
        told = {
            "classes": [
                {
                    "class": line.key, "zh": line.text.zh, "en": line.text.en, "purpose_zh": line.purpose.zh, "purpose_en": line.purpose.en,
                    "days": line.days, "since_zh": line.since.zh, "since_en": line.since.en,
                    "last_at": line.last_at.isoformat() if line.last_at else None, "last_count": line.last_count,
                }
                for line in lines
            ],
            "backups_too_old": [{"name": name, "at": at.isoformat()} for name, at in old],
            "scrub_owed": scrub.owed(),
        }  # fmt: skip
        print(json.dumps(told, ensure_ascii=False))
        return 1 if old else 0
    for line in lines:
        period = "—" if line.days is None else f"{line.days} d"
        last = f"{moment.local(line.last_at):%Y-%m-%d %H:%M} ({line.last_count})" if line.last_at else "—"
        print(
            f"{line.text.zh} {line.text.en}\n  {line.purpose.zh} {line.purpose.en}; {line.since.zh} {line.since.en} + {period}; {last}"
        )
    print(
        "每小时检查一次 Looked at once an hour."
        + (" 数据库文件待重写 The store is owed a rewriting." if scrub.owed() else "")
    )
    for name, at in old:
        print(f"备份过期，应删除 Backup too old, remove it: {name} ({moment.local(at):%Y-%m-%d})")
    return 1 if old else 0
