"""The same work on each compute: an order is received from SQS, decided, and its event published to SNS.

Queue, topic and log lines are the same everywhere. What differs is who runs the code: paid by call, or by the hour and
sized by the measured processor time. Machines have public addresses that nothing reaches, and no NAT gateway.
"""

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from types import MappingProxyType

from patterns_cli.costs.inputs import Inputs
from patterns_cli.costs.lines import HOURS_A_MONTH, Line, Usage
from patterns_cli.costs.polling import polling_line

__all__ = ["DESCRIPTIONS", "Compute", "compute_lines", "queue_lines", "workers_of"]

_GB = Decimal(10**9)
_HOURS_A_DAY = 24
_SECONDS_A_MONTH = HOURS_A_MONTH * 3600
_MB_A_GB = 1024
_ADDRESSES = "addresses"


class Compute(StrEnum):
    """What runs the code."""

    LAMBDA = "lambda"
    DURABLE = "durable"
    MANAGED_INSTANCES = "lambda-managed-instances"
    FARGATE = "fargate"
    EKS_AUTO = "eks-auto"
    EKS_MANAGED = "eks-managed"
    EC2 = "ec2"


DESCRIPTIONS: Mapping[Compute, str] = MappingProxyType(
    {
        Compute.LAMBDA: "Lambda behind SQS",
        Compute.DURABLE: "a durable function for each order",
        Compute.MANAGED_INSTANCES: "Lambda Managed Instances behind SQS",
        Compute.FARGATE: "tasks on Fargate, on demand",
        Compute.EKS_AUTO: "pods on EKS Auto Mode",
        Compute.EKS_MANAGED: "pods on EKS with managed nodes",
        Compute.EC2: "a process on EC2",
    }
)


def queue_lines(orders: Decimal, inputs: Inputs) -> list[Line]:
    """Return what every compute uses for so many orders a month."""
    batch = inputs["fulfilment.batch"]
    line = inputs["web_api.outcome_log_bytes"].value / 10
    return [
        Line(
            "SQS, fulfilment",
            f"one message an order; {batch.text()}",
            (Usage("sqs.request", orders + 2 * orders / batch.value),),
        ),
        Line("SNS, outcomes", "delivery to SQS is free", (Usage("sns.request", orders / batch.value),)),
        Line("log lines of orders", f"{line:.0f} bytes an order", (Usage("cloudwatch.log_gb", orders * line / _GB),)),
    ]


def compute_lines(compute: Compute, orders: Decimal, inputs: Inputs, *, public: bool = True) -> list[Line]:
    """Return what one compute uses for so many orders a month, beside `queue_lines`.

    Without ``public``, machines have no addresses: the stack's private network is in its own lines.
    """
    return [line for line in _LINES[compute](orders, inputs) if public or line.driver != _ADDRESSES]


def workers_of(orders: Decimal, inputs: Inputs, *, vcpu: Decimal, least: int) -> int:
    """Return how many workers of ``vcpu`` processors so many orders a month keep busy, and ``least`` at least."""
    seconds = orders * inputs["fulfilment.processor_milliseconds"].value / 1000
    busy = seconds / _SECONDS_A_MONTH / (inputs["fulfilment.utilisation_percent"].value / 100)
    return max(least, int((busy / vcpu).to_integral_value(ROUND_CEILING)))


def _function(orders: Decimal, inputs: Inputs) -> list[Line]:
    batch = inputs["fulfilment.batch"].value
    calls = orders / batch
    return [
        Line("Lambda, calls", f"{batch:f} orders a call", (Usage("lambda.request", calls),)),
        _run_time(orders, calls, inputs),
        _platform_line(calls, inputs),
        polling_line(1),
    ]


def _durable(orders: Decimal, inputs: Inputs) -> list[Line]:
    operations = inputs["fulfilment.durable_operations"]
    event, kept = inputs["fulfilment.event_bytes"], inputs["fulfilment.durable_retained_days"]
    written = orders * 2 * event.value / _GB
    return [
        Line("Lambda, calls", "one an order, so that each has a state of its own", (Usage("lambda.request", orders),)),
        _run_time(orders, orders, inputs),
        Line("durable operations", operations.text(), (Usage("lambda.durable_operation", orders * operations.value),)),
        Line(
            "durable state",
            f"the event and its outcome, {event.text()} each; {kept.text()}",
            (
                Usage("lambda.durable_written_gb", written),
                Usage("lambda.durable_retained_gb_month", written * kept.value * _HOURS_A_DAY / HOURS_A_MONTH),
            ),
        ),
        _platform_line(orders, inputs),
        polling_line(1),
    ]


