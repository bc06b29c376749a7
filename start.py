#!/usr/bin/env python3
"""The only thing a fresh machine needs is Python 3.11 or later with pip.

    python3 start.py                   prepare everything and open the living sample town (linli demo)
    python3 start.py test [ARGS…]      prepare everything and run the tests (ARGS go to pytest)
    python3 start.py ARGS…             prepare everything and run linli ARGS…
    python3 start.py lock              for maintainers: write requirements.lock anew from pyproject.toml

Everything goes into .venv and .cache beside this file; nothing of the system is touched, nothing needs root.
Behind a mirror: UV_DEFAULT_INDEX or PIP_INDEX_URL (pip.conf is read too), and npm_config_registry.
Behind a proxy that inspects TLS: the system's certificates are trusted; or name a file in SSL_CERT_FILE.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
CACHE = ROOT / ".cache"
BOOT = CACHE / "boot"  # uv, when the machine has none
VENV = ROOT / ".venv"
SITE = CACHE / "site"  # the packages, where neither uv nor the venv module is to be had
LOCK = ROOT / "requirements.lock"
EXE = ".exe" if os.name == "nt" else ""
PYTHON = VENV / ("Scripts" if os.name == "nt" else "bin") / ("python" + EXE)
CLI = "linli.doors.cli.main"
NEEDS_PAGES = ("demo", "serve", "test")  # what shows pages; the rest does not wait for the page builder


def newer_python():
    """A Python that is new enough, where the one that runs this file is not."""
    for minor in (14, 13, 12, 11):
        found = shutil.which("python3.%d" % minor)
        if found:
            return found
    return None


if sys.version_info < (3, 11):
    other = newer_python()
    if other and not os.environ.get("LINLI_START_AGAIN"):
        os.environ["LINLI_START_AGAIN"] = "1"
        os.execv(other, [other, *sys.argv])
    sys.exit(
        "linli: needs Python 3.11 or later; this is %d.%d (%s)." % (*sys.version_info[:2], sys.executable)
    )

sys.path.insert(0, str(ROOT / "src"))
from linli.config import assets  # standard library only, and only once the version is known to be right
from linli.config.progress import Failed, run, say


class Stuck(Exception):
    """The environment cannot be prepared here; the message tells the person what to do."""


def network(env: dict[str, str]) -> dict[str, str]:
    """One setting serves pip and uv alike: the mirror and the trusted certificates of either are those of both."""
    env = dict(env)
    env.setdefault("UV_SYSTEM_CERTS", "1")
    env.setdefault("UV_PYTHON_DOWNLOADS", "never")
    env.setdefault("UV_NO_PROGRESS", "1")
    env.setdefault("UV_LINK_MODE", "copy" if os.name == "nt" else "hardlink")
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    if "SSL_CERT_FILE" in env:
        env.setdefault("PIP_CERT", env["SSL_CERT_FILE"])
    index = (
        env.get("UV_DEFAULT_INDEX") or env.get("UV_INDEX_URL") or env.get("PIP_INDEX_URL") or pip_conf(env)
    )
    if index:
        env.setdefault("PIP_INDEX_URL", index)
        if "UV_INDEX_URL" not in env:
            env.setdefault("UV_DEFAULT_INDEX", index)
    return env


def pip_conf(env: dict[str, str]) -> str:
    """The index that ``pip config`` names, if any; uv does not read pip's files."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    asked = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else ""


def wanted() -> str:
    """A name for the environment as it should be: the lock file, this Python, this folder."""
    text = f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {sys.version_info[:2]} {ROOT} 1"
    return hashlib.sha256(text.encode()).hexdigest()


def stamped(folder: Path) -> bool:
    stamp = folder / ".linli-stamp"
    return stamp.is_file() and stamp.read_text() == wanted()


