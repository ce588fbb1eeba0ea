"""The verbs of counters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from interlock.counter.v1 import counter_pb2 as pb
from interlock.errors import Invalid, TimedOut, WrongType
from interlock.ops.arguments import built, mapping, ms, present, several, text
from interlock.ops.flow import Flow, Request, Wait, ask, slices
from interlock.values import Added, Addition, Swap

_SERVICE = "/interlock.counter.v1.CounterService/"
_ADD = _SERVICE + "Add"
_GET = _SERVICE + "Get"
_SET = _SERVICE + "CompareAndSet"
_RESET = _SERVICE + "Reset"
_LIST = _SERVICE + "List"
_WAIT = _SERVICE + "Wait"

MOST_KEYS = 1024
"""Of one request, and additions."""

Additions = Iterable[Addition | tuple[str, int]] | Mapping[str, int]


def listed(keys: str | Iterable[str]) -> list[str]:
    """Return one key, or several, as a list: a string is one key, not its letters.

    Raises:
        WrongType: They are no text.
        Invalid: They are not UTF-8.
    """
    wanted = [keys] if isinstance(keys, str) else several(keys, "keys")
    for index, key in enumerate(wanted):
        text(key, f"keys[{index}]")
    return wanted


def add(counter: str, delta: int, key: str, once: str) -> Flow[int]:
    """Add to one key; return its value after."""
    text(key, "key")
    text(once, "once")
    addition = built(pb.Addition, key=key, delta=delta, once=once)
    body = built(pb.AddRequest, instance=counter, adds=(addition,)).SerializeToString()
    reply = yield from ask(Request(_ADD, body, safe=bool(once)), pb.AddResponse)
    return reply.values[0].value


def add_many(counter: str, adds: Additions) -> Flow[list[Added]]:
    """Apply all additions, or none. No additions: nothing is sent."""
    wanted = _additions(adds)
    if not wanted:
        return []
    if len(wanted) > MOST_KEYS:
        why = f"all of them are applied or none, so at most {MOST_KEYS:,}; here are {len(wanted):,}"
        raise Invalid(why, field="adds")
    additions = [
        built(pb.Addition, f"adds[{index}].", key=a.key, delta=a.delta, once=a.once)
        for index, a in enumerate(wanted)
    ]
    body = built(pb.AddRequest, instance=counter, adds=additions).SerializeToString()
    safe = all(a.once for a in wanted)
    reply = yield from ask(Request(_ADD, body, safe=safe), pb.AddResponse)
    return [Added(v.key, v.value, v.applied) for v in reply.values]


def _additions(adds: Additions) -> list[Addition]:
    if isinstance(adds, Mapping):
        mapping(adds, "adds")
        return [Addition(key, delta) for key, delta in adds.items()]
    wanted = []
    for index, entry in enumerate(several(adds, "adds")):
        if not isinstance(entry, tuple | list) or not 0 < len(entry) <= len(Addition._fields):
            raise WrongType("an addition is an Addition, or a pair of key and delta", field=f"adds[{index}]")
        addition = Addition(*entry)
        text(addition.key, f"adds[{index}].key")
        text(addition.once, f"adds[{index}].once")
        wanted.append(addition)
    return wanted


def get(counter: str, keys: list[str]) -> Flow[dict[str, int]]:
    """Read keys, in as many requests as it takes; a key that was never added to is 0."""
    values: dict[str, int] = {}
    for some in slices(keys, MOST_KEYS):
        body = built(pb.GetRequest, instance=counter, keys=some).SerializeToString()
        reply = yield from ask(Request(_GET, body, read=True), pb.GetResponse)
        values.update((v.key, v.value) for v in reply.values)
    return values


def get_one(counter: str, key: str) -> Flow[int]:
    """Read one key."""
    text(key, "key")
    body = built(pb.GetRequest, instance=counter, keys=(key,)).SerializeToString()
    reply = yield from ask(Request(_GET, body, read=True), pb.GetResponse)
    return reply.values[0].value


def compare_and_set(counter: str, expected: int, value: int, key: str) -> Flow[Swap]:
    """Set a key if it has the value expected."""
    text(key, "key")
    request = built(pb.CompareAndSetRequest, instance=counter, key=key, expected=expected, value=value)
    reply = yield from ask(Request(_SET, request.SerializeToString()), pb.CompareAndSetResponse)
    return Swap(reply.swapped, reply.value)


def reset(counter: str, keys: list[str] | None) -> Flow[int]:
    """Forget keys, all of them for None; return how many were there."""
    done = 0
    for some in [()] if keys is None else slices(keys, MOST_KEYS):  # a request without keys means all
        body = built(pb.ResetRequest, instance=counter, keys=some).SerializeToString()
        done += (yield from ask(Request(_RESET, body), pb.ResetResponse)).reset
    return done


def page(counter: str, prefix: str, size: int, token: str) -> Flow[tuple[list[tuple[str, int]], str]]:
    """Read one page of keys and values, and the token of the next page: empty after the last."""
    text(prefix, "prefix")
    request = built(pb.ListRequest, instance=counter, prefix=prefix, page_size=size, page_token=token)
    reply = yield from ask(Request(_LIST, request.SerializeToString(), read=True), pb.ListResponse)
    return [(v.key, v.value) for v in reply.values], reply.next_page_token


def wait(
    counter: str, at_least: int | None, at_most: int | None, key: str, timeout: float | None
) -> Flow[int]:
    """Wait until a key's value is within bounds; return it.

    Raises:
        TimedOut: The timeout passed first.
    """
    text(key, "key")
    waiting = Wait(timeout)
    bounds = present(at_least=at_least, at_most=at_most)
    request = built(pb.WaitRequest, instance=counter, key=key, **bounds)
    while True:
        taken = waiting.take()
        request.wait_ms = ms(taken, "timeout")
        reply = yield from ask(Request(_WAIT, request.SerializeToString(), taken, read=True), pb.WaitResponse)
        if reply.reached:
            return reply.value
        if not waiting.spend(taken):
            raise TimedOut(f"{counter}: {key!r} is {reply.value} after {timeout} s")
