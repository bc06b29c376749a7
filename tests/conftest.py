"""What every test may ask for. The environment is set here, before Django reads its settings.

Tests run on SQLite in a file of their own (WAL, synchronous=FULL, as in service). ``LINLI_TEST_STORE=postgres`` runs the
same tests on a throw-away PostgreSQL cluster. What the machine lacks is skipped with one line, unless
``LINLI_TEST_REQUIRE`` names it (``browser``, ``postgres``): then it fails, which is what CI does.
"""

from __future__ import annotations

import atexit
import ipaddress
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import hypothesis
import pytest

from tests.machine import Absent, Cluster, Program, chromium_path, required

if TYPE_CHECKING:
    from tests.town import Town

STORE = os.environ.get("LINLI_TEST_STORE", "sqlite")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if WORKER:  # given by pytest_xdist_setupnodes below: in a worker the settings are read before this file
    DATA = Path(os.environ["LINLI_DATA"])
else:
    DATA = Path(tempfile.mkdtemp(prefix="linli-test-"))
    atexit.register(shutil.rmtree, DATA, ignore_errors=True)
_cluster: Cluster | None = None
_no_cluster = ""

for name in [key for key in os.environ if key.startswith("LINLI_") and not key.startswith("LINLI_TEST_")]:
    if not (WORKER and name == "LINLI_DB"):
        del os.environ[name]
os.environ.update(DJANGO_SETTINGS_MODULE="linli.config.settings", LINLI_MODE="test", LINLI_DATA=str(DATA))

if STORE == "postgres" and not WORKER:
    try:
        _cluster = Cluster()
        os.environ["LINLI_DB"] = _cluster.database("linli")
    except Absent as absence:
        _no_cluster = str(absence)

django.setup()  # now: the conftest of a folder below may already speak to the kernel

hypothesis.settings.register_profile("linli", deadline=None, print_blob=True)
hypothesis.settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "linli")


def _loopback_only(event: str, arguments: tuple[Any, ...]) -> None:
    """No test speaks to the outside; a test that tries fails on the line that did."""
    if event != "socket.connect":
        return
    address = arguments[1]
    if not isinstance(address, tuple) or address[0] in ("localhost", ""):
        return
    if not ipaddress.ip_address(address[0].split("%")[0]).is_loopback:
        raise PermissionError(f"a test tried to reach {address[0]}; tests speak to this machine only")


sys.addaudithook(_loopback_only)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    """Each worker has a data folder of its own: keys, pictures, outbox and, on SQLite, the store."""
    for number, spec in enumerate(specs):
        folder = DATA / f"worker-{number}"
        folder.mkdir()
        spec.env["LINLI_DATA"] = str(folder)


def pytest_configure(config: pytest.Config) -> None:
    if _no_cluster:
        code = 1 if "postgres" in required() else 0
        pytest.exit(f"SKIPPED all tests on PostgreSQL: {_no_cluster}", returncode=code)


