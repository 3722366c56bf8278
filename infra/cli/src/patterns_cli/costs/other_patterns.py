"""What the asynchronous pattern costs by a million events, the batch by a month of nights, a cluster by a month."""

from decimal import Decimal
from typing import Any

from patterns_cli.costs.inputs import Inputs
from patterns_cli.costs.lines import HOURS_A_MONTH, Line, Usage
from patterns_cli.costs.write_units import put_units
from patterns_infra.synthesized import SynthesizedStack

__all__ = [
    "batch_lines",
    "cluster_lines",
    "event_lines",
    "night_lines",
    "read_again_lines",
    "receiving_queues",
    "task_size",
]

EVENTS = 1_000_000
NIGHTS = 30
_PUBLISHED_AT_ONCE = 10
_SCAN_UNIT_KB = 8
_MB_A_GB = 1024
_BYTES_A_GB = 10**9


def event_lines(stack: SynthesizedStack, inputs: Inputs) -> list[Line]:
    """Return the lines of a million events, each of which goes to all receivers."""
    queues = receiving_queues(stack)
    batch = inputs["async.queue_batch"]
    ledger = next(x for x in stack.all("DynamoDB::Table") if "GlobalSecondaryIndexes" in x)
    entry = put_units(ledger, {"event_id": {"S": "x" * 36}, "order_id": {"S": "x" * 36}, "entry": {"S": "x" * 400}})
    requests = len(queues) * (EVENTS + 2 * EVENTS / batch.value)
    return [
        Line("SES", "a mail an event", (Usage("ses.mail", EVENTS),)),
        Line(
            "DynamoDB",
            f"{entry} write units for an entry of the ledger and its index, 2 for a mail's claim and mark",
            (Usage("dynamodb.write_unit", EVENTS * (entry + 2)),),
        ),
        Line("SQS", f"{len(queues)} queues; {batch.text()}", (Usage("sqs.request", requests),)),
        Line(
            "SNS",
            f"{_PUBLISHED_AT_ONCE} events a request; delivery to SQS is free",
            (Usage("sns.request", EVENTS // _PUBLISHED_AT_ONCE),),
        ),
        *_receivers(stack, inputs),
        _log_line(len(queues), inputs),
        Line("EventBridge", "an outcome an event", (Usage("eventbridge.custom_event", EVENTS),)),
    ]


def receiving_queues(stack: SynthesizedStack) -> list[dict[str, Any]]:
    """Return the queues that a function receives from: those with a dead-letter queue."""
    return [queue for queue in stack.all("SQS::Queue") if "RedrivePolicy" in queue]


def _receivers(stack: SynthesizedStack, inputs: Inputs) -> list[Line]:
    ledger, partner = inputs["async.ledger_batch"], inputs["async.partner_milliseconds"]
    calls = EVENTS / ledger.value
    return [
        Line(
            "Lambda, ledger",
            f"{ledger.text()}, 100 ms",
            (
                Usage("lambda.request", calls),
                Usage("lambda.arm_gb_second", calls * _memory(stack, "ledger") * Decimal("0.1")),
            ),
        ),
        Line(
            "Lambda, partner",
            partner.text(),
            (
                Usage("lambda.request", EVENTS // 10),
                Usage("lambda.arm_gb_second", EVENTS * _memory(stack, "partner") * partner.value / 1000),
            ),
        ),
    ]


def _log_line(receivers: int, inputs: Inputs) -> Line:
    """Each receiver writes the line of a message that the web API's outcome function writes, too."""
    line = inputs["web_api.outcome_log_bytes"].value / 10
    how = f"{receivers} lines of {line:.0f} bytes"
    return Line("log lines", how, (Usage("cloudwatch.log_gb", EVENTS * receivers * line / _BYTES_A_GB),))


def _memory(stack: SynthesizedStack, function: str) -> Decimal:
    return Decimal(stack.function(function)["MemorySize"]) / _MB_A_GB


def batch_lines(stack: SynthesizedStack, inputs: Inputs) -> list[Line]:
    """Return the lines of a report every night for a month."""
    hours = inputs["batch.task_minutes"].value / 60 * NIGHTS
    units = inputs["batch.table_gb"].value * 1024 * 1024 / _SCAN_UNIT_KB * NIGHTS
    return [
        *night_lines(stack, inputs),
        Line("scan of the orders table", inputs["batch.table_gb"].text(), (Usage("dynamodb.read_unit", units),)),
        Line(
            "an address, with `public_tasks`",
            "while a task runs; in the place of the private network",
            (Usage("vpc.public_ipv4_hour", hours),),
        ),
    ]


def night_lines(stack: SynthesizedStack, inputs: Inputs) -> list[Line]:
    """Return the lines of a month's reports that are the same for few orders and for many."""
    hours = inputs["batch.task_minutes"].value / 60 * NIGHTS
    vcpu, memory = task_size(stack)
    return [
        Line(
            "tasks on Fargate, on demand",
            f"{vcpu} vCPU and {memory} GB, {inputs['batch.task_minutes'].text()}; Spot is about a third",
            (Usage("fargate.arm_vcpu_hour", hours * vcpu), Usage("fargate.arm_gb_hour", hours * memory)),
        ),
        Line(
            "Step Functions",
            inputs["batch.transitions"].text(),
            (Usage("stepfunctions.transition", inputs["batch.transitions"].value * NIGHTS),),
        ),
    ]


def read_again_lines(stack: SynthesizedStack, inputs: Inputs, order_bytes: int) -> list[Line]:
    """Return the lines of a million orders that reports read, each every night while it is in the table."""
    days, processor = inputs["batch.kept_days"], inputs["batch.processor_microseconds"]
    vcpu, memory = task_size(stack)
    hours = EVENTS * days.value * processor.value / 10**6 / 3600
    units = EVENTS * days.value * order_bytes / (_SCAN_UNIT_KB * 1024)
    return [
        Line(
            "scan of the orders table",
            f"{order_bytes} bytes an order; {days.text()}",
            (Usage("dynamodb.read_unit", units),),
        ),
        Line(
            "tasks on Fargate, longer by orders",
            processor.text(),
            (Usage("fargate.arm_vcpu_hour", hours * vcpu), Usage("fargate.arm_gb_hour", hours * memory)),
        ),
    ]


def task_size(stack: SynthesizedStack) -> tuple[Decimal, Decimal]:
    """Return vCPUs and GB of the report's tasks."""
    task = stack.only("ECS::TaskDefinition")
    return Decimal(task["Cpu"]) / _MB_A_GB, Decimal(task["Memory"]) / _MB_A_GB


def cluster_lines(stack: SynthesizedStack, inputs: Inputs) -> list[Line]:
    """Return the choices of a cluster, each for a month; they are not to be added."""
    nodes = inputs["k8s.nodes"]
    zones = sum(len(x["SubnetIds"]) for x in stack.all("EC2::VPCEndpoint") if x.get("VpcEndpointType") == "Interface")
    return [
        Line("control plane", "", (Usage("eks.cluster_hour", HOURS_A_MONTH),)),
        Line("control plane in extended support", "", (Usage("eks.extended_support_hour", HOURS_A_MONTH),)),
        Line(
            "managed nodes",
            f"{nodes.text()}; Auto Mode adds 12 % and takes what the pods need",
            (Usage("ec2.m7i_large_hour", HOURS_A_MONTH * nodes.value),),
        ),
        Line(
            "private subnets, by default",
            f"interface endpoints, {zones} with all zones",
            (Usage("vpc.endpoint_hour", HOURS_A_MONTH * zones),),
        ),
        Line(
            "`public_nodes=true` instead",
            "an address a node",
            (Usage("vpc.public_ipv4_hour", HOURS_A_MONTH * nodes.value),),
        ),
        Line(
            "a NAT gateway instead, which this stack does not make",
            "and the traffic through it",
            (Usage("vpc.nat_gateway_hour", HOURS_A_MONTH),),
        ),
    ]