def prepare() -> tuple[Path, dict[str, str]]:
    """The Python to run Linli with, and its environment. Does nothing when nothing has to be done."""
    if not (PYTHON.exists() and stamped(VENV)) and not stamped(SITE):
        CACHE.mkdir(exist_ok=True)
        with alone():
            if not (PYTHON.exists() and stamped(VENV)) and not stamped(SITE):
                install()
    env = dict(os.environ)
    env.pop("LINLI_START_AGAIN", None)
    if stamped(VENV):
        env["VIRTUAL_ENV"] = str(VENV)
        env["PATH"] = f"{PYTHON.parent}{os.pathsep}{env.get('PATH', '')}"
        return PYTHON, env
    env["PYTHONPATH"] = os.pathsep.join(
        [str(ROOT / "src"), str(SITE), *filter(None, [env.get("PYTHONPATH")])]
    )
    return Path(sys.executable), env


def install() -> None:
    """Put the packages of the lock file in place by the first way that works on this machine."""
    started = time.monotonic()
    say("linli: preparing this folder; the first time takes about a minute and fetches some 150 MB")
    env = network(dict(os.environ))
    uv = find_uv(env)
    if uv:
        with_uv(uv, env)
    else:
        with_pip(env)
    say(f"linli: prepared in {time.monotonic() - started:.0f} s")


def find_uv(env: dict[str, str]) -> str | None:
    """A uv that runs: named by UV, fetched earlier, on PATH, or fetched now. None where there is none to be had."""
    for candidate in (env.get("UV"), BOOT / "bin" / f"uv{EXE}", shutil.which("uv")):
        if candidate and runs(str(candidate)):
            return str(candidate)
    if not has("pip", env):
        raise Stuck(
            f"{sys.executable} has no pip. On Debian: apt install python3-pip. Or install uv (docs.astral.sh/uv)."
        )
    # --target works even where the system's Python is marked "externally managed" (Debian 12).
    pins = CACHE / "uv.lock.txt"
    pins.write_text(pinned("uv"), "utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-warn-script-location", "--no-deps"]
    try:
        run(
            "fetching uv, the installer",
            [*pip, "--require-hashes", "--target", BOOT, "-r", pins],
            cwd=ROOT,
            env=env,
        )
    except Failed as failure:
        if unreachable(failure.output):
            raise
        say("linli: uv is not to be had for this machine; going on with pip, which takes longer")
        return None
    return str(BOOT / "bin" / f"uv{EXE}") if runs(str(BOOT / "bin" / f"uv{EXE}")) else None


def pinned(name: str) -> str:
    """The lines of the lock file that pin one package, with its hashes."""
    found = re.search(rf"^{name}==.*?(?=^\S|\Z)", LOCK.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    if found is None:
        raise Stuck(f"{LOCK.name} does not pin {name}; run `python3 start.py lock`")
    return found.group()


def runs(program: str) -> bool:
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def has(module: str, env: dict[str, str]) -> bool:
    found = subprocess.run(
        [sys.executable, "-c", f"import {module}"], env=env, capture_output=True, check=False
    )
    return found.returncode == 0


def with_uv(uv: str, env: dict[str, str]) -> None:
    if not same_python():
        shutil.rmtree(VENV, ignore_errors=True)
        make = [uv, "venv", "--quiet", "--no-project", "--python", sys.executable, VENV]
        run("making .venv", make, cwd=ROOT, env=env)
    sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON, LOCK]
    run("installing the packages of requirements.lock", sync, cwd=ROOT, env=env)
    finish()


def same_python() -> bool:
    """Whether .venv is there and is of the Python that runs this file."""
    if not PYTHON.exists():
        return False
    ask = "import sys; print(sys.version_info[:2])"
    asked = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=False)
    return asked.stdout.strip() == str(sys.version_info[:2])


def with_pip(env: dict[str, str]) -> None:
    """Without uv: a venv and pip; without the venv module: a folder of packages, and this very Python."""
    install_them = ["-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", LOCK]
    label = "installing the packages of requirements.lock with pip (a few minutes)"
    shutil.rmtree(VENV, ignore_errors=True)
    if has("ensurepip, venv", env):
        run("making .venv", [sys.executable, "-m", "venv", VENV], cwd=ROOT, env=env)
        run(label, [PYTHON, *install_them], cwd=ROOT, env=env)
        finish()
        return
    shutil.rmtree(SITE, ignore_errors=True)
    run(label, [sys.executable, *install_them, "--target", SITE], cwd=ROOT, env=env)
    (SITE / ".linli-stamp").write_text(wanted())


