"""Lambda's ``ReservedConcurrentExecutions``."""

from patterns_local.fixups.deployed_stack import DeployedStack

__all__ = ["apply"]


def apply(stack: DeployedStack) -> int:
    """Reserve, and so bound, each function's concurrency."""
    touched = 0
    for function in stack.resources("AWS::Lambda::Function"):
        wanted = function.properties.get("ReservedConcurrentExecutions")
        if wanted is not None:
            stack.client("lambda").put_function_concurrency(
                FunctionName=function.physical_id, ReservedConcurrentExecutions=int(wanted)
            )
            touched += 1
    return touched
