"""Ten bills that were computed by hand, with prices and figures that stand in this file."""

from datetime import date
from decimal import Decimal

import pytest

from patterns_cli.costs.bills import Amount, compute_bill, pattern_bill
from patterns_cli.costs.fulfilment import Compute, workers_of
from patterns_cli.costs.inputs import Input, Inputs
from patterns_cli.costs.lines import Line, Usage
from patterns_cli.costs.prices import Confidence, Price, PriceList
from patterns_cli.costs.usage import PatternUsage

A_DAY = 24_000
"""Orders; 730,000 in a month of 730 hours."""
FIGURES: dict[str, int | str] = {
    "fulfilment.batch": 10,
    "fulfilment.processor_milliseconds": 1,
    "fulfilment.event_bytes": 1000,
    "fulfilment.request_milliseconds": 10,
    "fulfilment.function_gb": "0.5",
    "fulfilment.durable_operations": 2,
    "fulfilment.durable_retained_days": 1,
    "fulfilment.utilisation_percent": 50,
    "fulfilment.task_vcpu": "0.25",
    "fulfilment.task_gb": "0.5",
    "fulfilment.machine_vcpu": 2,
    "fulfilment.disk_gb": 20,
    "fulfilment.managed_instances": 3,
    "k8s.nodes": 2,
    "lambda.mb_a_vcpu": 2048,
    "lambda.platform_log_bytes": 400,
    "web_api.outcome_log_bytes": 5000,
}
INPUTS = Inputs({name: Input(name, Decimal(value), "units", assumed="a test") for name, value in FIGURES.items()})
RATES = {
    "apigateway.rest_request": ("3.50", 10**6),
    "cloudwatch.alarm_month": ("0.10", 1),
    "cloudwatch.log_gb": ("0.50", 1),
    "cognito.plus_user_month": ("0.02", 1),
    "dynamodb.write_unit": ("0.625", 10**6),
    "ebs.gp3_gb_month": ("0.08", 1),
    "ec2.m7i_large_hour": ("0.10", 1),
    "eks.auto_mode_m7i_large_hour": ("0.012", 1),
    "eks.cluster_hour": ("0.10", 1),
    "fargate.arm_gb_hour": ("0.004", 1),
    "fargate.arm_vcpu_hour": ("0.032", 1),
    "lambda.arm_gb_second": ("0.00001", 1),
    "lambda.durable_operation": ("8", 10**6),
    "lambda.durable_retained_gb_month": ("0.15", 1),
    "lambda.durable_written_gb": ("0.25", 1),
    "lambda.managed_m7i_large_hour": ("0.015", 1),
    "lambda.request": ("0.20", 10**6),
    "ses.mail": ("0.10", 1000),
    "sns.request": ("0.50", 10**6),
    "sqs.request": ("0.40", 10**6),
    "vpc.endpoint_hour": ("0.01", 1),
    "vpc.public_ipv4_hour": ("0.005", 1),
}
USAGES = {
    "web_api": PatternUsage(
        (
            Line("gateway", "", (Usage("apigateway.rest_request", 10**6),)),
            Line("DynamoDB", "", (Usage("dynamodb.write_unit", 10 * 10**6),)),
        ),
        (Line("alarms", "", (Usage("cloudwatch.alarm_month", 15),)),),
    ),
    "async": PatternUsage(
        (Line("SES", "", (Usage("ses.mail", 10**6),)),), (Line("alarms", "", (Usage("cloudwatch.alarm_month", 39),)),)
    ),
    "k8s": PatternUsage((), (Line("private network", "", (Usage("vpc.endpoint_hour", 22 * 730),)),)),
}


def prices(*unconfirmed: str) -> PriceList:
    """Return the rates as prices, confirmed but for those that are named."""
    found = {}
    for name, (figure, per) in RATES.items():
        how = Confidence.UNCONFIRMED if name in unconfirmed else Confidence.CONFIRMED
        day, source = date(2026, 11, 30), "https://aws.amazon.com/"
        found[name] = Price(name, name, "us-east-1", Decimal(figure), "USD", per, "units", source, day, how)
    return PriceList(found, "us-east-1")


def total(compute: Compute, orders: int, *unconfirmed: str) -> Amount:
    """Return what the fulfilment of so many orders a day costs on a compute."""
    return compute_bill(compute, orders, inputs=INPUTS, prices=prices(*unconfirmed)).total


def whole(name: str, orders: int, *, compute: Compute = Compute.EKS_AUTO, customers: int = 0) -> Decimal:
    """Return what a pattern costs."""
    bill = pattern_bill(
        name, orders, usages=USAGES, inputs=INPUTS, prices=prices(), compute=compute, customers=customers
    )
    return bill.total.cost


QUEUES = Decimal("0.3504") + Decimal("0.0365") + Decimal("0.1825")
"""730,000 orders: 876,000 requests to SQS (one, and two in batches of ten) at 0.40 a million; 73,000 publications at
0.50 a million; 730,000 lines of 500 bytes are 0.365 GB at 0.50."""
POLLS = Decimal("0.2628")
"""Lambda's five polls of 20 s: 657,000 requests a month at 0.40 a million."""
POLL = Decimal("0.05256")
"""That of one worker: 131,400 requests."""


