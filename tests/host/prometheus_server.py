"""A real Prometheus for tests: CI fails without it, other machines skip and say so."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.toolchain import require

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "interlock.rules.yml"
MOST_TRIES = 300
PACE_SECONDS = 0.1

CONFIG = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}
rule_files: [{rules}]
scrape_configs: [{{job_name: interlock, static_configs: [{{targets: ["{target}"]}}]}}]
"""


def require_prometheus() -> None:
    """Skip the test where Prometheus is missing; fail in CI."""
    require("prometheus", "promtool", get="make ci-tools")


def promtool(*arguments: str) -> str:
    """Run promtool; return what it printed, fail if it failed."""
    done = subprocess.run(
        ("promtool", *arguments), capture_output=True, text=True, timeout=60, check=False, cwd=RULES.parent
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Prometheus:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self._url = f"http://127.0.0.1:{port}/api/v1/"

    def get(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer of its HTTP API; None while it starts."""
        url = self._url + path + "?" + urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            if error.code != 503:  # it reads its log first
                raise AssertionError(f"{path} {parameters}: {error.read().decode()}") from None
        except urllib.error.URLError:
            pass
        return None

    def query(self, expression: str) -> list[Any]:
        """Return the samples of an expression now: objects of `metric` and `value`."""
        data = self.get("query", query=expression)
        return list(data["result"]) if data else []

    def until(self, ask: Callable[[], Any]) -> Any:
        """Ask until the answer is a true one, a bounded number of times; return it."""
        found = None
        for _ in range(MOST_TRIES):
            if found := ask():
                return found
            with contextlib.suppress(subprocess.TimeoutExpired):
                # Paces the questions, and notices at once when there is nobody left to ask.
                raise AssertionError(f"prometheus ended: {self._process.wait(PACE_SECONDS)}")
        raise AssertionError(f"never: the last answer was {found}")


@contextlib.contextmanager
def scraping(folder: Path, target: str) -> Iterator[Prometheus]:
    """Run a Prometheus that scrapes a host, with our rules, on a loopback port, with its data in `folder`."""
    config = folder / "prometheus.yml"
    config.write_text(CONFIG.format(rules=RULES, target=target))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            (
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=warn",
            ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Prometheus(process, port)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)
