"""Whatever AWS settings the user has, local calls reach the local platform only."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from patterns_local.local_aws import Keys, build_environment, child_environment, client_for, shell_exports

ENDPOINT = "http://127.0.0.1:4599"


@pytest.fixture(autouse=True)
def _users_own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set everything that a user of AWS might have set."""
    client_for.cache_clear()
    config = tmp_path / "config"
    config.write_text("[profile prod]\nregion = eu-west-1\nendpoint_url = https://prod.example.com\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name, value in {
        "AWS_PROFILE": "prod",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL": "https://everything.example.com",
        "AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.example.com",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_CA_BUNDLE": "/nowhere",
        "AWS_REGION": "eu-west-1",
        "CDK_DEFAULT_ACCOUNT": "123456789012",
        "HTTPS_PROXY": "http://proxy.example.com",
        "HTTP_PROXY": "http://proxy.example.com",
        "http_proxy": "http://proxy.example.com",
        "NODE_OPTIONS": "--inspect",
    }.items():
        monkeypatch.setenv(name, value)


def test_a_client_has_our_address_region_and_keys_and_no_proxy() -> None:
    """A missing profile or a proxy would otherwise be an error, or an answer from somewhere else."""
    client = client_for("dynamodb", ENDPOINT)
    assert client.meta.endpoint_url == ENDPOINT
    assert client.meta.region_name == "us-east-1"
    assert client._request_signer._credentials.access_key == "test"
    assert client._request_signer._credentials.token is None
    assert client.meta.config.proxies == {}


def test_a_missing_profile_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever set AWS_PROFILE for another machine can still run the platform."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert client_for("sqs", ENDPOINT).meta.endpoint_url == ENDPOINT


def test_a_roles_client_signs_with_the_roles_keys() -> None:
    """Its policies are what is checked."""
    client = client_for("sqs", ENDPOINT, Keys("ASIAROLE", "secret", "token"))
    assert client._request_signer._credentials.access_key == "ASIAROLE"
    assert client._request_signer._credentials.token == "token"


def test_a_child_process_gets_ours_and_nothing_of_theirs() -> None:
    """The CDK command line reads profiles, proxies and endpoints from its environment."""
    environment = child_environment(ENDPOINT)
    aws = {name: value for name, value in environment.items() if name.startswith(("AWS_", "CDK_"))}
    assert aws == {
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    assert not {"HTTPS_PROXY", "HTTP_PROXY", "http_proxy", "NODE_OPTIONS"} & set(environment)
    assert environment["PATH"] == os.environ["PATH"]


def test_building_keeps_the_users_proxy_and_loses_their_aws() -> None:
    """Packages are downloaded by way of it; nothing that builds has business with AWS."""
    environment = build_environment()
    assert environment["HTTPS_PROXY"] == "http://proxy.example.com"
    assert not [name for name in environment if name.startswith("AWS_")]


def test_the_shell_lines_point_a_shell_with_all_of_that_at_the_platform() -> None:
    """After the eval, nothing that could win over them is left."""
    script = f"eval {shlex.quote(shell_exports(ENDPOINT))}; env"
    shell = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    after = dict(line.split("=", 1) for line in shell.stdout.splitlines() if line.startswith(("AWS_", "NO_PROXY")))
    config = after.pop("AWS_CONFIG_FILE")
    assert config.endswith("config"), "the user's output format stays theirs"
    assert after == {
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "AWS_CA_BUNDLE": "/nowhere",
        "NO_PROXY": "127.0.0.1,localhost",
    }
