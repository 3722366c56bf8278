"""What Prometheus and Grafana are told to ask for is what operator and workers export."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector

from patterns_k8s.operator.controller.processor_metrics import ProcessorMetrics
from patterns_k8s.operator.controller.tended import Tended
from patterns_k8s.operator.desired.conditions import DeploymentSeen
from patterns_k8s.operator.desired.processor import Processor
from patterns_k8s.operator.desired.scaling import ScalingMemory
from patterns_k8s.operator.observability.metrics import Metrics
from patterns_k8s.resource.crd import MANIFEST
from patterns_k8s.resource.order_processor import OrderProcessorSpec
from patterns_k8s.worker.metrics import DEPENDENCIES, WorkerMetrics

MONITORING = MANIFEST.parent / "components" / "monitoring"
Labels = dict[str, set[str]]
"""Names of labels, with the values known beforehand; none for those that are not."""


@cache
def document(name: str) -> dict[str, Any]:
    """Return the one document of a file."""
    return dict(yaml.safe_load((MONITORING / name).read_text(encoding="utf-8")))


def tended(**known: Any) -> Tended:  # noqa: ANN401 - what is remembered
    """Return what the operator remembers of the shop's own OrderProcessor."""
    spec = OrderProcessorSpec.model_validate({"image": "patterns-k8s:v1"})
    return Tended(processor=Processor(name="orders", namespace="patterns", uid="", generation=1, spec=spec), **known)


@cache
def exported() -> dict[str, Labels]:
    """Return what operator and workers export: metrics by name, with their labels."""
    operator = Metrics()
    operator.registry.register(ProcessorMetrics([tended(messages=0, scaling=ScalingMemory(1))]))
    operator.applied.labels("")
    operator.repaired.labels("")
    operator.requests.labels("", "")
    worker = CollectorRegistry()
    worker.register(_collector(WorkerMetrics(lanes=1, held=lambda: 0, unreachable=dict)))
    found: dict[str, Labels] = {"up": {"job": {"patterns-operator"}}}
    for registry, added in ((operator.registry, ()), (worker, ("processor",))):
        for family in registry.collect():
            for sample in family.samples:
                labels = found.setdefault(sample.name, {name: set() for name in added})
                for name, value in sample.labels.items():
                    labels.setdefault(name, set()).update(filter(None, [value]))
    return found


def _collector(metrics: WorkerMetrics) -> Collector:
    class Collecting(Collector):
        def collect(self) -> Iterator[Any]:
            return metrics.collect()

    return Collecting()


def alerts() -> list[dict[str, Any]]:
    """Return the alert rules."""
    return [alert for group in document("alerts.yaml")["spec"]["groups"] for alert in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """Return the dashboard's panels, without the headings."""
    return [each for each in document("dashboard.json")["panels"] if each["type"] != "row"]


def read(expression: str) -> tuple[list[promql.VectorSelector], set[str]]:
    """Return what an expression selects, and the labels that it groups by.

    Raises:
        ValueError: Prometheus would refuse it.
    """
    chosen: list[promql.VectorSelector] = []
    grouped: set[str] = set()

    def visit(node: promql.Expr) -> None:
        if isinstance(node, promql.VectorSelector):
            chosen.append(node)
        if isinstance(node, promql.AggregateExpr) and node.modifier is not None:
            grouped.update(node.modifier.labels)

    # Grafana puts a time in the place of its variable.
    promql.walk(promql.parse(expression.replace("$__rate_interval", "5m")), pre_visit=visit)
    return chosen, grouped


def check(expression: str) -> set[str]:
    """Check that metrics, labels and values of an expression occur; return the labels that it groups by."""
    chosen, grouped = read(expression)
    assert chosen
    for selector in chosen:
        assert selector.name in exported(), f"nothing exports {selector.name}"
        labels = exported()[str(selector.name)]
        for matcher in selector.matchers.matchers:
            assert matcher.name in labels, f"{selector.name} has no label {matcher.name}"
            known = labels[matcher.name]
            if not known or matcher.value.startswith("$"):
                continue
            alternatives = [matcher.value] if matcher.op == promql.MatchOp.Equal else matcher.value.split("|")
            for each in alternatives:
                assert any(re.fullmatch(each, value) for value in known), f"{matcher.name} is never {each}"
        assert grouped <= labels.keys(), f"{selector.name} has no label {grouped - labels.keys()}"
    return grouped


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_an_alert_is_about_metrics_that_are_exported(alert: dict[str, Any]) -> None:
    """With labels that they have, and values that occur; else it would be silent for ever."""
    grouped = check(alert["expr"])
    texts = " ".join(alert["annotations"].values())
    used = {part.partition(" ")[0].rstrip("}") for part in texts.split("$labels.")[1:]}
    assert used <= grouped, f"{alert['alert']} has no label {used - grouped}"
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert {"summary", "description"} == set(alert["annotations"])


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: str(panel["title"]))
def test_a_panel_shows_metrics_that_are_exported(panel: dict[str, Any]) -> None:
    """Each series has a name of its own, by all labels that tell it from others; else the panel would be empty."""
    assert panel["description"]
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
    for target in panel["targets"]:
        grouped = check(target["expr"])
        named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        assert named == (set() if panel["type"] == "stat" else grouped - {"le"}), target["expr"]


