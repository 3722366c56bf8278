"""A stage is deployed again after it was destroyed, or after its first deployment was rolled back; on the emulator."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy import aws_deployment
from patterns_deploy.assembly import Assembly
from patterns_deploy.aws_deployment import deploy_to_aws
from patterns_deploy.bucket_emptying import empty_buckets
from patterns_deploy.errors import DeployFailed
from patterns_deploy.place import Place
from patterns_deploy.progress import Silence
from patterns_deploy.real_aws import AwsAccess
from patterns_deploy.stack_removal import remove_stack
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.variants import VARIANTS
from patterns_local.local_aws import child_environment

Emulator = Any  # the fixture's class, which importlib's mode keeps out of reach as an import
Synthesize = Callable[..., Path]

pytestmark = pytest.mark.integration
PATTERN = PATTERNS["web_api"]


@pytest.fixture(scope="module")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """Return a function that synthesizes what a stage keeps, named as its web API; a broken one cannot be created."""

    def synthesized(settings: Settings, *, broken: bool) -> Path:
        from aws_cdk import App, CfnResource, LegacyStackSynthesizer, Stack  # noqa: PLC0415 - slow

        from patterns_infra.constructs.common.alarms import Alarms  # noqa: PLC0415
        from patterns_infra.constructs.common.encryption_key import EncryptionKey  # noqa: PLC0415
        from patterns_infra.constructs.common.log_group import encrypted_log_group  # noqa: PLC0415
        from patterns_infra.constructs.common.private_bucket import PrivateBucket  # noqa: PLC0415
        from patterns_infra.constructs.web_api.customers import Customers  # noqa: PLC0415
        from patterns_infra.constructs.web_api.orders_table import OrdersTable  # noqa: PLC0415

        folder = tmp_path_factory.mktemp("assembly")
        app = App(outdir=str(folder), analytics_reporting=False)
        stack = Stack(app, PATTERN.stack_name(settings.stage), synthesizer=LegacyStackSynthesizer())
        key = EncryptionKey(stack, "Key", settings=settings).key
        alarms = Alarms(stack, "Alarms", settings=settings, key=key)
        made = [
            OrdersTable(stack, "Orders", settings=settings, alarms=alarms).table,
            Customers(stack, "Customers", settings=settings).pool,
            PrivateBucket(stack, "Reports", settings=settings, lifecycle=[]).bucket,
            encrypted_log_group(stack, "Logs", settings=settings, key=key, name=f"/patterns/{settings.stage}"),
        ]
        for child in stack.node.find_all():
            # The emulator rejects the association; it is on the templates' tests.
            if CfnResource.is_cfn_resource(child) and child.cfn_resource_type.startswith("AWS::WAFv2"):  # type: ignore[attr-defined]
                assert child.node.scope is not None
                child.node.scope.node.try_remove_child(child.node.id)
        if broken:
            bad = CfnResource(
                stack,
                "Bad",
                type="AWS::IAM::Policy",
                properties={
                    "PolicyName": "bad",
                    "Roles": ["there-is-no-such-role"],
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}],
                    },
                },
            )
            for resource in made:
                bad.node.add_dependency(resource)
        app.synth()
        return folder

    return synthesized


class Stage:
    """One stage of an account that is the emulator, deployed as an account of AWS is."""

    def __init__(self, emulator: Emulator, variant: str, synthesize: Synthesize, patch: pytest.MonkeyPatch) -> None:
        """Deploy nothing yet."""
        values = {key: x for key, x in VARIANTS[variant].items() if key != "sender_email"}
        if variant == "production":
            values |= {"sender_email": "orders@shop.example.com"}
        self.settings = Settings.from_mapping({**values, "account": "000000000000"})
        self.stack, self.client = PATTERN.stack_name(self.settings.stage), emulator.client
        self._synthesize, self._patch = synthesize, patch
        place = Place(self.settings.target, self.settings.stage, "us-east-1", "000000000000", None, emulator.client)
        self._access = AwsAccess(place, "me", child_environment(emulator.endpoint_url))

    def deploy(self, *, broken: bool = False) -> None:
        """Deploy by the engine that deploys to AWS."""
        folder = self._synthesize(self.settings, broken=broken)
        self._patch.setattr(aws_deployment, "assemble", lambda *_, **__: Assembly(folder))
        deploy_to_aws(self._access, self.settings, [PATTERN], report=Silence())

    def destroy(self) -> list[str] | None:
        """Destroy as `patterns destroy` does; what remains."""
        empty_buckets(self.client("cloudformation"), self.client("s3"), self.stack)
        return remove_stack(self.client("cloudformation"), self.stack)

    @property
    def table(self) -> str:
        """The orders table's name."""
        return f"patterns-{self.settings.stage}-orders"

    def tables(self) -> list[str]:
        """Return the stage's tables that there are."""
        names: list[str] = self.client("dynamodb").list_tables()["TableNames"]
        return [name for name in names if name == self.table]

    def name_of(self, kind: str) -> str:
        """Return the physical name of the stack's one resource of a type."""
        found = self.client("cloudformation").list_stack_resources(StackName=self.stack)["StackResourceSummaries"]
        (name,) = (x["PhysicalResourceId"] for x in found if x["ResourceType"] == kind)
        return str(name)


