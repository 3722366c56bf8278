"""Protection against deletion by mistake, which a first deployment goes without until it has succeeded."""

from aws_cdk import CfnCondition, CfnParameter, CfnResource, Fn, Stack
from constructs import IConstruct

from patterns_infra.registry import DELETION_PROTECTION
from patterns_infra.settings import Settings

__all__ = ["protect_from_deletion"]

_CONDITION = "ProtectFromDeletion"


def protect_from_deletion(
    resource: IConstruct,
    *,
    settings: Settings,
    name: str,
    on: str | bool = True,
    off: str | bool = False,
) -> None:
    """Set the property ``name`` of a resource to ``on`` in production, and to ``off`` in every other stage.

    Elsewhere it is said, too: a property that is only left out does not end the protection of what exists.

    CloudFormation cannot roll back the creation of what is protected: the stack would stop at ROLLBACK_FAILED, and a
    protected cluster, whose name is taken, would stand in the way of the next deployment. So the deployment that
    creates a stack says ``off``, and says ``on`` when all of it is there.
    """
    native = resource if CfnResource.is_cfn_resource(resource) else resource.node.default_child
    assert isinstance(native, CfnResource)  # noqa: S101 - what CloudFormation protects is a resource of its own
    if not settings.production:
        native.add_property_override(name, off)
        return
    stack = Stack.of(resource)
    if stack.node.try_find_child(_CONDITION) is None:
        parameter = CfnParameter(
            stack,
            DELETION_PROTECTION,
            default="on",
            allowed_values=["on", "off"],
            description="Whether tables, users and clusters refuse to be deleted; off while the stack is created",
        )
        CfnCondition(stack, _CONDITION, expression=Fn.condition_equals(parameter.value_as_string, "on"))
    native.add_property_override(name, {"Fn::If": [_CONDITION, on, off]})
