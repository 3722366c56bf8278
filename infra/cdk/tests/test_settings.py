"""Settings are refused before anything is synthesized, by name."""

import dataclasses

import pytest

from patterns_infra.registry import PATTERNS, Pattern
from patterns_infra.settings import Settings, SettingsError, Target
from patterns_infra.variants import VARIANTS

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
        ("sender_configuration_set", {"sender_configuration_set": "a set"}),
        *(
            ("operator_phone", {"operator_phone": number})
            for number in ("07700900000", "+0441632960000", "+44 1632 960000", "+44-1632", "+1234567890123456", "x")
        ),
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
        *(("locale", {"locale": locale}) for locale in ("de", "en_GB", "en-gb", "ja-", "english", "en-GB-x")),
        ("vpc_id", without(VPC, "private_api")),
        ("vpc_id", without(VPC, "vpc_cidr")),
        ("vpc_availability_zones", {**VPC, "vpc_availability_zones": "us-east-1a"}),
        ("kubernetes_version", {"kubernetes_version": "latest"}),
        ("kubernetes_version", {"kubernetes_version": "1.36.3"}),
        ("nodes", {"nodes": "fargate"}),
        ("public_nodes", {"public_nodes": "yes"}),
        ("cluster_admin_arn", {"cluster_admin_arn": "operators"}),
        ("cluster_admin_arn", {"cluster_admin_arn": "arn:aws:sts::123456789012:assumed-role/operators/me"}),
        ("requests_per_address", {"requests_per_address": "99"}),
        ("requests_per_address", {"requests_per_address": "60001"}),
        ("requests_per_address", {"requests_per_address": "many"}),
        ("requests_per_address", {"requests_per_address": "-200"}),
        ("sender_identity", {**AWS, "sender_identity": "shop.example.com"}),
        ("sender_identity", {**AWS, "sender_email": "a@shop.example.com", "sender_identity": "example.com"}),
        ("sender_identity", {**AWS, "sender_email": "a@shop.example.com", "sender_identity": "b@shop.example.com"}),
        ("stgae", {"stgae": "dev"}),
        *(("managed_nodes", {"managed_nodes": number}) for number in ("1", "101", "two")),
        *(
            ("availability_zones", {"availability_zones": zones})
            for zones in (
                "us-east-1a",
                "us-east-1a,us-east-1a",
                "us-east-1a,eu-west-1b",
                "us-east-1a,use1-az2",
                "us-east-1a,us-east-1-bos-1a",
                "us-east-1a,",
                ",".join(f"us-east-1{letter}" for letter in "abcdefg"),
            )
        ),
        *(
            ("kubernetes_api_cidrs", {**AWS, "kubernetes_api_cidrs": blocks})
            for blocks in (
                "198.51.100.1/24",
                "198.51.100.0/33",
                "2001:db8::/32",
                "office",
                "198.51.100.0/24,",
                "10.0.0.0/16",
                "192.168.1.0/24",
                ",".join(f"198.51.100.{number}/32" for number in range(41)),
            )
        ),
        ("kubernetes_api_cidrs", {**AWS, "kubernetes_api_cidrs": "198.51.100.0/24", "private_cluster": "true"}),
        *(
            ("kubernetes_api_cidrs", {**PRODUCTION, "kubernetes_api_cidrs": blocks})
            for blocks in ("0.0.0.0/0", "0.0.0.0/1,128.0.0.0/1", "198.51.100.0/24,64.0.0.0/7")
        ),
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


def test_production_sends_sign_up_mail_by_a_sender_of_its_own() -> None:
    """Cognito's own stops at 50 mails a day: without an address of SES's, the web API is not deployed to production."""
    web_api = PATTERNS["web_api"]
    settings = Settings.from_mapping(PRODUCTION)
    with pytest.raises(
        SettingsError, match=r"^setting 'sender_email' is required to deploy web_api to stage=production"
    ):
        settings.require(web_api.required(production=settings.production), of="web_api")
    dev = Settings.from_mapping(AWS)
    dev.require(web_api.required(production=dev.production), of="web_api")


def test_productions_public_kubernetes_api_is_not_open_to_everybody() -> None:
    """Without blocks of addresses it is not deployed, unless the API is reached from inside the network only."""
    k8s = PATTERNS["k8s"]

    def require(**values: str) -> None:
        settings = Settings.from_mapping(
            {**PRODUCTION, "cluster_admin_arn": VARIANTS["aws"]["cluster_admin_arn"], **values}
        )
        settings.require(k8s.required(production=settings.production), of="k8s")

    with pytest.raises(
        SettingsError,
        match=r"^setting 'kubernetes_api_cidrs' is required to deploy k8s to stage=production: .*private_",
    ):
        require()
    require(kubernetes_api_cidrs="198.51.100.0/24")
    require(private_cluster="true")
    dev = Settings.from_mapping(VARIANTS["aws"])
    dev.require(k8s.required(production=dev.production), of="k8s")
    for other in set(PATTERNS) - {"k8s"}:
        assert "kubernetes_api_cidrs" not in PATTERNS[other].required(production=True)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {**AWS, "kubernetes_api_cidrs": "198.51.100.0/24,0.0.0.0/0", "availability_zones": "us-east-1c,us-east-1a"},
        {**PRODUCTION, "kubernetes_api_cidrs": "198.51.100.7/32", "managed_nodes": "100"},
        {"requests_per_address": "60000"},
        {**AWS, "sender_email": "orders@shop.example.com", "sender_identity": "shop.example.com"},
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


def test_a_telephone_number_is_shown_nowhere() -> None:
    """Neither by the settings nor by what is wrong with them."""
    assert "1632960999" not in repr(Settings.from_mapping({**AWS, "operator_phone": "+441632960999"}))
    with pytest.raises(SettingsError, match="operator_phone") as refused:
        Settings.from_mapping({"operator_phone": "441632960999"})
    assert "1632960999" not in str(refused.value)
