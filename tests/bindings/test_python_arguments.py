"""Every argument of every verb, passed wrongly: the error names it, wherever the modules run."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import interlock
from interlock.counter.v1 import counter_pb2
from tests.behaviour.daemon import serving

GET = "interlock.counter.v1.CounterService/Get"
REQUEST = counter_pb2.GetRequest(instance="c", keys=[""])
_names = itertools.count()

NO_TEXT = (None, 5, b"text", ["text"], "\ud800")
NO_INT64 = (None, "5", 1.5, math.nan, True, 1 << 63)
NO_UINT = (None, "5", 1.5, math.nan, True, -1, 1 << 64, 10**5000)
NO_SECONDS = ("5", b"5", True, [5.0], -1, math.nan, -math.inf, 10**400)
NO_LEASE = (*NO_SECONDS, math.inf, 5e6)
NO_FLAG = (None, 1, 1 << 64, "yes")
NO_LIST = (None, 5, b"12", object())
NO_MAPPING = (5, "topic", ["topic"], {5: 1})
NO_FUNCTION = (5, "print")

Verb = Callable[[Any, Any], Any]
CASES: dict[str, tuple[str, Verb, tuple[Any, ...]]] = {}


def case(field: str, wrong: tuple[Any, ...], verb: Verb, about: str = "") -> None:
    """Add a verb that takes a value, the values that it refuses, and what its error names."""
    CASES[f"{about} {field}".strip()] = field, verb, wrong


def counter(il: interlock.Client) -> interlock.Counter:
    """A counter of its own."""
    return il.counter(f"c{next(_names)}")


def queue(il: interlock.Client) -> interlock.Queue:
    """A queue of its own."""
    return il.queue(f"q{next(_names)}")


def held(il: interlock.Client) -> interlock.Delivery:
    """An item that is leased."""
    orders = queue(il)
    orders.push(b"1")
    return orders.pop(lease=30)


def group(il: interlock.Client) -> interlock.Group:
    """A group of its own."""
    return il.rebalance(f"g{next(_names)}")


case("name", NO_TEXT, lambda il, v: il.counter(v), "counter")
case("delta", NO_INT64, lambda il, v: counter(il).add(v))
case("key", NO_TEXT, lambda il, v: counter(il).add(1, key=v), "add")
case("once", NO_TEXT, lambda il, v: counter(il).add(1, once=v))
case("adds", (*NO_LIST, "ab", {5: 1}), lambda il, v: counter(il).add_many(v))
case("adds[1]", (None, 5, "ab", (), ("a", 1, "", 4)), lambda il, v: counter(il).add_many([("a", 1), v]))
case("adds[1].key", NO_TEXT, lambda il, v: counter(il).add_many([("a", 1), (v, 1)]))
case("adds[1].delta", NO_INT64, lambda il, v: counter(il).add_many([("a", 1), ("b", v)]))
case("adds[0].delta", NO_INT64, lambda il, v: counter(il).add_many({"a": v}))
case("adds[0].once", NO_TEXT, lambda il, v: counter(il).add_many([interlock.Addition(once=v)]))
case("key", NO_TEXT, lambda il, v: counter(il).get(key=v), "get")
case("keys", NO_LIST, lambda il, v: counter(il).get_many(v), "get_many")
case("keys[1]", NO_TEXT, lambda il, v: counter(il).get_many(["a", v]))
case("keys", NO_LIST, lambda il, v: counter(il).reset(v), "reset")
case("expected", NO_INT64, lambda il, v: counter(il).cas(v, 1))
case("value", NO_INT64, lambda il, v: counter(il).cas(1, v))
case("key", NO_TEXT, lambda il, v: counter(il).cas(1, 1, key=v), "cas")
case("prefix", NO_TEXT, lambda il, v: next(counter(il).list(v)))
case("page_size", (*NO_UINT, 10_001), lambda il, v: next(counter(il).list(page_size=v)))
case("at_least", NO_INT64[1:], lambda il, v: counter(il).wait(v))
case("at_most", NO_INT64[1:], lambda il, v: counter(il).wait(at_most=v))
case("key", NO_TEXT, lambda il, v: counter(il).wait(key=v), "wait")
case("timeout", NO_SECONDS, lambda il, v: counter(il).wait(timeout=v), "wait")

case("name", NO_TEXT, lambda il, v: il.queue(v), "queue")
case("capacity", (*NO_UINT[1:], 0), lambda il, v: queue(il).configure(capacity=v))
case("max_items", NO_UINT[1:], lambda il, v: queue(il).configure(max_items=v))
case("overflow", (5, 0, "", "drop", True, [], 1 << 64), lambda il, v: queue(il).configure(overflow=v))
case("lease", (*NO_LEASE, 0), lambda il, v: queue(il).configure(lease=v), "configure")
case("max_deliveries", NO_UINT[1:], lambda il, v: queue(il).configure(max_deliveries=v))
case("dedupe_window", NO_LEASE, lambda il, v: queue(il).configure(dedupe_window=v))
case("data", (None, 5, "text", [b"x"]), lambda il, v: queue(il).push(v))
case("id", NO_TEXT, lambda il, v: queue(il).push(b"1", id=v))
case("delay", (None, *NO_LEASE), lambda il, v: queue(il).push(b"1", delay=v), "push")
case("timeout", NO_SECONDS, lambda il, v: queue(il).push(b"1", timeout=v), "push")
case("items", (*NO_LIST, "12"), lambda il, v: queue(il).push_many(v), "push_many")
case("items[1].data", (None, 5, "text"), lambda il, v: queue(il).push_many([b"1", v]))
case("items[0].id", NO_TEXT, lambda il, v: queue(il).push_many([interlock.Item(b"1", v)]))
case("items[0].delay", (None, *NO_LEASE), lambda il, v: queue(il).push_many([interlock.Item(b"1", "", v)]))
case("timeout", NO_SECONDS, lambda il, v: queue(il).pop(timeout=v), "pop")
case("lease", (None, *NO_LEASE), lambda il, v: queue(il).pop(lease=v), "pop")
case("dead_letters", NO_FLAG, lambda il, v: queue(il).pop(dead_letters=v), "pop")
case("count", (*NO_UINT, 1 << 32), lambda il, v: queue(il).pop_many(v))
case("lease", (None, *NO_LEASE), lambda il, v: queue(il).pop_many(0, lease=v), "pop_many")
case("items", (*NO_LIST, "12"), lambda il, v: queue(il).ack_many(v), "ack_many")
case("items[1]", (*NO_UINT, b"1"), lambda il, v: queue(il).ack_many([1, v]), "ack_many")
case("items[0]", NO_UINT, lambda il, v: queue(il).nack_many([v]), "nack_many")
case("delay", (None, *NO_LEASE), lambda il, v: queue(il).nack_many([], delay=v), "nack_many")
case("items[0]", NO_UINT, lambda il, v: queue(il).extend_many([v]), "extend_many")
case("lease", (*NO_LEASE, 0), lambda il, v: queue(il).extend_many([], v), "extend_many")
case("delay", (None, *NO_LEASE), lambda il, v: held(il).nack(delay=v), "nack")
case("lease", (*NO_LEASE, 0), lambda il, v: held(il).extend(v), "extend")
case("lease", (None, *NO_LEASE, 0), lambda il, v: queue(il).items(lease=v), "items")
case("prefetch", (*NO_UINT, 0), lambda il, v: queue(il).items(prefetch=v))
case("timeout", NO_SECONDS, lambda il, v: queue(il).items(timeout=v), "items")
case("dead_letters", NO_FLAG, lambda il, v: queue(il).items(dead_letters=v), "items")
case("credit", (*NO_UINT, 0, 4097), lambda il, v: next(queue(il).subscribe(credit=v)))
case("lease", (*NO_LEASE, 0), lambda il, v: queue(il).subscribe(lease=v), "subscribe")
case("dead_letters", NO_FLAG, lambda il, v: queue(il).purge(dead_letters=v), "purge")

case("group", NO_TEXT, lambda il, v: il.rebalance(v))
case("member", NO_TEXT, lambda il, v: group(il).join(v, {}), "join")
case("topics", (None, *NO_MAPPING), lambda il, v: group(il).join("m", v), "join")
case("topics['t']", NO_UINT, lambda il, v: group(il).join("m", {"t": v}), "join")
case("owned", NO_MAPPING, lambda il, v: group(il).join("m", {}, owned=v))
case("owned['t']", NO_LIST, lambda il, v: group(il).join("m", {}, owned={"t": v}))
case("weight", (*NO_UINT, 0, 1001), lambda il, v: group(il).join("m", {}, weight=v), "join")
case("weight", (*NO_UINT, 0, 1001), lambda il, v: group(il).member("m", {}, weight=v), "member")
case("session", (None, *NO_LEASE, 0), lambda il, v: group(il).join("m", {}, session=v), "join")
case("rebalance", (None, *NO_LEASE, 0), lambda il, v: group(il).join("m", {}, rebalance=v), "join")
case("name", NO_TEXT, lambda il, v: group(il).member(v, {}), "member")
case("topics", (None, *NO_MAPPING), lambda il, v: group(il).member("m", v), "member")
case("session", (None, *NO_LEASE, 0), lambda il, v: group(il).member("m", {}, session=v), "member")
case("rebalance", (None, *NO_LEASE, 0), lambda il, v: group(il).member("m", {}, rebalance=v), "member")
case("heartbeat", (*NO_LEASE, 0), lambda il, v: group(il).member("m", {}, heartbeat=v))
case("on_assign", NO_FUNCTION, lambda il, v: group(il).member("m", {}, on_assign=v))
case("on_revoke", NO_FUNCTION, lambda il, v: group(il).member("m", {}, on_revoke=v))
case("on_lost", NO_FUNCTION, lambda il, v: group(il).member("m", {}, on_lost=v))
case("member", NO_TEXT, lambda il, v: group(il).heartbeat(v, 1), "heartbeat")
case("generation", NO_UINT, lambda il, v: group(il).heartbeat("m", v), "heartbeat")
case("member", NO_TEXT, lambda il, v: group(il).leave(v), "leave")
case("member", NO_TEXT, lambda il, v: group(il).check_generation(v, 1), "check")
case("generation", NO_UINT, lambda il, v: group(il).check_generation("m", v), "check")
case("partitions", NO_MAPPING, lambda il, v: group(il).check_generation("m", 1, v))
case("partitions['t']", (*NO_LIST, ["1"], [-1]), lambda il, v: group(il).check_generation("m", 1, {"t": v}))
case("member", NO_TEXT, lambda il, v: group(il).backoff(v, 0), "backoff")
case("retry", NO_UINT, lambda il, v: group(il).backoff("m", v))
case("cause", NO_TEXT, lambda il, v: group(il).backoff("m", 0, v))

case("method", (*NO_TEXT, "Get"), lambda il, v: il.call(v, b""), "call")
case("request", (None, "text", 5), lambda il, v: il.call(GET, v))
case("reply", (5, "GetResponse", int, REQUEST), lambda il, v: il.call(GET, REQUEST, v), "call")
case("wait", (None, *NO_LEASE), lambda il, v: il.call(GET, REQUEST, wait=v))
case("safe", NO_FLAG, lambda il, v: il.call(GET, REQUEST, safe=v))
case("method", (*NO_TEXT, "Get"), lambda il, v: next(il.stream(v, b"")), "stream")
case("reply", (5, "GetResponse", int, REQUEST), lambda il, v: next(il.stream(GET, b"", v)), "stream")


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Where the modules run: in process, and in a daemon."""
    with serving(tmp_path_factory.mktemp("arguments")) as (socket, _):
        yield ["local:", socket]


