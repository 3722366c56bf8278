"""Settings are refused before anything is synthesized, by name."""

import dataclasses

import pytest

from patterns_infra.registry import PATTERNS, Pattern
from patterns_infra.settings import Settings, SettingsError, Target
from patterns_infra.synth_check import VARIANTS

AWS = {"target": "aws", "stage": "dev", "site_origin": "https://shop.example.com"}
PRODUCTION = {**AWS, "stage": "production", "alarm_email": "operators@example.com"}
VPC = {
    **AWS,
    "private_api": "true",
    "vpc_id": "vpc-1",
    "vpc_cidr": "10.0.0.0/16",
    "vpc_subnet_ids": "subnet-1,subnet-2",
    "vpc_availability_zones": "us-east-1a,us-east-1b",
}


def without(values: dict[str, str], name: str) -> dict[str, str]:
    """Return the values less one."""
    return {key: value for key, value in values.items() if key != name}


def test_nothing_given_is_the_local_platform() -> None:
    """A newcomer's first command needs no settings."""
    settings = Settings.from_mapping({})
    assert (settings.stage, settings.target, settings.on_aws) == ("local", Target.LOCAL, False)


@pytest.mark.parametrize("stage", ["a", "dev", "feature-12", "a234567890123456"])
def test_good_stages(stage: str) -> None:
    """A letter, then up to 15 letters, digits and hyphens."""
    assert Settings(stage=stage).stage == stage


@pytest.mark.parametrize("stage", ["Dev", "1st", "-a", "a_b", "a b", "a2345678901234567", "dev\n", "é"])
def test_bad_stages(stage: str) -> None:
    """Anything else is refused, since the stage is part of names and policies."""
    with pytest.raises(SettingsError, match=r"^setting 'stage' must be a letter"):
        Settings(stage=stage)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("target", {"target": "azure"}),
        ("region", {"region": "moon"}),
        ("account", {"account": "42"}),
        ("alarm_email", {"alarm_email": "nobody"}),
        ("site_origin", {"site_origin": "https://shop.example.com/path"}),
        ("site_origin", {"site_origin": "*"}),
        ("sender_email", {"sender_email": "orders"}),
        ("operator_email", {"operator_email": "nobody@"}),
        ("partner_url", {"partner_url": "partner.example.com"}),
        ("partner_url", {**AWS, "partner_url": "http://partner.example.com/events"}),
        ("site_origin", {**AWS, "site_origin": "http://shop.example.com"}),
        ("alarm_email", without(PRODUCTION, "alarm_email")),
        ("stage", without(AWS, "stage")),
        ("endpoint_url", {**AWS, "endpoint_url": "http://127.0.0.1:4566"}),
        ("private_api", {"private_api": "true"}),
        ("point_in_time_export", {"point_in_time_export": "true"}),
        ("point_in_time_export", {**AWS, "point_in_time_export": "on"}),
        ("private_api", {**AWS, "private_api": "yes"}),
        ("vpc_id", without(VPC, "private_api")),
        ("vpc_id", without(VPC, "vpc_cidr")),
        ("vpc_availability_zones", {**VPC, "vpc_availability_zones": "us-east-1a"}),
        ("kubernetes_version", {"kubernetes_version": "latest"}),
        ("kubernetes_version", {"kubernetes_version": "1.36.3"}),
        ("nodes", {"nodes": "fargate"}),
        ("public_nodes", {"public_nodes": "yes"}),
        ("cluster_admin_arn", {"cluster_admin_arn": "operators"}),
        ("cluster_admin_arn", {"cluster_admin_arn": "arn:aws:sts::123456789012:assumed-role/operators/me"}),
        ("stgae", {"stgae": "dev"}),
    ],
)
def test_what_cannot_be_deployed_is_named(name: str, values: dict[str, str]) -> None:
    """The error is one line that begins with the setting's name."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_mapping(values)
    assert caught.value.name == name
    assert str(caught.value).startswith(f"setting {name!r} ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("pattern", list(PATTERNS.values()), ids=list(PATTERNS))
def test_what_a_pattern_needs_is_asked_for_on_aws_only(pattern: Pattern) -> None:
    """Each needed setting is named when it is missing; a pattern does not ask for what only another one needs."""
    given = VARIANTS["aws"]
    needed = {name: given[name] for name in pattern.needs}
    others = {name: value for name, value in given.items() if name in {"target", "stage"}}
    Settings.from_mapping({**others, **needed}).require(pattern.needs, of=pattern.name)
    for name in pattern.needs:
        with pytest.raises(
            SettingsError, match=f"^setting '{name}' is required to deploy {pattern.name} to target=aws"
        ):
            Settings.from_mapping(without({**others, **needed}, name)).require(pattern.needs, of=pattern.name)
    Settings().require(pattern.needs, of=pattern.name)


@pytest.mark.parametrize(
    "values",
    [
        {},
        AWS,
        PRODUCTION,
        VPC,
        {**AWS, "nodes": "managed", "public_nodes": "true"},
        {"endpoint_url": "http://127.0.0.1:1", "region": "eu-west-1"},
    ],
)
def test_context_round_trip(values: dict[str, str]) -> None:
    """What the command line passes to the CDK app arrives unchanged."""
    settings = Settings.from_mapping(values)
    assert Settings.from_mapping(settings.context()) == settings


def test_every_setting_is_documented() -> None:
    """Each field is in the class's docstring."""
    documented = {line.partition(":")[0].strip() for line in str(Settings.__doc__).splitlines()}
    assert {field.name for field in dataclasses.fields(Settings)} <= documented
