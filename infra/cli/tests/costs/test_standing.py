"""What stacks cost while nothing happens: counted in their templates, for a day and a weekend."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from patterns_cli.app import main
from patterns_cli.commands import cost_stack
from patterns_cli.commands.cost_stack import _settings, idle_costs
from patterns_cli.costs.bills import Amount
from patterns_cli.costs.inputs import Inputs
from patterns_cli.costs.prices import PriceList
from patterns_cli.costs.standing import DAY, WEEKEND, StandingCost, standing_cost
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.synth import SynthError
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS

SUBNET = {"Type": "AWS::EC2::Subnet", "Properties": {"MapPublicIpOnLaunch": True}}


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    """Return a template with these resources."""
    return {"Resources": resources}


def of(kind: str, **properties: object) -> dict[str, Any]:
    """Return a resource."""
    return {"Type": f"AWS::{kind}", "Properties": properties}


def cost(content: dict[str, Any], region: str = "us-east-1") -> StandingCost:
    """Return what a template costs, with the project's prices."""
    return standing_cost("stack", content, Inputs.read(), PriceList.read(region))


def drivers(found: StandingCost) -> dict[str, Amount]:
    """Return what each driver costs a month."""
    return {line.driver: amount for line, amount in found.lines}


def test_a_gateway_and_its_address_by_hand() -> None:
    """0.045 and 0.005 an hour: 1.20 a day, 3.15 from Friday evening to Monday morning."""
    found = cost(template(Gateway=of("EC2::NatGateway"), Address=of("EC2::EIP")))
    assert found.of(DAY).cost == pytest.approx(Decimal("1.2"))
    assert found.of(WEEKEND).cost == pytest.approx(Decimal("3.15"))
    assert found.unpriced == ()


def test_a_node_group_by_hand() -> None:
    """Three machines at least, at 0.1008 an hour, with 20 GB of disk each; with addresses in public subnets."""
    group = of("EKS::Nodegroup", ScalingConfig={"MinSize": 3}, InstanceTypes=["m7i.large"], Subnets=[{"Ref": "Subnet"}])
    private = cost(template(Cluster=of("EKS::Cluster"), Group=group))
    assert drivers(private)["nodes"].cost == Decimal("0.1008") * 3 * 730
    assert drivers(private)["nodes' disks"].cost == Decimal("0.08") * 60
    assert drivers(private)["EKS, control plane"].cost == 73
    assert "nodes' addresses" not in drivers(private)
    public = cost(template(Cluster=of("EKS::Cluster"), Group=group, Subnet=SUBNET))
    assert drivers(public)["nodes' addresses"].cost == Decimal("0.005") * 3 * 730


def test_auto_mode_has_the_nodes_that_are_assumed() -> None:
    """And AWS's fee for each; without it there are no nodes to pay."""
    automatic = cost(template(Cluster=of("EKS::Cluster", ComputeConfig={"Enabled": True})))
    assert drivers(automatic)["nodes"].cost == (Decimal("0.1008") + Decimal("0.0121")) * 2 * 730
    assert "nodes" not in drivers(cost(template(Cluster=of("EKS::Cluster"))))


def test_lambda_polls_queues_and_not_streams() -> None:
    """A mapping is counted by what it reads."""
    found = cost(
        template(
            Queue=of("SQS::Queue"),
            Table=of("DynamoDB::Table"),
            OfQueue=of("Lambda::EventSourceMapping", EventSourceArn={"Fn::GetAtt": ["Queue", "Arn"]}),
            OfStream=of("Lambda::EventSourceMapping", EventSourceArn={"Fn::GetAtt": ["Table", "StreamArn"]}),
            Given=of("Lambda::EventSourceMapping", EventSourceArn="arn:aws:sqs:us-east-1:123456789012:other"),
        )
    )
    assert drivers(found)["empty queues, a month"].cost == Decimal("0.2628")


def test_what_has_no_price_is_named() -> None:
    """It is not taken for nothing."""
    group = of("EKS::Nodegroup", ScalingConfig={"MinSize": 2}, InstanceTypes=["p5.48xlarge"])
    found = cost(template(Balancer=of("ElasticLoadBalancingV2::LoadBalancer"), Group=group))
    assert found.unpriced == (
        "1 load balancers (ElasticLoadBalancingV2::LoadBalancer)",
        "2 machines p5.48xlarge (EKS::Nodegroup)",
    )


def test_nothing_costs_nothing() -> None:
    """An empty stack, and one whose resources are paid by use."""
    assert cost(template()).of(WEEKEND) == Amount(Decimal(0), Decimal(0), Decimal(0))
    assert cost(template(Table=of("DynamoDB::Table"), Topic=of("SNS::Topic"))).lines == ()


