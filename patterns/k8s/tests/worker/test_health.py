import json
import urllib.error
import urllib.request

import pytest

from patterns_k8s.worker.health import Health, serve_health


def metrics() -> tuple[bytes, str]:
    """Return something for a scrape."""
    return b"up 1\n", "text/plain; version=0.0.4"


def ask(port: int, path: str) -> tuple[int, object]:
    """Return what a probe is answered."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error) if error.code == 503 else None


def test_a_lane_that_stands_still_is_not_alive() -> None:
    """The kubelet starts the pod again."""
    now = 0.0
    health = Health(limit=10, clock=lambda: now)
    first, second = health.pulse("lane 1"), health.pulse("lane 2")
    now = 11.0
    first.beat()
    assert health.alive() == {"lane 2": "has not moved for 11 seconds"}
    second.beat()
    assert health.alive() == {}


def test_what_is_out_of_reach_for_one_lane_makes_the_worker_unready() -> None:
    """Until that lane reaches it again; it is alive all the while."""
    health = Health(limit=10)
    first, second = health.pulse("lane 1"), health.pulse("lane 2")
    first.trouble("topic", "NotFound")
    second.well("topic")
    assert health.ready() == {"topic": "NotFound"}
    assert health.unreachable() == {"topic": 1}
    assert health.alive() == {}
    first.well("topic")
    assert health.ready() == {}
    assert health.unreachable() == {}


def test_probes_are_answered() -> None:
    """200, or 503 with what is wrong; 404 for what is no probe."""
    health = Health(limit=10)
    pulse = health.pulse("lane 1")
    with serve_health(health, "127.0.0.1", 0, metrics=metrics) as port:
        assert ask(port, "/healthz") == ask(port, "/readyz") == (200, {"wrong": {}})
        pulse.trouble("topic", "NotFound")
        assert ask(port, "/healthz") == (200, {"wrong": {}})
        assert ask(port, "/readyz") == (503, {"wrong": {"topic": "NotFound"}})
        assert ask(port, "/") == (404, None)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as scrape:
            assert (scrape.read(), scrape.headers["Content-Type"]) == metrics()


def test_a_port_that_is_taken_is_an_error() -> None:
    """And not a worker without a health endpoint."""
    with serve_health(Health(limit=1), "127.0.0.1", 0, metrics=metrics) as port:
        second = serve_health(Health(limit=1), "127.0.0.1", port, metrics=metrics)
        with pytest.raises(OSError, match="in use"):
            second.__enter__()