@pytest.fixture(scope="module")
def clients(urls: list[str]) -> Iterator[list[interlock.Client]]:
    """One client of each. A value that is taken after all must not make its verb wait."""
    with interlock.open(urls[0], timeout=0) as local, interlock.open(urls[1], timeout=0) as remote:
        yield [local, remote]


def refused(verb: Verb, il: interlock.Client, value: Any) -> interlock.Error:
    with pytest.raises(interlock.Invalid) as caught:
        verb(il, value)
    return caught.value


@pytest.mark.parametrize("name", CASES)
def test_the_argument_is_named(name: str, clients: list[interlock.Client]) -> None:
    field, verb, wrong = CASES[name]
    for value in wrong:
        here, there = (refused(verb, il, value) for il in clients)
        assert here.field == field
        assert (type(here), str(here)) == (type(there), str(there))


OPTIONS: dict[str, tuple[Any, ...]] = {
    "timeout": NO_SECONDS,
    "deadline": (None, *NO_LEASE, 0),
    "retries": NO_UINT,
    "reconnect": (None, *NO_SECONDS),
    "metadata": (
        *(None, *NO_MAPPING, {"k": 5}, {"k": "a\nb"}),
        *({key: "x"} for key in ("", "a b", "K", "k\u00e9", ":path", "a-bin")),
        *({key: "x"} for key in ("authorization", "request_id", "interlock-language", "grpc-timeout")),
    ),
    "token": (5, b"secret", "secret\n", "s\u00e9cret"),
    "ca": (5, b"ca.pem", "", "a\0b"),
    "cert": (5, "", "cert.pem"),
    "key": (5, "", "key.pem"),
    "modules": (None, 5, "folder"),
    "metrics": NO_FLAG,
}


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("opened", [interlock.open, interlock.aio.open])
def test_options(name: str, opened: Any) -> None:
    placement = "local:" if name in ("modules", "metrics") else "grpc://127.0.0.1:1"
    for value in OPTIONS[name]:
        with pytest.raises(interlock.Invalid) as caught:
            opened(placement, **{name: value})
        other = {"cert": "key", "key": "cert"}.get(name, name)
        assert caught.value.field.partition("[")[0] in (name, other)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("opened", [interlock.open, interlock.aio.open])
