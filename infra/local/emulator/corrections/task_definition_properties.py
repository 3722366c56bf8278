"""What ``AWS::ECS::TaskDefinition`` keeps of its properties.

AWS keeps all. The emulator's CloudFormation drops the ephemeral storage and the runtime platform, and of containers and
volumes whatever is nested: the names of secrets, so that the variables never arrive, the names of volumes, the health
check's command, the init process.

Corrected by keeping them, in the names of the ECS API.
"""

from functools import partial
from typing import Any

from ministack.services import ecs
from ministack.services.cloudformation import provisioners

__all__ = ["correct"]

_KEPT = {"EphemeralStorage": "ephemeralStorage", "RuntimePlatform": "runtimePlatform", "Volumes": "volumes"}
# Their keys are data.
_MAPS = {"Options", "DockerLabels"}


def correct() -> None:
    """Put this in the place of the emulator's handler."""
    create = partial(_create, provisioners._ecs_task_def_create)
    provisioners._ecs_task_def_create = create
    provisioners._RESOURCE_HANDLERS["AWS::ECS::TaskDefinition"]["create"] = create
    provisioners._normalize_container_defs = lambda definitions: [_in_camel_case(each) for each in definitions]


def _create(original: Any, logical_id: str, props: dict[str, Any], stack: str) -> Any:
    arn, attributes = original(logical_id, props, stack)
    definition = ecs._task_defs[ecs._resolve_td_key(arn)]
    definition |= {name: _in_camel_case(props[key]) for key, name in _KEPT.items() if key in props}
    return arn, attributes


def _in_camel_case(value: Any) -> Any:
    if isinstance(value, list):
        return [_in_camel_case(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key[:1].lower() + key[1:]: each if key in _MAPS else _in_camel_case(each) for key, each in value.items()}
