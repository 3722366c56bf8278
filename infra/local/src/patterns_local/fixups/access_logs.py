"""API Gateway's access logs: ``AccessLogSetting`` of a stage.

The emulator keeps the setting and writes no log; that lines arrive is checked on AWS only.
"""

from patterns_local.fixups.deployed_stack import DeployedStack

__all__ = ["apply"]


def apply(stack: DeployedStack) -> int:
    """Point each stage's access log at its group."""
    touched = 0
    for stage in stack.resources("AWS::ApiGateway::Stage"):
        wanted = stage.properties.get("AccessLogSetting")
        if not wanted:
            continue
        operations = [
            {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": wanted["DestinationArn"]},
            {"op": "replace", "path": "/accessLogSettings/format", "value": wanted["Format"]},
        ]
        stack.client("apigateway").update_stage(
            restApiId=stage.properties["RestApiId"], stageName=stage.physical_id, patchOperations=operations
        )
        touched += 1
    return touched