@pytest.fixture(scope="module")
def account(corrected: Emulator) -> Iterator[Emulator]:
    """Return the emulator as an account that the CDK knows."""
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "30", "Name": "/cdk"}}
    corrected.deploy("CDKToolkit", {"Version": parameter})
    yield corrected
    corrected.client("cloudformation").delete_stack(StackName="CDKToolkit")


@pytest.fixture
def stage(
    account: Emulator, synthesize: Synthesize, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[str], Stage]:
    """Return a function from a variant to its stage."""
    monkeypatch.setenv("PATTERNS_LOCAL_STATE", str(tmp_path))
    return lambda variant: Stage(account, variant, synthesize, monkeypatch)


def test_a_stage_that_is_destroyed_is_gone_and_deployed_again(stage: Callable[[str], Stage]) -> None:
    """With an order in its table, and versions and a delete marker in its bucket."""
    dev = stage("aws")
    dev.deploy(broken=False)
    dev.client("dynamodb").put_item(TableName=dev.table, Item={"pk": {"S": "ORDER#1"}})
    s3, bucket = dev.client("s3"), dev.name_of("AWS::S3::Bucket")
    for body in (b"1", b"2"):
        s3.put_object(Bucket=bucket, Key="reports/1", Body=body)
    s3.delete_object(Bucket=bucket, Key="reports/1")
    assert dev.destroy() == []
    assert dev.tables() == []
    assert bucket not in {x["Name"] for x in s3.list_buckets()["Buckets"]}
    dev.deploy()
    assert dev.client("dynamodb").scan(TableName=dev.table)["Items"] == []
    assert dev.destroy() == []


def test_a_rolled_back_first_deployment_leaves_nothing_in_the_way(stage: Callable[[str], Stage]) -> None:
    """In production, too, where a table that was protected at once could not be taken back."""
    production = stage("production")
    with pytest.raises(DeployFailed, match="there-is-no-such-role"):
        production.deploy(broken=True)
    assert production.tables() == []
    production.deploy()
    described = production.client("dynamodb").describe_table(TableName=production.table)["Table"]
    assert described["DeletionProtectionEnabled"] is True
    pool = production.client("cognito-idp").describe_user_pool(UserPoolId=production.name_of("AWS::Cognito::UserPool"))
    assert pool["UserPool"]["DeletionProtection"] == "ACTIVE"


def test_production_takes_its_table_in_again_with_what_is_in_it(stage: Callable[[str], Stage]) -> None:
    """Destroyed (its termination protection is off here), its table and logs remain, and belong to the next stack."""
    production = stage("production")
    production.deploy()
    production.client("dynamodb").put_item(TableName=production.table, Item={"pk": {"S": "ORDER#1"}})
    remained = production.destroy()
    assert remained is not None
    assert f"AWS::DynamoDB::Table {production.table}" in remained
    assert "AWS::Logs::LogGroup /patterns/production" in remained
    production.deploy()
    assert production.name_of("AWS::DynamoDB::Table") == production.table
    assert [x["pk"]["S"] for x in production.client("dynamodb").scan(TableName=production.table)["Items"]] == [
        "ORDER#1"
    ]
