"""AWS is reached only when it is meant, with the credentials that were shown."""

import sys
from pathlib import Path

import pytest

from patterns_deploy.real_aws import AwsUnavailable, open_aws


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start from a machine without any AWS settings."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CLOUDFORMATION"])
@pytest.mark.parametrize("url", ["http://127.0.0.1:4566", "http://localhost:4566", "http://[::1]:4566"])
def test_the_variables_of_patterns_env_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, url: str) -> None:
    """Somebody who asked for AWS must not get the emulator's answer for AWS's."""
    monkeypatch.setenv(name, url)
    with pytest.raises(AwsUnavailable, match=f"{name} is .* open a shell without 'patterns env'"):
        open_aws("dev", "eu-west-1")


def test_a_local_endpoint_in_the_users_files_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A profile can hold an endpoint, too."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    (tmp_path / "config").write_text("[default]\nendpoint_url = http://localhost:4566\n")
    with pytest.raises(AwsUnavailable, match="endpoint_url is http://localhost:4566"):
        open_aws("dev", "eu-west-1")


def test_a_missing_region_is_one_clear_line() -> None:
    """It says where a region can come from."""
    with pytest.raises(AwsUnavailable, match="no AWS region: give --region"):
        open_aws("dev", None)


def test_missing_credentials_are_one_clear_line() -> None:
    """It says how to sign in."""
    with pytest.raises(AwsUnavailable, match="no AWS credentials: sign in"):
        open_aws("dev", "eu-west-1")


def test_a_missing_profile_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """In botocore's own words, on one line."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(AwsUnavailable, match=r"AWS refused: .*nobody.*could not be found"):
        open_aws("dev", "eu-west-1")


def test_reading_this_module_costs_no_boto3() -> None:
    """The command line imports it for its errors."""
    import subprocess  # noqa: PLC0415 - used here only

    script = "import sys, patterns_deploy.real_aws; print('boto3' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "False"
