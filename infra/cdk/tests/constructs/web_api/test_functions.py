"""The functions: runtime, code, logs, environment."""

import pytest

from patterns_infra.lambda_runtime import LambdaRuntime
from patterns_infra.synthesized import SynthesizedStack

ENTRYPOINTS = ["api", "relay", "outcome"]


@pytest.mark.parametrize("entrypoint", ENTRYPOINTS)
def test_aws_runs_python_313_on_arm64(aws: SynthesizedStack, entrypoint: str) -> None:
    """Graviton, the Python that the bundle was compiled for, traced."""
    function = aws.function(entrypoint)
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize("entrypoint", ENTRYPOINTS)
def test_local_runs_what_runs_the_platform(local: SynthesizedStack, entrypoint: str) -> None:
    """Locally it is this Python and this machine's architecture."""
    here = LambdaRuntime.on_this_machine()
    function = local.function(entrypoint)
    assert (function["Runtime"], function["Architectures"]) == (f"python{here.python}", [here.architecture])


def test_one_bundle_for_all(anywhere: SynthesizedStack) -> None:
    """The functions share one asset, so that they cannot run different versions of the code."""
    keys = [anywhere.function(entrypoint)["Code"]["S3Key"] for entrypoint in ENTRYPOINTS]
    assert len(set(keys)) == 1


def test_snap_start(aws: SynthesizedStack, local: SynthesizedStack) -> None:
    """On AWS the gateway calls a published version of the api function that starts from a snapshot."""
    assert aws.function("api")["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    version = aws.id_of("Lambda::Version")
    assert aws.only("Lambda::Alias")["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
    assert "SnapStart" not in local.function("api")
    assert not local.of_type("Lambda::Version")


def test_environments(anywhere: SynthesizedStack) -> None:
    """Each function gets exactly the variables that its settings read, and no secret in any of them."""
    table = {"Ref": anywhere.id_of("DynamoDB::Table")}
    environments = {x: dict(anywhere.function(x)["Environment"]["Variables"]) for x in ENTRYPOINTS}
    for variables in environments.values():
        assert variables.pop("STAGE") in {"local", "dev", "production"}
        assert variables.pop("APP_VERSION").startswith("0.1.0+")
    origin = environments["api"].pop("SITE_ORIGIN")
    assert origin.startswith("http")
    assert environments["api"] == {
        "ORDERS_TABLE": table,
        "USER_POOL_CLIENT_ID": {"Ref": anywhere.id_of("Cognito::UserPoolClient")},
        "CURSOR_SECRET_ARN": {"Ref": anywhere.id_of("SecretsManager::Secret")},
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
    }
    assert environments["outcome"].pop("MAX_RECEIVES") == "300"
    assert environments["outcome"].pop("QUEUE_URL").keys() == {"Ref"}
    assert set(environments["outcome"].pop("DEAD_LETTER_URL")) == {"Ref"}
    assert environments["outcome"] == {"ORDERS_TABLE": table}
    source = environments["relay"].pop("EVENT_SOURCE")
    assert source in {"patterns.local", "patterns.dev", "patterns.production"}
    assert set(environments["relay"]) == {"RELAY_DEAD_LETTER_URL"}


def test_logs_are_encrypted_and_end(anywhere: SynthesizedStack, production: SynthesizedStack) -> None:
    """Every log group has an end (a year in production, a month elsewhere) and the stack's key."""
    days = 365 if anywhere is production else 30
    key = {"Fn::GetAtt": [anywhere.id_of("KMS::Key"), "Arn"]}
    groups = anywhere.all("Logs::LogGroup")
    assert len(groups) == 5
    for group in groups:
        assert (group["RetentionInDays"], group["KmsKeyId"]) == (days, key)


def test_the_key_serves_logs_and_alarms(anywhere: SynthesizedStack) -> None:
    """Without these two grants CloudFormation cannot create the log groups, and no alarm is ever heard."""
    key = anywhere.only("KMS::Key")
    assert key["EnableKeyRotation"] is True
    users = {x["Principal"].get("Service"): x for x in key["KeyPolicy"]["Statement"]}
    assert "kms:GenerateDataKey*" in users["cloudwatch.amazonaws.com"]["Action"]
    logs = users["logs.us-east-1.amazonaws.com"]
    assert "kms:Encrypt*" in logs["Action"]
    assert set(logs["Condition"]["ArnLike"]) == {"kms:EncryptionContext:aws:logs:arn"}
