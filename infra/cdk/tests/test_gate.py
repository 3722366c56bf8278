"""The gate over the templates: what cdk-nag and cfn-lint object to does not pass, nor an empty excuse."""

from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import Acknowledgment, App, Stack, Validations
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks

from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.registry import PATTERNS
from patterns_infra.synth_check import findings_in, lint
from patterns_infra.variants import VARIANTS

REASON = "This is itself the dead-letter queue, of the table's stream."


def findings(folder: Path, accept: Callable[[sqs.Queue], None] | None = None) -> list[str]:
    """Return what the gate finds of a queue without a dead-letter queue, which ``accept`` may acknowledge."""
    app = App(analytics_reporting=False, outdir=str(folder))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    queue = sqs.Queue(Stack(app, "Shop"), "Orders", enforce_ssl=True)
    if accept:
        accept(queue)
    try:
        app.synth()
    except RuntimeError as error:
        assert "ValidationFailed" in str(error)  # noqa: PT017 - the report below is what is asserted
    return list(findings_in(folder))


def test_a_finding_is_reported(tmp_path: Path) -> None:
    """A finding that nobody acknowledged is named with its place and rule."""
    (found,) = findings(tmp_path)
    assert found.startswith("Shop/Orders/Resource: AwsSolutions-SQS3: ")


def test_an_acknowledged_finding_passes(tmp_path: Path) -> None:
    """With a reason it is accepted."""
    assert findings(tmp_path, lambda queue: acknowledge(queue, "AwsSolutions-SQS3", REASON)) == []


def test_an_excuse_is_reported(tmp_path: Path) -> None:
    """An acknowledgement that bypasses our own function is found out."""
    excuse = Acknowledgment(id="AwsSolutions-SQS3", reason="not needed")
    (found,) = findings(tmp_path, lambda queue: Validations.of(queue).acknowledge(excuse))
    assert "SQS3 needs a reason, not 'not needed'" in found


def test_an_excuse_is_refused() -> None:
    """Our own function does not take an empty reason in the first place."""
    queue = sqs.Queue(Stack(App(), "Shop"), "Orders")
    with pytest.raises(ValueError, match="Shop/Orders: AwsSolutions-SQS3 needs a reason of at least 20"):
        acknowledge(queue, "AwsSolutions-SQS3", "not needed         ")


def test_a_wrong_template_is_reported(tmp_path: Path) -> None:
    """cfn-lint's errors and warnings both count."""
    template = tmp_path / "shop.template.json"
    template.write_text(
        '{"Parameters": {"Unused": {"Type": "String"}},'
        ' "Resources": {"Orders": {"Type": "AWS::SQS::Queue", "Properties": {"Colour": "red"}}}}'
    )
    found = " ".join(lint(template))
    assert "W2001" in found
    assert "E3002" in found


def test_the_gate_sees_every_target() -> None:
    """Local, AWS, production and both private variants of every pattern."""
    assert {values.get("target", "local") for values in VARIANTS.values()} == {"local", "aws"}
    assert any(values.get("stage") == "production" for values in VARIANTS.values())
    assert sum(values.get("private_api") == "true" for values in VARIANTS.values()) == 2
    assert all(pattern.stack.startswith("patterns_infra.stacks.") for pattern in PATTERNS.values())
