"""API Gateway's throttling of one method: ``MethodSettings`` of a stage.

The emulator's CloudFormation files a method's settings under the encoded path (``/~1orders/POST``), where its
gateway, which looks for ``/orders/POST``, does not find them; its UpdateStage decodes as AWS does.
"""

from patterns_local.fixups.deployed_stack import DeployedStack

__all__ = ["apply"]

_LIMITS = {"ThrottlingRateLimit": "rateLimit", "ThrottlingBurstLimit": "burstLimit"}


def apply(stack: DeployedStack) -> int:
    """Set each method's own rate and burst."""
    touched = 0
    for stage in stack.resources("AWS::ApiGateway::Stage"):
        operations = [
            {"op": "replace", "path": f"{_place(setting)}/throttling/{limit}", "value": str(setting[name])}
            for setting in stage.properties.get("MethodSettings", [])
            for name, limit in _LIMITS.items()
            if name in setting and not _is_whole_stage(setting)
        ]
        if operations:
            stack.client("apigateway").update_stage(
                restApiId=stage.properties["RestApiId"], stageName=stage.physical_id, patchOperations=operations
            )
            touched += 1
    return touched


def _is_whole_stage(setting: dict[str, str]) -> bool:
    return (setting["ResourcePath"], setting["HttpMethod"]) == ("/*", "*")


def _place(setting: dict[str, str]) -> str:
    """Return the setting's JSON pointer; the template's path is encoded already, but for its first slash."""
    return f"{setting['ResourcePath']}/{setting['HttpMethod']}"
