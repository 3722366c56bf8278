"""DynamoDB's point-in-time recovery: ``PointInTimeRecoverySpecification`` of a table."""

from patterns_local.fixups.deployed_stack import DeployedStack

__all__ = ["apply"]


def apply(stack: DeployedStack) -> int:
    """Turn continuous backups on where the template does."""
    touched = 0
    for table in stack.resources("AWS::DynamoDB::Table"):
        wanted = table.properties.get("PointInTimeRecoverySpecification")
        if wanted:
            stack.client("dynamodb").update_continuous_backups(
                TableName=table.physical_id, PointInTimeRecoverySpecification=wanted
            )
            touched += 1
    return touched
