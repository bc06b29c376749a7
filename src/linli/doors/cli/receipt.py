"""``linli ledger checkpoint | receipt | export | key``: what an operator publishes, and the key it is signed with."""

from __future__ import annotations

import argparse
import json
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from linli.kernel.ledger import keys, publish, receipts, rows
from linli.kernel.ledger.rows import EntryRow

PAGE = 4096


def add_commands(commands: Any) -> None:
    """Put these commands beside the others of ``linli ledger``."""
    shown = commands.add_parser(
        "checkpoint", help="签发并显示最新检查点 / sign and show the newest checkpoint"
    )
    shown.add_argument("--size", type=int, help="显示这个长度的检查点 / an earlier one, by its size")
    shown.add_argument("--since", type=int, help="并给出从这个长度起的证明 / with the proof from this size")
    shown.add_argument(
        "--accept-behind",
        action="store_true",
        help="从旧备份恢复后，确认旧检查点作废，再签 / after a restore: sign although more was published before",
    )
    receipt = commands.add_parser("receipt", help="取一条的凭证 / the receipt of an entry")
    receipt.add_argument("what", help="17, 0bt6v2k9yx4mc, matter:0bt6v2k9yx4mc")
    receipt.add_argument("file", nargs="?", help="写到这个文件 / where to write it [stdout]")
    receipt.add_argument(
        "--last", action="store_true", help="对象的最后一条，而不是第一条 / the last entry of a subject"
    )
    export = commands.add_parser(
        "export", help="导出整本账，供 linli-verify export 核查 / the whole log as lines"
    )
    export.add_argument("file", nargs="?", help="写到这个文件 / where to write it [stdout]")
    key = commands.add_parser("key", help="看公钥、换私钥 / show the public key, change the private one")
    key.add_argument(
        "--rotate", action="store_true", help="换一把，由旧的担保 / a new key, vouched for by the old one"
    )
    key.add_argument(
        "--replace-lost", action="store_true", help="旧的丢了，换一把 / a new key where the old one is lost"
    )


def checkpoint(asked: argparse.Namespace) -> int:
    """Sign what is not signed yet and show it, or show an earlier one."""
    if asked.accept_behind:
        publish.accept_behind()
    if asked.size is None:
        publish.publish()
    found = publish.latest() if asked.size is None else publish.at_size(asked.size)
    if found is None:
        print("没有这个检查点 No such checkpoint.", file=sys.stderr)
        return 1
    print(found.note, end="")
    if asked.since is not None:
        if not 0 < asked.since <= found.size:
            print("给不出这个证明 There is no such proof.", file=sys.stderr)
            return 1
        print()
        for one in publish.consistency(asked.since, found.size):
            print(b64encode(one).decode())
    return 0


def receipt(asked: argparse.Namespace, found: Callable[[str], list[EntryRow]]) -> int:
    """Write the receipt of an entry; signs first if nothing covers it yet."""
    entries = found(asked.what)
    if not entries:
        print("没有找到 Not found.", file=sys.stderr)
        return 1
    entry = entries[-1 if asked.last else 0]
    if publish.covering(entry.idx) is None:
        publish.publish()
    _write(asked.file, lambda file: file.write(receipts.receipt_for(entry.id).decode()))
    return 0


def export(asked: argparse.Namespace) -> int:
    """Write the log up to the newest checkpoint: that, then the exact bytes of each entry, one to a line."""
    publish.publish()
    last = publish.latest()
    if last is None:
        print("总账是空的 The log is empty.", file=sys.stderr)
        return 1
    header = {"linli": "ledger export", "v": 1, "checkpoint": last.note}

    def fill(file: TextIO) -> None:
        file.write(json.dumps(header, ensure_ascii=False) + "\n")
        for entry in _entries(last.size):
            file.write(entry.data.decode() + "\n")

    _write(asked.file, fill)
    if asked.file:
        print(f"{last.size:,} 条 entries → {asked.file}")
    return 0


def _entries(size: int) -> Iterator[EntryRow]:
    at = 0
    while at < size:
        page = rows.read(at, min(PAGE, size - at))
        yield from page
        at += len(page)


def _write(path: str | None, fill: Callable[[TextIO], Any]) -> None:
    if path is None:
        fill(sys.stdout)
        return
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        fill(file)


def key(asked: argparse.Namespace) -> int:
    """Show every key the log has had; change it first if asked to."""
    if asked.rotate or asked.replace_lost:
        keys.change(lost=asked.replace_lost)
        publish.publish()
    else:
        keys.signer()
    said = [(one["vkey"], n > 0 and not one["previous"]) for n, one in enumerate(keys.statements())]
    for n, (vkey, alone) in enumerate(reversed(said)):
        name = "以前的 Earlier" if n else "现行公钥 Public key in force"
        print(
            f"{name}:\n  {vkey}"
            + ("\n  （丢失后换新，没有担保 replaces a lost key, nobody vouches for it）" if alone else "")
        )
    print("请登在公示栏上，并告诉见证人。Hang it up where everybody sees it, and tell the witnesses.")
    return 0
