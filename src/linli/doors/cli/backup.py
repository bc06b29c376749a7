"""``linli backup DEST``: the whole store into an encrypted folder, while everybody goes on working; and what lies there, and what goes."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from linli.config.backups import making
from linli.config.backups.vault import Vault
from linli.doors.cli.backup_key import add_key, open_vault


def run(args: Sequence[str]) -> int:
    """Make, list or remove backups; the exit code."""
    parser = _parser()
    try:
        asked = parser.parse_args(list(args))
    except SystemExit as ended:
        return int(ended.code or 0)
    if asked.list:
        return _list(open_vault(asked.dest, asked.key_file))
    kept = open_vault(asked.dest, asked.key_file, make=True)
    code = _make(kept, secrets=not asked.without_secrets)
    if asked.keep_days is not None:
        names = making.older(kept, timedelta(days=asked.keep_days))
        backups, pieces = making.remove(kept, names)
        print(f"清除 {backups} 份旧备份、{pieces} 块  Removed {backups} old backups and {pieces} pieces.")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="linli backup",
        description="把整个库加密备份到一个文件夹；运行中也可以。Back everything up, encrypted, while running.",
    )
    parser.add_argument("dest", type=Path, help="文件夹 / the folder, on another disk")
    add_key(parser)
    parser.add_argument(
        "--without-secrets",
        action="store_true",
        help="不含密钥，须另行保存 / leave the keys out; keep them elsewhere",
    )
    parser.add_argument(
        "--keep-days",
        type=int,
        metavar="N",
        help="之后删去 N 天以前的备份 / then remove backups older than N days",
    )
    parser.add_argument("--list", action="store_true", help="列出已有备份 / list what is there")
    return parser


def _make(kept: Vault, *, secrets: bool) -> int:
    began = time.perf_counter()
    made = making.make(kept, secrets=secrets)
    took = time.perf_counter() - began
    print(
        f"备份好了 Backed up: {made.name}\n  {made.size:,} 条 entries, root {made.root}\n"
        f"  {made.files:,} 个文件 files, 新写 {made.written / 1e6:,.1f} MB written, {made.reused:,} 块已有 pieces already there, {took:.1f} s"
    )
    if made.missing:
        print(f"  {len(made.missing)} 张照片在备份当中被删除 pictures were erased meanwhile")
    if not secrets:
        print(
            "  不含密钥：没有 secrets/，封存的内容就打不开。Without secrets/: sealed words cannot be read from this alone."
        )
    return 0


def _list(kept: Vault) -> int:
    for name in kept.manifests():
        manifest = kept.manifest(name)
        print(
            f"{name}  {manifest['size']:,} 条 entries  root {manifest['root'][:16]}…  {len(manifest['files']):,} 个文件 files"
        )
    return 0
