"""What ``Ref`` of an ``AWS::SecretsManager::Secret`` returns.

On AWS it is the secret's ARN. The emulator returns the name, so that a policy that is written with ``Ref``, as the CDK
writes it, names no ARN and allows nothing.

Corrected by making the ARN the resource's physical id, as it is on AWS.
"""

from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

__all__ = ["correct"]

Made = tuple[str, dict[str, Any]]

_create = provisioners._sm_secret_create
_update = provisioners._sm_secret_update
_delete = provisioners._sm_secret_delete


def correct() -> None:
    """Put these in the place of the emulator's handlers."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    handlers.update(create=_create_by_arn, update=_update_by_arn, delete=_delete_by_arn)


def _create_by_arn(*given: Any) -> Made:
    _, attributes = _create(*given)
    return attributes["Arn"], attributes


def _update_by_arn(physical_id: str, *given: Any) -> Made:
    _, attributes = _update(_name(physical_id), *given)
    return attributes["Arn"], attributes


def _delete_by_arn(physical_id: str, *given: Any) -> Any:
    return _delete(_name(physical_id), *given)


def _name(arn: str) -> str:
    """Return the name that the emulator keeps the secret under."""
    named: str = next((name for name, secret in secretsmanager._secrets.items() if secret["ARN"] == arn), arn)
    return named
