"""DynamoDB's time to live: ``TimeToLiveSpecification`` of a table."""

from patterns_local.fixups.deployed_stack import DeployedStack

__all__ = ["apply"]


def apply(stack: DeployedStack) -> int:
    """Set the attribute by which items expire."""
    touched = 0
    for table in stack.resources("AWS::DynamoDB::Table"):
        wanted = table.properties.get("TimeToLiveSpecification")
        if not wanted:
            continue
        client = stack.client("dynamodb")
        # AWS refuses to enable what is enabled, so ask first.
        now = client.describe_time_to_live(TableName=table.physical_id)["TimeToLiveDescription"]
        enabled = now["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}
        if enabled == wanted["Enabled"] and now.get("AttributeName") == wanted["AttributeName"]:
            continue
        client.update_time_to_live(TableName=table.physical_id, TimeToLiveSpecification=wanted)
        touched += 1
    return touched
