"""``linli ledger verify | head | show | checkpoint | receipt | export | key``: what anybody with access to the store may ask of the log."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Sequence

from linli.config import audits
from linli.doors.cli import receipt
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.ledger import audit, rows, sequence

MOST_NAMED = 20

PUBLISHING = {"checkpoint": receipt.checkpoint, "export": receipt.export, "key": receipt.key}


def run(args: Sequence[str]) -> int:
    """Run one of the commands; the exit code: 0 done and whole, 1 a difference or nothing found, 2 asked wrongly."""
    parser = _parser()
    try:
        asked = parser.parse_args(list(args))
    except SystemExit as ended:
        return int(ended.code or 0)
    if asked.command == "verify":
        return _verify(as_json=asked.json)
    if asked.command == "head":
        return _head(as_json=asked.json)
    if asked.command == "receipt":
        return receipt.receipt(asked, _found)
    if asked.command in PUBLISHING:
        return PUBLISHING[asked.command](asked)
    return _show(asked.what, as_json=asked.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="linli ledger",
        description="总账：核查、看到哪里、看一条。The log: verify it, see how far it reaches, read it.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser(
        "verify",
        help="从数据库重算整本账，指出第一处不同 / recompute the log from the store and name the first difference",
    )
    head = commands.add_parser("head", help="总账的长度和树根 / the size and root of the log")
    show = commands.add_parser("show", help="按序号、编号或对象看条目 / entries by index, id or subject")
    show.add_argument("what", help="17, 0bt6v2k9yx4mc, matter:0bt6v2k9yx4mc")
    receipt.add_commands(commands)
    for command in (verify, head, show):
        command.add_argument("--json", action="store_true", help="供程序读取 / for programs to read")
    return parser


def _verify(*, as_json: bool) -> int:
    began = time.perf_counter()
    report = audit.verify(None if as_json else _progress)
    took = time.perf_counter() - began
    # then whether what every other table says is what the log comes to
    differing = list(itertools.islice(audits.differences(), MOST_NAMED)) if report.clean else []
    if as_json:
        difference = report.difference
        found = (
            None if difference is None else {name: getattr(difference, name) for name in difference.__slots__}
        )
        told = {
            "size": report.size,
            "root": report.root.hex(),
            "unsequenced": report.unsequenced,
            "difference": found,
            "differences": [{name: getattr(one, name) for name in one.__slots__} for one in differing],
        }
        print(json.dumps(told, ensure_ascii=False))
    elif report.difference is not None:
        print(f"不一致 The log does not hold:\n  {report.difference}")
    else:
        rate = f"{report.size / took:,.0f}/s" if took > 0.05 else ""
        print(f"完整 Whole: {report.size:,} 条 entries, {took:.1f} s {rate}\n  root {report.root.hex()}")
        if report.unsequenced:
            print(f"  {report.unsequenced:,} 条待排序 committed and not yet sequenced")
        _tell_tables(differing)
    return 0 if report.clean and not differing else 1


def _tell_tables(differing: Sequence[audit.Difference]) -> None:
    if not differing:
        print("各表与总账一致 Every table stands as the log says.")
        return
    print(f"各表与总账不一致 Where tables are not what the log says (up to {MOST_NAMED}):")
    for one in differing:
        print(f"  {one}")


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == of else ""
        print(f"\r  {done:,} / {of:,}", end=end, file=sys.stderr, flush=True)


def _head(*, as_json: bool) -> int:
    head, waiting = rows.head(), sequence.waiting()
    if as_json:
        at = head.at.isoformat() if head.at else None
        print(json.dumps({"size": head.size, "root": head.root.hex(), "at": at, "waiting": waiting.count}))
    else:
        print(f"{head.size:,} 条 entries\nroot {head.root.hex()}")
        if waiting.count:
            print(f"{waiting.count:,} 条待排序 waiting, {waiting.oldest_ms / 1000:.1f} s")
    return 0


def _show(what: str, *, as_json: bool) -> int:
    found = _found(what)
    for entry in found:
        if as_json:
            print(json.dumps({"idx": entry.idx, "leaf": entry.leaf.hex(), "entry": json.loads(entry.data)}))
        else:
            print(f"#{entry.idx}  {entry.at.isoformat()}  {entry.kind}  {entry.subject} {entry.seq}")
            print(f"  id {ids.text(entry.id)}  leaf {entry.leaf.hex()}\n  {entry.text}")
    if not found:
        print("没有找到 Not found.", file=sys.stderr)
    return 0 if found else 1


def _found(what: str) -> list[rows.EntryRow]:
    if what.isdigit() and len(what) < 13:
        entries = rows.read(int(what), 1)
        return [entry for entry in entries if entry.idx == int(what)]
    if ":" in what:
        return rows.about(what)
    try:
        return rows.by_id(ids.parse(what))
    except Refusal:
        return []
