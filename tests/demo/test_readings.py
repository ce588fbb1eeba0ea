"""Reading /metrics."""

from __future__ import annotations

import pytest

from demo.readings import Calls, Readings

TEXT = """\
# TYPE wasm_metric_counter_total counter
wasm_metric_counter_total{language="go",method="Ack",status="OK",wasm_module="queue"} 7.0
wasm_metric_counter_total{language="go",method="Ack",status="UNAVAILABLE",wasm_module="queue"} 2.0
wasm_metric_counter_total{language="go",method="Pop",status="OK",wasm_module="queue"} 1.0
wasm_metric_counter_total{language="python",method="Push",status="OK",wasm_module="queue"} 3.0
# TYPE wasm_metric_latency_seconds histogram
wasm_metric_latency_seconds_bucket{language="go",le="0.1",method="Ack",wasm_module="queue"} 4.0
wasm_metric_latency_seconds_bucket{language="go",le="0.2",method="Ack",wasm_module="queue"} 8.0
wasm_metric_latency_seconds_bucket{language="go",le="+Inf",method="Ack",wasm_module="queue"} 9.0
wasm_metric_latency_seconds_count{language="go",method="Ack",wasm_module="queue"} 9.0
"""


def test_readings() -> None:
    readings = Readings(TEXT)
    assert readings.languages() == ["go"]
    assert (readings.items("go"), readings.items("python"), readings.all_items()) == (7, 0, 7)
    assert readings.of("go", "Ack").count == 9
    assert readings.of("java", "Ack").count == 0


@pytest.mark.parametrize(
    ("q", "seconds"), [(0.0, 0.0), (2 / 9, 0.05), (4 / 9, 0.1), (6 / 9, 0.15), (8 / 9, 0.2), (1.0, 0.2)]
)
def test_quantile(q: float, seconds: float) -> None:
    assert Readings(TEXT).of("go", "Ack").quantile(q) == pytest.approx(seconds)


def test_quantile_of_nothing() -> None:
    assert Calls().quantile(0.5) == 0.0
