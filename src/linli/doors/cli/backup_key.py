"""The key of a backup folder, as the command line is given it. Touches no store: a restore has none yet."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path

from linli.config.backups import vault
from linli.config.backups.vault import Vault

PASSPHRASE = "LINLI_BACKUP_PASSPHRASE"


def add_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--key-file",
        type=Path,
        help=f"密钥文件；否则用口令（{PASSPHRASE} 或现问）/ a key file; else a passphrase is asked for",
    )


def open_vault(folder: Path, key_file: Path | None, *, make: bool = False) -> Vault:
    """The folder, opened with the key file, the passphrase of the environment, or one that is typed."""
    if key_file is not None:
        return vault.opened(folder, key_file=key_file, make=make)
    phrase = os.environ.get(PASSPHRASE, "")
    if not phrase and sys.stdin.isatty():
        phrase = getpass.getpass("口令 Passphrase: ")
    return vault.opened(folder, passphrase=phrase, make=make)
