"""The process of one producer or one Python consumer.

    python -m demo.worker consume URL NAME [--halt-after BATCHES]
    python -m demo.worker produce URL SHARE SHARES [FILES]

It says what happens on standard output, one JSON object a line. When its
standard input ends, a consumer leaves the group and a producer stops: so
neither outlives the demo, however that ends.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
from typing import Any

import interlock
from demo.consumer import Consumer
from demo.corpus import find_files
from demo.lifeline import at_end_of_input
from demo.producer import produce


def say(event: str, **what: Any) -> None:
    """Tell the demo."""
    print(json.dumps({"event": event, **what}), flush=True)


def consume(url: str, name: str, halt_after: int | None) -> None:
    with interlock.open(url) as client:
        halt = None if halt_after is None else _Halt(halt_after)
        consumer = Consumer(client, name, say, halt)
        if halt is not None:
            halt.over = consumer.stop
        at_end_of_input(consumer.stop.set)
        consumer.run()


class _Halt:
    """Stands still between the Adds and the Acks of one batch, to be killed there.

    `over` ends it: whoever would kill this process is gone.
    """

    def __init__(self, after: int) -> None:
        self._left = after
        self.over = threading.Event()

    def __call__(self, batch: list[interlock.Delivery]) -> None:
        self._left -= 1
        if self._left == 0:
            say("halted", items=len(batch), queue=batch[0].queue)
            self.over.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    consumer = kinds.add_parser("consume")
    consumer.add_argument("url")
    consumer.add_argument("name")
    consumer.add_argument("--halt-after", type=int)
    producer = kinds.add_parser("produce")
    producer.add_argument("url")
    producer.add_argument("share", type=int)
    producer.add_argument("shares", type=int)
    producer.add_argument("files", type=int, nargs="?")
    given = parser.parse_args()
    if given.kind == "consume":
        consume(given.url, given.name, given.halt_after)
        return
    at_end_of_input(lambda: os._exit(1))
    with interlock.open(given.url) as client:
        say("produced", items=produce(client, find_files(given.files), given.share, given.shares))


if __name__ == "__main__":
    main()
