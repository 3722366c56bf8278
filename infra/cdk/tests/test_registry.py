"""The registry of patterns: what the command line knows without loading the CDK."""

import subprocess
import sys

import pytest

from patterns_infra.registry import PATTERNS, UnknownPattern, select


def test_names_are_the_contract() -> None:
    """Stack and parameter names are what other programs look for."""
    pattern = PATTERNS["web_api"]
    assert pattern.stack_name("dev") == "patterns-dev-web-api"
    assert pattern.parameter_name("dev", "api_url") == "/patterns/dev/web_api/api_url"
    names = ("api_url", "user_pool_id", "user_pool_client_id", "orders_table", "event_archive")
    assert pattern.outputs == names


def test_no_names_are_all_patterns() -> None:
    """`patterns up` without arguments deploys everything."""
    assert select("") == tuple(PATTERNS.values())


def test_selection() -> None:
    """Names may have spaces round them."""
    assert [pattern.name for pattern in select(" web_api ,")] == ["web_api"]


def test_unknown_pattern() -> None:
    """A wrong name is refused with the right ones."""
    with pytest.raises(UnknownPattern, match=r"no pattern 'web-api'; there are .*web_api"):
        select("web-api")


def test_the_command_line_starts_without_the_cdk() -> None:
    """Importing the registry and the settings does not import aws_cdk, which takes seconds."""
    modules = "patterns_infra.registry, patterns_infra.settings, patterns_infra.synth"
    code = f"import sys, {modules}; print('aws_cdk' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
