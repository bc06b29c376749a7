"""``linli witness``: be the second party to a log. Needs no store and nothing of the office it watches but its address.

It co-signs only what continues what it saw before (C2SP tlog-cosignature), keeps what it saw, and keeps both signed notes
where a log contradicts itself. ``compare`` puts two readings side by side and tells both readers of a fork.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from linli.doors.cli import witness_memory as memory
from linli.doors.cli import witness_serve
from linli.doors.cli.witness_log import Fork, Log, Unavailable, continues
from linli.kernel.ledger import notes
from linli.kernel.ledger.notes import BadNote, Signer

DONE, FORKED, ASKED_WRONGLY, UNDECIDED = 0, 1, 2, 3


def run(args: Sequence[str]) -> int:
    """``witness URL``, ``witness key NAME``, ``witness compare A B``, ``witness serve``.

    0 done, 1 a fork, 2 asked wrongly, 3 could not be decided now.
    """
    commands = {"key": _key, "compare": _compare, "serve": witness_serve.run}
    first = args[0] if args else ""
    try:
        return commands[first](list(args[1:])) if first in commands else _watch(list(args))
    except SystemExit as ended:
        return int(ended.code or 0)
    except Unavailable as error:
        print(f"现在不行 Not now: {error}", file=sys.stderr)
        return UNDECIDED
    except (BadNote, OSError, UnicodeError) as error:
        print(f"不行 That does not work: {error}", file=sys.stderr)
        return ASKED_WRONGLY


def _key(args: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="linli witness key", description="做一把见证人的钥匙。Make a witness's key."
    )
    parser.add_argument("name", help="见证人的名字，如 / the witness's name, like witness.example/w1")
    parser.add_argument("--key", type=Path, default=Path("witness.key"), help="[%(default)s]")
    asked = parser.parse_args(args)
    if not notes.fit_name(asked.name):
        raise BadNote("a name has no spaces and no plus")
    signer = memory.key_in(asked.key, asked.name)
    print(
        f"公钥，请交给对方（LINLI_WITNESSES）。Public key, for the office you watch:\n  {signer.verifier.vkey}"
    )
    return DONE


def _watch(args: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="linli witness",
        description="为一本总账作见证：只签与此前一致的检查点。Co-sign a log's checkpoints while they continue what was seen.",
        epilog="另有 also: linli witness key NAME, linli witness compare A B, linli witness serve",
    )
    parser.add_argument("url", help="总账的地址 / where the log is, like https://linli.example/ledger/")
    parser.add_argument("--key", type=Path, default=Path("witness.key"), help="[%(default)s]")
    parser.add_argument("--state", type=Path, default=Path("witness-state"), help="[%(default)s]")
    parser.add_argument(
        "--vkey", default="", help="总账的公钥；不给就信第一次看到的 / the log's key; else the first one seen"
    )
    parser.add_argument("--every", type=float, default=60.0, help="秒 / seconds [%(default)s]")
    parser.add_argument("--once", action="store_true", help="只看一次 / look once")
    asked = parser.parse_args(args)
    if not asked.key.exists():
        raise BadNote(
            f"没有 {asked.key}。先做一把：linli witness key NAME。There is no {asked.key}: make a key first"
        )
    signer = memory.key_in(asked.key)
    log = Log(asked.url)
    while True:
        code = _once(log, signer, asked.state, asked.vkey)
        if asked.once or code == FORKED:
            return code
        time.sleep(asked.every)


def _once(log: Log, signer: Signer, state: Path, vkey: str) -> int:
    try:
        return look(log, signer, state, vkey)
    except Fork as fork:
        _tell(fork, [memory.Memory(state, fork.new.origin)])
        return FORKED
    except Unavailable as error:
        print(f"这次没有看成 Could not look this time: {error}", file=sys.stderr)
        return UNDECIDED
    except BadNote as error:
        print(f"没有签：{error}\nNot signed: {error}", file=sys.stderr)
        return UNDECIDED


def look(log: Log, signer: Signer, state: Path, vkey: str = "") -> int:
    """Look at the log once; co-sign its head if it continues what was seen. Raises Fork, Unavailable, BadNote."""
    with memory.alone(state):
        return _look(log, signer, state, vkey)


def _look(log: Log, signer: Signer, state: Path, vkey: str) -> int:
    written = log.checkpoint()
    origin = notes.checkpoint_of(notes.note_of(written).text).origin
    kept = memory.Memory(state, origin)
    keys = kept.keys(log, vkey)
    new, note, _ = notes.opened(written, keys)
    last = kept.last()
    if last is not None:
        old, _, _ = notes.opened(last, keys)
        if new.size < old.size:
            continues(new, old, log, written, last)
            print(f"它给的是旧的：{new.size} < {old.size}，不签。It shows an older head; not signed.")
            return DONE
        continues(old, new, log, last, written)
    line = signer.line(note.text, int(time.time()))
    kept.keep(f"{written}{line}", log.url, keys)  # first: what was signed is never forgotten
    taken = log.hand_in(f"{note.text}\n{line}")
    print(
        f"已签 Signed: {new.origin} {new.size:,} {new.root.hex()[:16]}"
        + ("" if taken else f"  ({log.trouble})"),
        flush=True,
    )
    return DONE


def _compare(args: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="linli witness compare",
        description="把两个人看到的同一本账放在一起比。Put what two readers saw of one log side by side.",
    )
    parser.add_argument(
        "a", help="检查点文件、见证人的文件夹或网址 / a checkpoint, a witness's state folder, or an address"
    )
    parser.add_argument("b")
    parser.add_argument("--vkey", action="append", default=[], help="总账的公钥 / the log's key")
    parser.add_argument("--url", default="", help="从哪里取证明 / where to get the proof")
    asked = parser.parse_args(args)
    readings = [memory.reading(asked.a), memory.reading(asked.b)]
    keys = [notes.verifier_of(vkey) for vkey in asked.vkey] or [key for one in readings for key in one.keys]
    if not keys:
        print("请给出总账的公钥 Give the log's key: --vkey", file=sys.stderr)
        return ASKED_WRONGLY
    (old, older), (new, newer) = sorted(
        ((notes.opened(one.note, keys)[0], one) for one in readings), key=lambda pair: pair[0].size
    )
    if old.origin != new.origin:
        print(f"不是同一本账 Two different logs: {old.origin}, {new.origin}", file=sys.stderr)
        return ASKED_WRONGLY
    try:
        continues(old, new, _source(asked.url, newer.url, older.url), older.note, newer.note)
    except Fork as fork:
        _tell(
            fork, [memory.Memory(one.folder, fork.new.origin) for one in readings if one.folder is not None]
        )
        return FORKED
    except Unavailable as error:
        print(f"现在比不出来 Cannot be decided now: {error}", file=sys.stderr)
        return UNDECIDED
    print(
        f"一致：{old.size:,} 条是 {new.size:,} 条的开头。Consistent: {old.size:,} entries begin the {new.size:,}."
    )
    return DONE


def _source(*addresses: str) -> Log | None:
    return next((Log(address) for address in addresses if address), None)


def _tell(fork: Fork, memories: list[memory.Memory]) -> None:
    """Say it loudly, and put the proof with everybody who can be reached."""
    print(
        f"分叉！{fork.new.origin} 给不同的人看了不同的账。不签。请把证据交给所有看这本账的人。\n"
        f"A FORK: {fork.new.origin} has shown two histories. Not signed. Give the proof to everybody who reads this log.\n"
        f"  {fork}",
        file=sys.stderr,
    )
    for one in memories:
        print(f"  证据 proof: {one.keep_fork(fork)}", file=sys.stderr)
