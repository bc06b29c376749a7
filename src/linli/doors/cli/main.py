"""``linli``: every command, each in a module of its own. Modules are imported only when their command is called, so help is quick."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from linli.kernel.errors import Refusal

Command = Callable[[Sequence[str]], int]

# command: (module, what it does, in Chinese, needs the store ready)
COMMANDS: dict[str, tuple[str, str, str, bool]] = {
    "demo": (
        "linli.doors.cli.demo",
        "a living sample town, with one-click sign-in",
        "开一座会动的样板镇",
        False,
    ),
    "serve": ("linli.doors.cli.serve", "run for real", "正式运行", True),
    "worker": (
        "linli.doors.cli.serve",
        "followers, clocks and deliveries in a process of their own",
        "单独跑后台",
        True,
    ),
    "check": ("linli.doors.cli.check", "prove every pack", "检查服务包", False),
    "import": ("linli.doors.cli.importing", "places or matters from files", "导入网格或事项", True),
    "export": ("linli.doors.cli.export", "matters, steps or the ledger as files", "导出", True),
    "people": ("linli.doors.cli.people", "accounts, posts and rosters", "人员和岗位", True),
    "token": (
        "linli.doors.cli.token",
        "a bearer token for a program that acts as somebody",
        "给程序用的令牌",
        True,
    ),
    "ledger": (
        "linli.doors.cli.ledger",
        "verify the log, receipts, checkpoints, keys",
        "核验总账、凭证、公钥",
        True,
    ),
    "witness": (
        "linli.doors.cli.witness",
        "co-sign another office's log, or compare two readings",
        "为别处的总账作见证",
        False,
    ),
    "backup": ("linli.doors.cli.backup", "everything into an encrypted folder, while running", "备份", True),
    "restore": ("linli.doors.cli.restore", "a backup into a new folder, proved equal", "恢复备份", False),
    "schema": (
        "linli.doors.cli.schema",
        "where the store stands; down to a released schema, and up",
        "库结构的升和退",
        False,
    ),
    "privacy": ("linli.doors.cli.privacy", "what is kept how long, and what went", "个人信息留多久", True),
    "bench": ("linli.doors.cli.bench", "measure", "测速", False),
}


def usage() -> str:
    lines = ["邻里 Linli — usage: linli COMMAND [options]   (linli COMMAND --help)", ""]
    lines += [f"  {name:8} {english:58} {chinese}" for name, (_, english, chinese, _) in COMMANDS.items()]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. A refusal is one sentence in both languages, never a traceback."""
    args = list(sys.argv[1:] if argv is None else argv)
    if not args or args[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if args[0] == "--version":
        from linli import __version__

        print(__version__)
        return 0
    name = args[0]
    if name not in COMMANDS:
        print(f"没有“{name}”这个命令。There is no command “{name}”.\n\n{usage()}", file=sys.stderr)
        return 2
    module, _, _, store = COMMANDS[name]
    os.environ.setdefault("LINLI_MODE", "demo" if name == "demo" else "serve")
    if "LINLI_DATA" not in os.environ:
        os.environ["LINLI_DATA"] = os.path.join("data", "demo") if name == "demo" else "data"
    try:
        if store:
            _ready(quick="--help" in args or "-h" in args)
        command: Command = getattr(import_module(module), "worker" if name == "worker" else "run")
        return command(args[1:])
    except Refusal as refusal:
        print(f"{refusal.sentence('zh')}\n{refusal.sentence('en')}  [{refusal.code}]", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        away = _trouble(error)
        told = away or _of_file(error)
        if told is None:
            raise
        print(f"{told.sentence('zh')}\n{told.sentence('en')}  [{told.code}]", file=sys.stderr)
        return 75 if away else 1  # EX_TEMPFAIL: whoever started it may start it again


def _of_file(error: Exception) -> Refusal | None:
    """What to say of a file or folder that was named and cannot be used."""
    name = getattr(error, "filename", None)
    if not isinstance(error, OSError) or not name:
        return None
    if isinstance(error, FileNotFoundError):
        return Refusal("cli.no_file", kind="missing", name=str(name))
    if isinstance(error, PermissionError):
        return Refusal("cli.not_allowed", kind="forbidden", name=str(name))
    if isinstance(error, (NotADirectoryError, IsADirectoryError, FileExistsError)):
        return Refusal("cli.other_thing", name=str(name))
    return None


def _trouble(error: Exception) -> Refusal | None:
    """The trouble of the store or its disk behind an error, if that is what it is."""
    from linli.kernel import trouble

    return trouble.refusal_of(error)


def _ready(*, quick: bool) -> None:
    from linli.config import wiring

    wiring.setup()
    if not quick:
        wiring.prepare()
        wiring.wire()


if __name__ == "__main__":
    sys.exit(main())
