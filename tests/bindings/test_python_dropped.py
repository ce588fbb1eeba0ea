"""Clients that nobody closed: what they held is let go of, and a warning says so."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import interlock
from interlock.transport import host
from interlock_host.engine import Engine

_ENGINES_OWN = {"interlock-committer", "interlock-driver", "interlock-keeper", "interlock-closer"}


class Threads:
    """The threads of engines that were not there before."""

    def __init__(self) -> None:
        self._before = set(threading.enumerate())

    def __call__(self) -> dict[str, threading.Thread]:
        new = set(threading.enumerate()) - self._before
        return {thread.name: thread for thread in new if thread.name in _ENGINES_OWN}


@pytest.fixture
def threads() -> Threads:
    return Threads()


def _lease(il: interlock.Client) -> None:
    """Have the engine wait for something: a lease that runs out."""
    il.queue("leased").push(b"1")
    il.queue("leased").pop(lease=100.0)


def test_a_folder_is_let_go(tmp_path: Path, threads: Threads) -> None:
    il = interlock.open(f"local:{tmp_path}")
    il.counter("hits").add(1)
    _lease(il)
    assert threads().keys() == _ENGINES_OWN - {"interlock-closer"}
    with pytest.warns(ResourceWarning, match=f"local:{tmp_path} was not closed"):
        del il
        gc.collect()
    assert not threads()
    with interlock.open(f"local:{tmp_path}") as again:
        assert again.counter("hits").get() == 1


async def test_asyncio(tmp_path: Path, threads: Threads) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    il = await interlock.aio.open(f"local:{tmp_path}")
    await il.counter("hits").add(1)
    await asyncio.to_thread(int)  # the thread that opened it has let go of it then
    with pytest.warns(ResourceWarning, match="was not closed"):
        del il
        gc.collect()
    assert not threads()
    async with interlock.aio.open(f"local:{tmp_path}") as again:
        assert await again.counter("hits").get() == 1


def test_without_a_folder(threads: Threads) -> None:
    il = interlock.open("local:")
    _lease(il)
    with pytest.warns(ResourceWarning, match="local: was not closed"):
        del il
        gc.collect()
    assert not threads()


def test_a_part_keeps_it_open() -> None:
    with pytest.warns(ResourceWarning) as seen:
        hits = interlock.open("local:").counter("hits")
        gc.collect()
        assert hits.add(1) == 1
        assert not seen.list
        del hits
        gc.collect()


def test_closed_or_not_its_own() -> None:
    engine = Engine()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        interlock.open("local:").close()
        interlock.open("local:", engine=engine).counter("hits").add(1)
        gc.collect()
    with interlock.open("local:", engine=engine) as il:
        assert il.counter("hits").get() == 1
    engine.close()


def test_collected_under_a_lock(monkeypatch: pytest.MonkeyPatch, threads: Threads) -> None:
    """The collector comes to whichever thread it likes, that of the engine's who makes an entry too."""
    monkeypatch.setattr(host, "_LONGEST_CLOSE", 0.01)
    il: Any = interlock.open("local:")
    il.counter("hits").add(1)
    (instance,) = il.driver.transport._behind._host._engine.instances()
    with instance.lock, pytest.warns(ResourceWarning):
        del il
        gc.collect()
        closer = threads()["interlock-closer"]
    closer.join(20)
    assert not closer.is_alive()


def test_a_child_leaves_it_alone(tmp_path: Path) -> None:
    il = interlock.open(f"local:{tmp_path}")
    il.counter("hits").add(1)
    child = os.fork()
    if not child:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            del il
            gc.collect()
        os._exit(7 if not seen else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert il.counter("hits").add(1) == 2
    il.close()


def test_the_end_of_a_program(tmp_path: Path) -> None:
    """Nothing is said of what is open to the last, as of a file; nor is it waited for."""
    text = f"import interlock; il = interlock.open('local:{tmp_path}'); il.counter('hits').add(1)"
    run = subprocess.run(
        [sys.executable, "-W", "always", "-c", text], check=False, capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stderr) == (0, "")
    with interlock.open(f"local:{tmp_path}") as il:
        assert il.counter("hits").get() == 1