def test_the_dashboard_shows_all_that_is_exported_of_orders() -> None:
    """A metric on no panel is not needed, but for those that only alarms are about."""
    shown = {selector.name for panel in panels() for target in panel["targets"] for selector in read(target["expr"])[0]}
    ours = {name for name in exported() if name.startswith("patterns_")}
    derived = ("_created", "_sum", "_count")
    assert {name for name in ours - shown if not name.endswith(derived)} == {"patterns_operator_processors"}


def test_the_dashboard_s_choices_are_there() -> None:
    """Its variables are defined, ask for labels that are exported, and no two panels lie at one place."""
    text = (MONITORING / "dashboard.json").read_text(encoding="utf-8")
    variables = {each["name"]: each for each in document("dashboard.json")["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", text)) - {"__rate_interval"}
    assert used == variables.keys() == {"datasource", "processor"}
    (asked,) = re.findall(r"label_values\((\w+), (\w+)\)", variables["processor"]["query"]["query"])
    assert asked[1] in exported()[asked[0]]
    everything = document("dashboard.json")["panels"]
    assert len({each["id"] for each in everything}) == len(everything)
    cells = [
        (x, y)
        for at in (each["gridPos"] for each in everything)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24, "Grafana has 24 columns"


def test_a_metric_that_is_not_exported_is_found_out() -> None:
    """The check itself: below a rate and a sum, in what is divided by, by labels and by values."""
    chosen, grouped = read('sum(rate(one_total{a="b"}[5m])) / sum by (c) (two_total) > 0')
    assert ([each.name for each in chosen], grouped) == (["one_total", "two_total"], {"c"})
    with pytest.raises(ValueError, match=r".+"):
        read("sum(rate(one_total[5m]) >")
    rounds = "patterns_operator_rounds_total"
    for wrong in (
        "nothing_total",
        f'{rounds}{{a="b"}}',
        f'{rounds}{{result=~"failed|lost"}}',
        f"sum by (a) ({rounds})",
    ):
        with pytest.raises(AssertionError):
            check(wrong)


def test_what_has_not_happened_yet_is_none() -> None:
    """Prometheus counts from one sample to the next: the first failure would be missed without a sample before."""
    registry = Metrics().registry
    happened = {
        "patterns_operator_rounds_total": ("result", {"failed", "changed", "settled"}),
        "patterns_operator_scaled_total": ("direction", {"up", "down"}),
        "patterns_operator_admissions_total": ("answer", {"allowed", "refused"}),
    }
    for name, (label, values) in happened.items():
        assert {registry.get_sample_value(name, {label: value}) for value in values} == {0.0}, name
        assert exported()[name] == {label: values}


def test_what_is_not_known_of_an_order_processor_is_not_exported() -> None:
    """None would be taken for an empty queue, and for no workers wanted."""
    found = {
        (sample.name, sample.value)
        for each in (Tended(), tended(deployment=DeploymentSeen(ready=2)))
        for family in ProcessorMetrics([each]).collect()
        for sample in family.samples
    }
    assert found == {("patterns_operator_ready_workers", 2)}


def test_all_that_a_worker_may_miss_can_be_told_apart() -> None:
    """Its lanes report trouble with exactly these."""
    source = Path(__file__).parents[1] / "src/patterns_k8s/worker"
    text = (source / "lanes.py").read_text() + (source / "bootstrap.py").read_text()
    assert {part.partition('"')[0] for part in text.split('.trouble("')[1:]} == set(DEPENDENCIES)
