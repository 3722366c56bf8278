"""Alarms that name their metric under ``Metrics``.

AWS takes an alarm's one metric either as ``MetricName``, ``Namespace``, … or as the only entry of ``Metrics``, which
is how the CDK writes a metric with a label; and it takes metric math there. The emulator's CloudFormation refuses
``Metrics`` altogether, and with it the stack.

Corrected: one plain metric is taken as if it were written the other way. Metric math makes an alarm that stays in
INSUFFICIENT_DATA, which is the state of every alarm here: the emulator publishes no metrics of its own.
"""

from typing import Any

from ministack.services.cloudformation import provisioners

__all__ = ["correct"]

_original = provisioners._cw_metric_alarm_record


def correct() -> None:
    """Let CloudFormation create such alarms."""
    provisioners._cw_metric_alarm_record = _record


def _record(name: str, props: dict[str, Any]) -> dict[str, Any]:
    metrics = props.get("Metrics")
    if not metrics:
        return _original(name, props)
    plain = {key: value for key, value in props.items() if key != "Metrics"}
    if len(metrics) == 1 and "MetricStat" in metrics[0]:
        return _original(name, plain | _as_properties(metrics[0]["MetricStat"]))
    record = _original(name, plain | {"MetricName": "(metric math)", "Namespace": "(metric math)"})
    # Without a metric the emulator never evaluates the alarm.
    return record | {"MetricName": None, "Namespace": None}


def _as_properties(stat: dict[str, Any]) -> dict[str, Any]:
    metric = stat["Metric"]
    basic = stat["Stat"] in {"Average", "Sum", "Minimum", "Maximum", "SampleCount"}
    return {
        "MetricName": metric["MetricName"],
        "Namespace": metric["Namespace"],
        "Dimensions": metric.get("Dimensions", []),
        "Period": stat["Period"],
        "Unit": stat.get("Unit"),
        ("Statistic" if basic else "ExtendedStatistic"): stat["Stat"],
    }
