import json

import pytest

from patterns_shared.observability.metrics import make_metrics


def test_metrics_of_another_stage_begin_anew(capsys: pytest.CaptureFixture[str]) -> None:
    """Although Powertools keeps dimensions for all of a process; it warns, and a warning here is an error."""
    for stage in ("one", "two"):
        metrics = make_metrics("a_pattern", stage)
        metrics.add_metric(name="OrdersPlaced", unit="Count", value=1)
        metrics.flush_metrics()
    assert [json.loads(line)["stage"] for line in capsys.readouterr().out.splitlines()] == ["one", "two"]


def test_a_metric_is_a_log_line_of_its_pattern_and_stage(capsys: pytest.CaptureFixture[str]) -> None:
    """In the one namespace, with the two dimensions that the dashboards look for, time after time."""
    metrics = make_metrics("a_pattern", "local")
    for value in (1, 2):
        metrics.add_metric(name="OrdersPlaced", unit="Count", value=value)
        metrics.flush_metrics()
    first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (first["OrdersPlaced"], second["OrdersPlaced"]) == ([1.0], [2.0])
    for line in (first, second):
        assert (line["service"], line["stage"]) == ("a_pattern", "local")
        [directive] = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Patterns"
        assert sorted(directive["Dimensions"][0]) == ["service", "stage"]
