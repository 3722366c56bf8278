"""What a role must be allowed to do for a batch of messages.

AWS knows no actions for batches: ``SendMessageBatch`` is authorised as ``sqs:SendMessage``, ``PublishBatch`` as
``sns:Publish``, and so on. The emulator asks for the name of the call, and so refuses a role that may send.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
"""

from typing import Any

from ministack.core import iam_actions

__all__ = ["correct"]

_BATCHES = frozenset(
    {"sqs:SendMessageBatch", "sqs:DeleteMessageBatch", "sqs:ChangeMessageVisibilityBatch", "sns:PublishBatch"}
)
_original = iam_actions.extract_iam_action


def correct() -> None:
    """Check a batch as what it does with each message."""
    iam_actions.extract_iam_action = _action


def _action(*request: Any, **named: Any) -> str | None:
    action: str | None = _original(*request, **named)
    return action.removesuffix("Batch") if action in _BATCHES else action
