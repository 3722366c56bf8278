"""How the partner learns where its keys are: from what was deployed."""

import json
import time
from typing import Any

import pytest

from patterns_local.fixups.deployed_stack import DeployedStack
from patterns_local.partner.introduction import introduce
from patterns_shared.adapters.partner_signature import SigningKey

# The fixtures' classes, which importlib's mode keeps out of reach as an import.
Sender = Any
Emulator = Any

pytestmark = pytest.mark.integration


def _secret(**generated: object) -> dict[str, Any]:
    return {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": generated}}


def _deploy(emulator: Emulator, name: str, resources: dict[str, Any]) -> DeployedStack:
    assert emulator.deploy(name, resources) == "CREATE_COMPLETE"
    return DeployedStack.describe(name, {"Resources": resources}, emulator.client)


def test_the_partner_is_told_of_the_key_that_a_stack_generated(sender: Sender) -> None:
    """And of no other secret: what the stack signs with is what the partner takes."""
    generated = _secret(SecretStringTemplate='{"key_id": "first"}', GenerateStringKey="secret", PasswordLength=64)
    name = f"stack-{time.time_ns()}"
    stack = _deploy(sender.emulator, name, {"PartnerKeySecret1A2B": generated, "CursorKey": _secret(PasswordLength=32)})
    assert introduce(stack, sender.server.url) == 1
    [arn] = [x for x in sender.control.behaviour()["secret_arns"] if x != sender.secret_arn]
    assert "PartnerKeySecret1A2B" in arn
    value = json.loads(sender.emulator.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    key = SigningKey(value["key_id"], value["secret"].encode())
    assert sender.post(sender.document(), key=key).status_code == 201
    assert introduce(stack, sender.server.url) == 1, "telling it twice is telling it once"
    assert len(sender.control.behaviour()["secret_arns"]) == 2


def test_a_stack_without_such_a_key_is_nothing_to_do(corrected: Emulator) -> None:
    """The partner is not even asked."""
    stack = _deploy(corrected, f"stack-{time.time_ns()}", {"CursorKey": _secret(PasswordLength=32)})
    assert introduce(stack, "http://127.0.0.1:9/events") == 0