def pytest_report_header() -> str:
    return f"store: {STORE}; chromium: {chromium_path() or 'none (browser tests are skipped)'}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What kills the program comes after the rest, and browser tests come last: Playwright leaves an event loop running in this thread that others
    would trip over. Where two processes share the tests out (xdist, loadgroup), one has all of these, one after the other: they look at the clock."""

    def late(item: pytest.Item) -> int:
        return 2 if item.get_closest_marker("browser") else 1 if item.get_closest_marker("crash") else 0

    for item in items:
        if late(item):
            item.add_marker(pytest.mark.xdist_group("alone"))
    items.sort(key=late)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """SQLite tests use a file, as the program does; each xdist worker has its own store."""
    from django.conf import settings

    test = settings.DATABASES["default"].setdefault("TEST", {})
    if STORE == "postgres":
        test["NAME"] = f"test_linli_{WORKER or 'main'}"
    else:
        test["NAME"] = str(DATA / "test.sqlite3")


def _lacking(what: str, why: str) -> None:
    if what in required():
        pytest.fail(f"{why} (LINLI_TEST_REQUIRE={','.join(sorted(required()))})")
    pytest.skip(why)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The Chromium of this machine."""
    path = chromium_path()
    if path is None:
        _lacking("browser", "no Chromium on this machine (apt install chromium); browser tests are skipped")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A throw-away PostgreSQL cluster; ``.database(name)`` makes an empty database and gives its LINLI_DB address."""
    if _cluster is not None:
        yield _cluster
        return
    try:
        cluster = Cluster()
    except Absent as absence:
        _lacking("postgres", f"{absence}; tests on PostgreSQL are skipped")
        return
    yield cluster
    cluster.remove()


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Program]]:
    """``program("serve", db="", env={})`` starts the real program in a folder of its own and waits until it is healthy."""
    from linli.config import assets

    assets.ensure()
    running: list[Program] = []

    def start(
        *arguments: str, db: str = "", env: dict[str, str] | None = None, data: Path | None = None
    ) -> Program:
        folder = data or tmp_path_factory.mktemp("linli")
        one = Program(arguments or ("serve",), data=folder, db=db, env=env or {})
        running.append(one)
        one.start()
        return one

    yield start
    for one in running:
        one.stop()


@pytest.fixture(scope="session")
def server(program: Callable[..., Program]) -> Program:
    """One living sample town for all browser tests that do not need a town of their own; nobody acts in it by itself."""
    return program("demo", "--speed", "0")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """Playwright's browser. It can reach this machine and nothing else."""
    from playwright.sync_api import sync_playwright

    from tests.machine import CHROMIUM_ARGUMENTS

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "1"  # Playwright's loop lives in this thread; Django would refuse to read
    )
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def visitor(browser: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """``visitor(url, lang="zh", phone=False, theme="light")`` opens a page in a session of its own and gives the page.

    After the test: a picture of each page if it failed, and the test fails if any page asked another host for anything.
    """
    contexts: list[Any] = []
    foreign: list[str] = []

    def note(asked: Any) -> None:
        if asked.url.startswith(("http:", "https:", "ws:")) and "//127.0.0.1:" not in asked.url:
            foreign.append(asked.url)

    def open_page(
        url: str, *, lang: str = "zh", phone: bool = False, theme: str = "light", **options: Any
    ) -> Any:
        size = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
        settings: dict[str, Any] = {"viewport": size, "has_touch": phone, "color_scheme": theme}
        settings["locale"] = "zh-CN" if lang == "zh" else "en-GB"
        context = browser.new_context(**(settings | options))
        contexts.append(context)
        context.add_cookies(
            [{"name": "lang", "value": lang, "url": url}, {"name": "theme", "value": theme, "url": url}]
        )
        context.on("request", note)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.goto(url)
        return page

    yield open_page
    if getattr(request.node, "failed", False):
        _pictures(request.node.name, contexts)
    for context in contexts:
        context.close()
    assert not foreign, f"pages asked other hosts: {foreign}"


def _pictures(test: str, contexts: list[Any]) -> None:
    folder = Path(__file__).resolve().parents[1] / "test-results"
    folder.mkdir(exist_ok=True)
    pages = [page for context in contexts for page in context.pages]
    for number, page in enumerate(pages):
        page.screenshot(path=folder / f"{test[:120].replace('/', '_')}-{number}.png")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    """The small town of ``tests.town``, with every pack installed; nothing of an earlier test is remembered."""
    from linli.doors.portal import throttle
    from linli.kernel.people import looks
    from tests import town as towns
    from tests.standing import forget

    for each in (throttle.reports, throttle.codes, throttle.looks):
        each.forget()
    yield towns.build()
    forget()
    looks.forget()


@pytest.fixture(autouse=True)
def _no_connection_is_kept() -> Iterator[None]:
    """The connection that acts share is opened by the first of them and ends with the test. A test that reads the store's files byte by byte takes
    away the locks of every connection this process still has (as POSIX has it), and another process would then tidy up under them."""
    yield
    from linli.kernel import store

    store.close()
