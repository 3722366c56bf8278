"""What a worker exports to Prometheus, read by Prometheus' own parser."""

import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from patterns_k8s.worker.bootstrap import make_worker
from patterns_k8s.worker.health import Health, serve_health
from patterns_k8s.worker.metrics import WorkerMetrics
from patterns_k8s.worker.settings import WorkerSettings

Samples = dict[tuple[str, str], float]


def samples(text: str) -> Samples:
    """Return values by metric and by the value of its one label, if it has one."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_totals_and_what_is_so_now() -> None:
    """Totals grow, all known outcomes are there from the beginning, gauges are asked at each scrape."""
    health, held = Health(limit=10), [3]
    metrics = WorkerMetrics(lanes=2, held=lambda: held[0], unreachable=health.unreachable)
    with serve_health(health, "127.0.0.1", 0, metrics=metrics.exposition) as port:

        def scrape() -> Samples:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                assert answer.headers["Content-Type"].startswith("text/plain; version=")
                return samples(answer.read().decode())

        before = scrape()
        outcomes = {label: value for (name, label), value in before.items() if name == "patterns_worker_messages_total"}
        assert outcomes == dict.fromkeys(
            ("fulfilled", "rejected", "forwarded", "duplicate", "dead_lettered", "failed"), 0
        )
        assert before["patterns_worker_held_messages", ""] == 3
        assert before["patterns_worker_unreachable_lanes", "topic"] == 0
        metrics.add({"fulfilled": 7, "failed": 1})
        metrics.add({"fulfilled": 2})
        health.pulse("lane 2").trouble("topic", "NotFound")
        held[0] = 0
        after = scrape()
    assert after["patterns_worker_messages_total", "fulfilled"] == 9
    assert after["patterns_worker_messages_total", "failed"] == 1
    assert after["patterns_worker_held_messages", ""] == 0
    assert after["patterns_worker_unreachable_lanes", "topic"] == 1
    assert after["patterns_worker_unreachable_lanes", "queue"] == 0
    assert after["patterns_worker_lanes", ""] == 2
    assert after["process_resident_memory_bytes", ""] > 0


def test_a_batch_of_two_lanes_is_counted_once(queue_url: str, topic_arn: str, clients: Callable[[str], Any]) -> None:
    """By the worker as it is wired: what its lanes report goes into one total."""
    settings = WorkerSettings(
        stage="test",
        queue_url=queue_url,
        topic_arn=topic_arn,
        concurrency=20,
        poll_seconds=1,
        health_host="127.0.0.1",
        health_port=0,
    )
    pool = make_worker(settings, threading.Event())
    for _ in range(3):
        clients("sqs").send_message(QueueUrl=queue_url, MessageBody="poison")
    for lane in pool._lanes:
        lane.turn()
    found = samples(pool._metrics.exposition()[0].decode())
    assert found["patterns_worker_messages_total", "dead_lettered"] == 3
    assert (
        found["patterns_worker_batch_seconds_count", ""] == found["patterns_worker_batch_seconds_bucket", "+Inf"] == 1
    )
    assert found["patterns_worker_batch_seconds_sum", ""] > 0
    assert found["patterns_worker_lanes", ""] == 2


def test_a_batch_that_fails_is_timed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the bucket of its time, the limit included, and in all that are wider."""
    metrics = WorkerMetrics(lanes=1, held=lambda: 0, unreachable=dict)
    times = iter((0.0, 0.25, 10.0, 12.5, 20.0, 920.0))
    monkeypatch.setattr("patterns_k8s.worker.metrics.time.monotonic", lambda: next(times))
    with metrics.timed_batch():
        pass
    for error in (ValueError, OSError):
        with pytest.raises(error), metrics.timed_batch():
            raise error
    monkeypatch.undo()
    found = samples(metrics.exposition()[0].decode())
    buckets = {limit: value for (name, limit), value in found.items() if name == "patterns_worker_batch_seconds_bucket"}
    assert {limit: buckets[limit] for limit in ("0.1", "0.25", "1.0", "2.5", "60.0", "+Inf")} == {
        "0.1": 0,
        "0.25": 1,
        "1.0": 1,
        "2.5": 2,
        "60.0": 2,
        "+Inf": 3,
    }
    assert found["patterns_worker_batch_seconds_sum", ""] == 902.75


def test_a_worker_that_is_not_scraped_imports_no_client_of_prometheus() -> None:
    """Its start takes no longer than without metrics."""
    code = "import sys, patterns_k8s.worker.__main__; sys.exit('prometheus_client' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