def finish() -> None:
    """Make the checkout importable in .venv and give it the ``linli`` command; then, last, say that it is whole."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    asked = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=True)
    (Path(asked.stdout.strip()) / "linli-checkout.pth").write_text(f"{ROOT / 'src'}\n", "utf-8")
    if os.name != "nt":
        command = PYTHON.parent / "linli"
        command.unlink(missing_ok=True)
        command.write_text(f'#!/bin/sh\nexec "{PYTHON}" -m {CLI} "$@"\n', "utf-8")
        command.chmod(0o755)
    (VENV / ".linli-stamp").write_text(wanted())


@contextlib.contextmanager
def alone():
    """Two starts at once prepare once."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with open(CACHE / "preparing", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def lock() -> None:
    """requirements.lock from pyproject.toml, without any address in it, so that every mirror serves it."""
    env = network(dict(os.environ))
    uv = find_uv(env)
    if uv is None:
        raise Stuck("writing the lock file needs uv")
    options = [
        "--universal",
        "--generate-hashes",
        "--no-annotate",
        "--no-emit-index-url",
        "--python-version",
        "3.11",
    ]
    said = ["--custom-compile-command", "python3 start.py lock"]
    compile_ = [
        uv,
        "pip",
        "compile",
        "--quiet",
        *options,
        *said,
        "--group",
        "dev",
        "pyproject.toml",
        "-o",
        LOCK,
    ]
    run("writing requirements.lock", compile_, cwd=ROOT, env=env)


def unreachable(output: str) -> bool:
    signs = (
        "Connection",
        "connection",
        "resolve",
        "Max retries",
        "timed out",
        "SSL",
        "certificate",
        "dns error",
    )
    return any(sign in output for sign in signs)


def advice(output: str) -> str:
    """What most likely helps, from what the failed command said."""
    if "certificate" in output or "UnknownIssuer" in output or "SSL" in output:
        return (
            "A proxy seems to inspect TLS: name its certificates in SSL_CERT_FILE (and NODE_EXTRA_CA_CERTS)."
        )
    if unreachable(output):
        return "No way to the package index: set HTTPS_PROXY, or a mirror in PIP_INDEX_URL and npm_config_registry."
    if "No space left" in output:
        return "The disk is full; about 700 MB are needed."
    return "What the command said is above."


def become(python: Path, arguments: list[str], env: dict[str, str]) -> int:
    """Turn into the program, so that signals and exit codes are its own."""
    if os.name == "nt":
        return subprocess.run([python, *arguments], env=env, check=False).returncode
    os.execve(python, [str(python), *arguments], env)
    return 0


def halves(given: list[str]) -> list[str]:
    """All the tests are shared out between two processes where there are two processors, unless some were named or -n was.

    What looks at the clock or kills the program (browser, crash) stays together in one, after the rest: see tests/conftest.py.
    """
    named = any((ROOT / one.partition("::")[0]).exists() for one in given if not one.startswith("-"))
    own = any(one.startswith(("-n", "--numprocesses", "--dist", "-s", "--pdb")) for one in given)
    if named or own or (os.cpu_count() or 1) < 2:
        return []
    return ["-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder"]


def main(arguments: list[str]) -> int:
    if arguments == ["lock"]:
        lock()
        return 0
    arguments = arguments or ["demo"]
    python, env = prepare()
    if arguments[0] in NEEDS_PAGES and not assets.fresh():
        built = subprocess.run([python, "-m", "linli.config.assets"], env=env, check=False)
        if built.returncode:
            return built.returncode
    if arguments[0] == "test":
        os.chdir(ROOT)
        return become(python, ["-m", "pytest", *halves(arguments[1:]), *arguments[1:]], env)
    return become(python, ["-m", CLI, *arguments], env)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failed as failure:
        say(failure.output.strip())
        sys.exit(f"linli: {failure} failed. {advice(failure.output)}")
    except Stuck as reason:
        sys.exit(f"linli: {reason}")
    except KeyboardInterrupt:
        sys.exit(130)
