"""Where settings come from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock_host.config import ConfigError, HostConfig, load
from interlock_host.module import CAPS
from interlock_host.server.address import default_addresses, parse_address

FILE = """
listen = ["127.0.0.1:1", "unix:/run/i.sock"]
modules = ["/srv/modules"]
drain_seconds = 3
max_instances = 5

[[limits]]
module = "queue"
max_parked_calls = 7

[[limits]]
stream_window = 9

[[instances]]
module = "queue"
name = "orders-*"
config = {capacity_bytes = 4096}

[[instances]]
module = "queue"
config = {max_items = 1}
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "interlock.toml"
    path.write_text(text)
    return path


def test_defaults() -> None:
    assert load(environment={}) == HostConfig()


def test_file(tmp_path: Path) -> None:
    config = load(write(tmp_path, FILE), {})
    assert config.listen == ("127.0.0.1:1", "unix:/run/i.sock")
    assert config.modules == (Path("/srv/modules"),)
    assert (config.drain_seconds, config.max_instances) == (3.0, 5)
    assert config.caps_of("queue").max_parked_calls == 7
    assert config.caps_of("queue").stream_window == CAPS.stream_window
    assert config.caps_of("counter").stream_window == 9
    assert config.config_of("queue", "orders-1") == {"capacity_bytes": 4096}
    assert config.config_of("queue", "other") == {"max_items": 1}
    assert config.config_of("counter", "orders-1") == {}
    places = [rule.where.removeprefix(f"{tmp_path}/interlock.toml: ") for rule in config.instances]
    assert places == ["[[instances]] 1, queue/orders-*", "[[instances]] 2, queue/*"]
    assert config.limits[1].where == f"{tmp_path}/interlock.toml: [[limits]] 2, *"


def test_precedence(tmp_path: Path) -> None:
    """Flags before the environment, before the file, before defaults; each setting for itself."""
    file = write(tmp_path, FILE)
    environment = {"INTERLOCK_CONFIG": str(file), "INTERLOCK_DRAIN_SECONDS": "4", "INTERLOCK_SEED": "1"}
    config = load(environment=environment, flags={"seed": 2, "listen": (), "metrics": None})
    assert (config.max_instances, config.drain_seconds, config.seed) == (5, 4.0, 2)
    assert config.listen == ("127.0.0.1:1", "unix:/run/i.sock")
    assert config.metrics == HostConfig().metrics


def test_environment() -> None:
    environment = {
        "INTERLOCK_LISTEN": "127.0.0.1:1,unix:/run/i.sock",
        "INTERLOCK_MODULES": "/a:/b",
        "INTERLOCK_INSECURE": "true",
        "INTERLOCK_PORT": "tcp://10.0.0.1:80",  # Kubernetes sets it for a service of this name
    }
    config = load(environment=environment)
    assert config.listen == ("127.0.0.1:1", "unix:/run/i.sock")
    assert config.modules == (Path("/a"), Path("/b"))
    assert config.insecure


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lisen = []", "unknown key 'lisen'; known are .*listen"),
        ("[[limits]]\nmax_memroy = 1", r"\[\[limits\]\] 1: unknown key 'max_memroy'"),
        ("[[limits]]\nmax_memory = 0", r"\[\[limits\]\] 1, max_memory: 0 is not a whole number from 1"),
        ("[[limits]]\nmax_memory = true", "True is not a whole number"),
        ("[limits]\nmax_memory = 1", r"write \[\[limits\]\]"),
        ("[[instances]]\nname = 'x'", "names its module"),
        ("[[instances]]\nmodule = 'x'\nconfg = {}", "unknown key 'confg'"),
        ("[[instances]]\nmodule = 'x'\nconfig = 1", "not a table"),
        ("drain_seconds = -1", "drain_seconds: -1.0 is not within"),
        ("max_instances = 0", "max_instances: 0 is below 1"),
        ("max_instances = 1.5", "1.5 is not a whole number"),
        ("insecure = 'maybe'", "'maybe' is not true or false"),
        ("clock = 'sundial'", "'sundial' is not one of run, virtual"),
        ("listen = [7070]", "listen: 7070 is not a text$"),
        ("listen = 7070", "listen: 7070 is not a text, nor a list of texts$"),
        ("listen = {}", "listen: {} is not a text, nor a list of texts$"),
        ("modules = [5]", "modules: 5 is not a text$"),
        ("modules = 5", "modules: 5 is not a text, nor a list"),
        ("modules = ['']", "modules: it is empty$"),
        ("data = 5", "data: 5 is not a text$"),
        ("data = '~nobody-of-this-name/data'", "home folder of nobody$"),
        ("drain_seconds = 'five'", "drain_seconds: 'five' is not a number of seconds$"),
        ("drain_seconds = []", r"drain_seconds: \[\] is not a number of seconds$"),
        ("drain_seconds = nan", "drain_seconds: nan is not within 0 and 86,400 seconds$"),
        ("journal_bytes = '512M'", "journal_bytes: '512M' is not a whole number$"),
        ("answer_bytes = 0", "answer_bytes: 0 is below 1$"),
        ("journal_bytes = []", r"journal_bytes: \[\] is not a whole number$"),
        ("insecure = []", r"insecure: \[\] is not true or false$"),
        ("insecure = 1", "insecure: 1 is not true or false$"),
        ("clock = {}", "clock: {} is not one of run, virtual$"),
        ("[[instances]]\nmodule = 'x'\ndurability = false", "durability: False is not one of eph"),
        ("[[instances]]\nmodule = 5", r"\[\[instances\]\] 1, module: 5 is not a text$"),
        ("listen = ", "interlock.toml: "),
    ],
)
def test_refused(tmp_path: Path, text: str, said: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(ConfigError, match=said) as refusal:
        load(file, {})
    assert str(file) in str(refusal.value)


def test_refusals_name_their_source(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="INTERLOCK_SEED"):
        load(environment={"INTERLOCK_SEED": "many"})
    with pytest.raises(ConfigError, match="--seed"):
        load(environment={}, flags={"seed": "many"})
    with pytest.raises(ConfigError, match=r"^absent\.toml: No such file or directory$"):
        load(Path("absent.toml"), {})
    with pytest.raises(ConfigError, match=f"^{tmp_path}: Is a directory$"):
        load(tmp_path, {})
    (tmp_path / "latin").write_bytes("# \xfcber".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"latin: it is not UTF-8 text$"):
        load(tmp_path / "latin", {})


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("127.0.0.1:7070", "127.0.0.1:7070"),
        ("grpc://localhost:7070", "localhost:7070"),
        ("[::1]:0", "[::1]:0"),
        ("unix:/run/i.sock", "unix:/run/i.sock"),
        ("unix:///run/i.sock", "unix:/run/i.sock"),
    ],
)
def test_address(text: str, form: str) -> None:
    address = parse_address(text)
    assert (str(address), address.private) == (form, True)


@pytest.mark.parametrize(
    "text", ["7070", ":7070", "host:", "host:port", "host:65536", "unix:", "unix://run/x", ""]
)
def test_no_address(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_address(text)


def test_socket_path_has_a_bound() -> None:
    assert parse_address("unix:/" + "x" * 106)
    with pytest.raises(ConfigError, match="at most 107 bytes"):
        parse_address("unix:/" + "x" * 107)


def test_default_addresses_are_private() -> None:
    assert [address.private for address in default_addresses()] == [True, True]