def test_url(opened: Any) -> None:
    for value in (None, 5, b"local:", Path("local:"), "interlock.sock", "unix:a\0b", "unix:" + "a" * 108):
        with pytest.raises(interlock.Invalid) as caught:
            opened(value)
        assert caught.value.field == "url"


def test_url_of_no_form_is_told_them_all() -> None:
    forms = ("local:", "local:PATH", "unix:///path", "unix:path", "grpc://host:port", "grpcs://host:port")
    for url in ("http://h:1", "interlock.sock", "grpc://h", "grpcs://h:99999", "grpc://::1:7070"):
        with pytest.raises(interlock.Invalid) as caught:
            interlock.open(url)
        assert all(form in caught.value.message for form in forms)


def test_pop_of_none(clients: list[interlock.Client]) -> None:
    for il in clients:
        orders = queue(il)
        assert orders.pop_many(0, timeout=None) == []
        orders.push(b"1")
        assert orders.pop_many(0) == []
        assert orders.stats().depth == 1


async def test_pop_of_none_by_tasks(urls: list[str]) -> None:
    for url in urls:
        async with interlock.aio.open(url) as il:
            orders = il.queue(f"q{next(_names)}")
            assert await orders.pop_many(0, timeout=None) == []
            with pytest.raises(interlock.Invalid, match="count"):
                await orders.pop_many(-1)
            with pytest.raises(interlock.WrongType, match="key must be text"):
                await il.counter("c").get(key=5)  # type: ignore[arg-type]


def test_items_of_another_queue(clients: list[interlock.Client]) -> None:
    """Their receipts may be in force here too, of other items."""
    for il in clients:
        orders = queue(il)
        for settle in (orders.ack_many, orders.nack_many, orders.extend_many):
            with pytest.raises(interlock.Invalid, match="is of queue") as caught:
                settle([1, held(il)])
            assert caught.value.field == "items[1]"


def test_many_small_items(clients: list[interlock.Client]) -> None:
    """More than one request may have: they are sent in several."""
    for il in clients:
        assert queue(il).push_many([b""] * 5000).accepted == 5000


def test_refused_items_are_given_back(clients: list[interlock.Client]) -> None:
    wrong: Any = "text"
    for il in clients:
        with pytest.raises(interlock.WrongType) as caught:
            queue(il).push_many(iter([b"1", wrong]))
        assert caught.value.items == (b"1", "text")
