"""Floods and guesses are counted by all processes of an address together, and kindly forgotten as time goes by."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from linli.doors.portal.tries import SIZE, Tries
from tests.machine import Program

KEY = b"k" * 32
BEGAN = 1_800_000_000.0  # a beginning of a window of ten minutes

TRYING = """
import json, sys
from pathlib import Path
from linli.doors.portal.tries import Tries
tries = Tries(Path(sys.argv[1]), b"k" * 32)
print(json.dumps(sum(tries.count("one address", 60, 600, 1_800_000_001.0) == 0 for _ in range(50))))
"""


def tried(tries: Tries, who: str, times: int, at: float, most: int = 20) -> list[bool]:
    return [tries.count(who, most, 600, BEGAN + at) == 0 for _ in range(times)]


def test_four_processes_allow_together_what_one_would(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TRYING, str(tmp_path / "tries")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    allowed = [json.loads(each.communicate(timeout=60)[0]) for each in running]
    assert sum(allowed) == 60 < 4 * 50
    assert (tmp_path / "tries").stat().st_size == SIZE
    assert [path.name for path in tmp_path.iterdir()] == ["tries"]


def test_threads_of_one_process_count_together(tmp_path: Path) -> None:
    tries, allowed = Tries(tmp_path / "tries", KEY), []
    threads = [threading.Thread(target=lambda: allowed.extend(tried(tries, "a", 30, 1))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == 20


def test_addresses_do_not_count_for_each_other(tmp_path: Path) -> None:
    tries = Tries(tmp_path / "tries", KEY)
    assert all(tried(tries, f"address {n}", 1, 1, most=1) == [True] for n in range(500))
    again = [tried(tries, f"address {n}", 1, 1, most=1) for n in range(500)]
    assert again == [[False]] * 500


def test_a_window_that_ends_forgets_little_by_little_and_not_all_at_once(tmp_path: Path) -> None:
    tries = Tries(tmp_path / "tries", KEY)
    assert tried(tries, "a", 21, 599) == [True] * 20 + [False]
    assert tried(tries, "a", 1, 601) == [False], "two seconds later it is still the same flood"
    assert sum(tried(tries, "a", 20, 900)) == 10, "half of it was more than ten minutes ago"
    assert sum(tried(tries, "a", 20, 2400)) == 20


@pytest.mark.parametrize("at", [0.0, 1.0, 300.0, 599.0])
def test_whoever_waits_as_long_as_told_may_try_again(tmp_path: Path, at: float) -> None:
    tries = Tries(tmp_path / "tries", KEY)
    tried(tries, "a", 15, 0.0)
    tried(tries, "a", 5, at)
    wait = tries.count("a", 20, 600, BEGAN + at)
    assert 0 < wait <= 1200
    assert tried(tries, "a", 1, at + wait - 2) == [False]
    assert tried(tries, "a", 1, at + wait + 1) == [True]


def test_where_no_file_can_be_made_each_process_counts_for_itself(tmp_path: Path) -> None:
    tries = Tries(tmp_path / "no such folder" / "tries", KEY)
    assert tried(tries, "a", 21, 1) == [True] * 20 + [False]


def test_a_file_that_is_none_of_ours_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "tries").write_bytes(b"cut short")
    assert sum(tried(Tries(tmp_path / "tries", KEY), "a", 30, 1)) == 20
    assert (tmp_path / "tries").stat().st_size == SIZE


def test_nothing_in_the_file_tells_who_tried(tmp_path: Path) -> None:
    tries = Tries(tmp_path / "tries", KEY)
    tried(tries, "portal.too_many_codes 10 600 192.0.2.7", 3, 1)
    kept = (tmp_path / "tries").read_bytes()
    assert b"192.0.2.7" not in kept and b"portal" not in kept
    assert bytes([192, 0, 2, 7]) not in kept and bytes([7, 2, 0, 192]) not in kept


@pytest.mark.slow
def test_two_serving_processes_allow_an_address_what_it_may_and_no_more(
    program: Callable[..., Program],
) -> None:
    """Each question comes by a connection of its own, which the system deals to either process."""
    one = program("serve", "--processes", "2", env={"LINLI_LOOKS_PER_ADDRESS": "12"})
    said: Counter[int] = Counter()
    for _ in range(40):
        try:
            with urllib.request.urlopen(f"{one.url}/api/v1/addresses?q=x", timeout=30) as answer:
                said[answer.status] += 1
        except urllib.error.HTTPError as refused:
            said[refused.code] += 1
    assert said == {200: 12, 429: 28}