def test_1_lambda() -> None:
    """73,000 calls and 29.2 MB of log lines; 730 s of a processor with 2 GB, and 730 s of waiting with half a GB."""
    run = (Decimal(1460) + 365) * Decimal("0.00001")
    assert total(Compute.LAMBDA, A_DAY).cost == QUEUES + POLLS + Decimal("0.0146") + run + Decimal("0.0146")


def test_2_a_durable_function() -> None:
    """730,000 calls, each of which waits; 1,460,000 operations at 8 a million; 1.46 GB written, kept for a day."""
    calls, lines = Decimal("0.146"), Decimal("0.146")  # 730,000 at 0.20 a million; 0.292 GB at 0.50
    run = (Decimal(1460) + 3650) * Decimal("0.00001")
    operations, written = Decimal("11.68"), Decimal("0.365")
    kept = Decimal("1.46") * 24 / 730 * Decimal("0.15")
    expected = QUEUES + POLLS + calls + lines + run + operations + written + kept
    assert total(Compute.DURABLE, A_DAY).cost == pytest.approx(expected, rel=Decimal("1e-20"))


def test_3_fargate_with_one_task() -> None:
    """An hour of a quarter vCPU and half a GB is 0.01, with its address 0.015; 730 of them."""
    assert total(Compute.FARGATE, A_DAY).cost == QUEUES + POLL + Decimal("10.95")


def test_4_fargate_with_many_tasks() -> None:
    """24 million a day are 730,000 s of a processor: 0.2778 of one all month, 0.5556 half used, three tasks."""
    assert total(Compute.FARGATE, 24_000_000).cost == 1000 * QUEUES + 3 * (POLL + Decimal("10.95"))


def test_5_a_machine() -> None:
    """730 hours at 0.10, 20 GB of disk at 0.08, an address at 0.005."""
    assert total(Compute.EC2, A_DAY).cost == QUEUES + POLL + Decimal(73) + Decimal("1.6") + Decimal("3.65")


def test_6_managed_nodes() -> None:
    """The control plane is 73, and each of two nodes what a machine is."""
    assert total(Compute.EKS_MANAGED, A_DAY).cost == QUEUES + 73 + 2 * (POLL + Decimal("78.25"))


def test_7_auto_mode() -> None:
    """As managed nodes, and 0.012 an hour for each."""
    assert total(Compute.EKS_AUTO, A_DAY).cost == QUEUES + 73 + 2 * (POLL + Decimal("78.25") + Decimal("8.76"))


def test_8_managed_instances() -> None:
    """Three machines with 15 % more, also without an order; calls are paid, run time is not."""
    machines = 3 * (Decimal("78.25") + Decimal("10.95"))
    assert total(Compute.MANAGED_INSTANCES, 0).cost == machines + POLLS
    assert total(Compute.MANAGED_INSTANCES, A_DAY).cost == machines + POLLS + QUEUES + Decimal("0.0292")


def test_9_the_web_api() -> None:
    """730,000 requests at 3.50 and 7.3 million write units at 0.625 a million; 15 alarms; a thousand customers."""
    assert whole("web_api", A_DAY) == Decimal("2.555") + Decimal("4.5625") + Decimal("1.5")
    assert whole("web_api", 0) == Decimal("1.5")
    assert whole("web_api", 0, customers=1000) == Decimal("21.5")


def test_10_the_kubernetes_pattern() -> None:
    """Its nodes are in a private network, so that they have no addresses: 22 endpoints at 0.01 an hour."""
    nodes = 73 + 2 * (POLL + Decimal(73) + Decimal("1.6"))
    assert whole("k8s", A_DAY, compute=Compute.EKS_MANAGED) == QUEUES + nodes + Decimal("160.6")
    assert whole("async", A_DAY) == Decimal(73) + Decimal("3.9")


def test_an_unconfirmed_price_makes_a_range() -> None:
    """A fifth below and above, of what is computed with it and of nothing else."""
    amount = total(Compute.EC2, 0, "ec2.m7i_large_hour")
    assert (amount.low, amount.cost, amount.high) == tuple(Decimal(x) + POLL for x in ("63.65", "78.25", "92.85"))
    assert not amount.exact
    assert total(Compute.EC2, 0).exact


def test_no_orders_cost_what_is_there() -> None:
    """Calls, messages and log lines are none; what is paid by the hour stays."""
    assert total(Compute.LAMBDA, 0).cost == POLLS
    assert total(Compute.EKS_MANAGED, 0).cost == Decimal("229.5") + 2 * POLL


@pytest.mark.parametrize("compute", Compute)
def test_more_orders_never_cost_less(compute: Compute) -> None:
    """From none to a million million a day."""
    costs = [total(compute, 0 if not power else 10**power).cost for power in range(13)]
    assert costs == sorted(costs)


def test_workers_are_whole() -> None:
    """One more as soon as the last is full; at least what was asked for."""
    full = Decimal(730 * 3600 * 1000)  # orders of 1 ms that fill half of two processors for a month
    assert workers_of(full, INPUTS, vcpu=Decimal(2), least=1) == 1
    assert workers_of(full + 1, INPUTS, vcpu=Decimal(2), least=1) == 2
    assert workers_of(Decimal(0), INPUTS, vcpu=Decimal(2), least=3) == 3