def _managed_instances(orders: Decimal, inputs: Inputs) -> list[Line]:
    least = int(inputs["fulfilment.managed_instances"].value)
    count = workers_of(orders, inputs, vcpu=inputs["fulfilment.machine_vcpu"].value, least=least)
    calls = orders / inputs["fulfilment.batch"].value
    return [
        Line("Lambda, calls", f"{inputs['fulfilment.batch'].value:f} orders a call", (Usage("lambda.request", calls),)),
        *_machines(count, inputs, least=least, fee="lambda.managed_m7i_large_hour"),
        _platform_line(calls, inputs),
        polling_line(1),
    ]


def _fargate(orders: Decimal, inputs: Inputs) -> list[Line]:
    vcpu, size = inputs["fulfilment.task_vcpu"].value, inputs["fulfilment.task_gb"].value
    count = workers_of(orders, inputs, vcpu=vcpu, least=1)
    hours = HOURS_A_MONTH * count
    return [
        Line(
            "tasks on Fargate",
            f"{_count(hours, 'task')} of {vcpu} vCPU and {size} GB, all month; {_processor(inputs)}",
            (Usage("fargate.arm_vcpu_hour", hours * vcpu), Usage("fargate.arm_gb_hour", hours * size)),
        ),
        Line(_ADDRESSES, "a public IPv4 address a task", (Usage("vpc.public_ipv4_hour", hours),)),
        polling_line(1, pollers=count),
    ]


def _eks_auto(orders: Decimal, inputs: Inputs) -> list[Line]:
    return _cluster(orders, inputs, fee="eks.auto_mode_m7i_large_hour")


def _eks_managed(orders: Decimal, inputs: Inputs) -> list[Line]:
    return _cluster(orders, inputs)


def _cluster(orders: Decimal, inputs: Inputs, *, fee: str | None = None) -> list[Line]:
    least = int(inputs["k8s.nodes"].value)
    count = workers_of(orders, inputs, vcpu=inputs["fulfilment.machine_vcpu"].value, least=least)
    control_plane = Line("EKS, control plane", "in standard support", (Usage("eks.cluster_hour", HOURS_A_MONTH),))
    return [control_plane, *_machines(count, inputs, least=least, fee=fee), polling_line(1, pollers=count)]


def _ec2(orders: Decimal, inputs: Inputs) -> list[Line]:
    count = workers_of(orders, inputs, vcpu=inputs["fulfilment.machine_vcpu"].value, least=1)
    return [*_machines(count, inputs, least=1), polling_line(1, pollers=count)]


def _machines(count: int, inputs: Inputs, *, least: int, fee: str | None = None) -> list[Line]:
    hours = HOURS_A_MONTH * count
    disk = inputs["fulfilment.disk_gb"].value
    lines = [
        Line(
            "machines",
            f"{_count(hours, 'm7i.large', plural='m7i.large')}, at least {least}; {_processor(inputs)}",
            (Usage("ec2.m7i_large_hour", hours),),
        ),
        Line("disks", f"{disk} GB a machine", (Usage("ebs.gp3_gb_month", count * disk),)),
        Line(_ADDRESSES, "a public IPv4 address a machine", (Usage("vpc.public_ipv4_hour", hours),)),
    ]
    if fee:
        lines.insert(1, Line("management of the machines", "", (Usage(fee, hours),)))
    return lines


def _run_time(orders: Decimal, calls: Decimal, inputs: Inputs) -> Line:
    size, request = inputs["fulfilment.function_gb"].value, inputs["fulfilment.request_milliseconds"]
    waiting = calls * size * request.value / 1000
    return Line(
        "Lambda, run time",
        f"{_processor(inputs)}; {request.text()} with {size} GB",
        (Usage("lambda.arm_gb_second", _processor_gb_seconds(orders, inputs) + waiting),),
    )


def _processor_gb_seconds(orders: Decimal, inputs: Inputs) -> Decimal:
    """A function has a processor's part for each MB, so that processor time costs the same with any memory."""
    seconds = orders * inputs["fulfilment.processor_milliseconds"].value / 1000
    return seconds * inputs["lambda.mb_a_vcpu"].value / _MB_A_GB


def _platform_line(calls: Decimal, inputs: Inputs) -> Line:
    size = inputs["lambda.platform_log_bytes"]
    return Line("log lines of Lambda", f"{size.text()} a call", (Usage("cloudwatch.log_gb", calls * size.value / _GB),))


def _processor(inputs: Inputs) -> str:
    return inputs["fulfilment.processor_milliseconds"].text()


def _count(hours: Decimal, what: str, *, plural: str = "") -> str:
    number = int(hours / HOURS_A_MONTH)
    return f"{number:,} {what if number == 1 else plural or what + 's'}"


_LINES: Mapping[Compute, Callable[[Decimal, Inputs], list[Line]]] = MappingProxyType(
    {
        Compute.LAMBDA: _function,
        Compute.DURABLE: _durable,
        Compute.MANAGED_INSTANCES: _managed_instances,
        Compute.FARGATE: _fargate,
        Compute.EKS_AUTO: _eks_auto,
        Compute.EKS_MANAGED: _eks_managed,
        Compute.EC2: _ec2,
    }
)