def test_public_nodes_have_addresses_in_the_place_of_a_private_network(
    synthesize_pattern: Callable[[str, Settings], SynthesizedStack],
) -> None:
    """As the Kubernetes stack is synthesized with that setting."""
    stack = synthesize_pattern("k8s", Settings.from_mapping(VARIANTS["public-nodes"]))
    found = drivers(cost(stack.template))
    assert {"EKS, control plane", "nodes", "nodes' disks", "nodes' addresses"} <= set(found)
    assert "private network" not in found


def test_the_line_before_a_deployment() -> None:
    """A day, a weekend, the largest parts; another region's prices and what is not priced are said."""
    gateways = template(One=of("EC2::NatGateway"), Two=of("EC2::NatGateway"))
    assert idle_costs({"a": gateways}, "us-east-1")["costs"].startswith(
        "2.16 $ a day, 5.67 $ a weekend, while nothing happens; a day's largest: NAT gateways 2.16"
    )
    assert "(at the prices of us-east-1)" in idle_costs({"a": gateways}, "eu-west-1")["costs"]
    assert "at the prices of" not in idle_costs({"a": gateways}, "ap-northeast-1")["costs"]
    database = template(Database=of("RDS::DBInstance"))
    assert idle_costs({"a": database}, "us-east-1")["costs"] == (
        "0.00 $ a day, 0.00 $ a weekend, while nothing happens; not in it: 1 databases (RDS::DBInstance)"
    )


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:  # noqa: ANN401
    """Return a function that runs `patterns cost stack` with a NAT gateway in each template."""

    def synthesize(settings: Settings, patterns: Any, *, outdir: Path) -> Path:  # noqa: ANN401
        assert outdir.name == f"cost-{settings.stage}"
        if settings.nodes == "managed":
            raise SynthError("the app\nsays why")
        for pattern in patterns:
            for name in pattern.stack_names(settings.stage):
                (tmp_path / f"{name}.template.json").write_text(json.dumps(template(Gateway=of("EC2::NatGateway"))))
        return tmp_path

    monkeypatch.setattr(cost_stack, "synthesize", synthesize)

    def patterns_cost_stack(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["patterns", "cost", "stack", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return patterns_cost_stack


def test_the_command_shows_each_stack(run: Any) -> None:  # noqa: ANN401
    """Repositories too, with sums, and what is left out; nothing on standard output."""
    code, out, err = run("batch", "--stage", "production")
    assert (code, out) == (0, "")
    assert "patterns-production-batch-images " in err
    assert "  NAT gateways: 1 in the template, without the traffic through it" in err
    assert "Left out: requests, traffic, storage" in err
    (together,) = (line.split() for line in err.splitlines() if line.startswith("together"))
    assert together == ["together", "2.16", "5.67", "65.70"]


def test_the_command_answers_programs(run: Any) -> None:  # noqa: ANN401
    """By stack and in total, for an hour, a day, a weekend and a month."""
    code, out, _ = run("web_api", "--region", "ap-northeast-1", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["total"]["day"]["cost"] == pytest.approx(0.062 * 24)
    assert document["stacks"]["patterns-dev-web-api"]["drivers"][0]["name"] == "NAT gateways"


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["moon"], 2, "there is no pattern 'moon'"),
        (["--region", "mars"], 2, "there are no prices of region 'mars'"),
        (["--set", "nodes"], 1, "--set 'nodes' is not NAME=VALUE"),
        (["--set", "colour=red"], 2, "setting 'colour' is not known"),
        (["--stage", "local"], 2, "setting 'stage' must be given for target=aws"),
        (["k8s", "--set", "nodes=managed"], 1, "patterns: says why"),
    ],
)
def test_what_cannot_be_synthesized_is_said(run: Any, arguments: list[str], code: int, line: str) -> None:  # noqa: ANN401
    """In one line, beside the one that says what is being done."""
    ended, out, err = run(*arguments)
    assert (ended, out) == (code, "")
    assert line in err.splitlines()[-1]


@pytest.mark.parametrize("given", [{}, {"private_cluster": "true"}], ids=["public", "private"])
@pytest.mark.parametrize("stage", ["dev", "production"])
def test_no_setting_has_to_be_given(stage: str, given: dict[str, str]) -> None:
    """Whatever a pattern requires is made up, in production as well."""
    settings = _settings(stage, given)
    for pattern in PATTERNS.values():
        settings.require(pattern.required(production=settings.production), of=pattern.name)
