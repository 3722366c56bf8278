"""Queues and topics by the names under which other stacks publish them, looked up when they are needed."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from patterns_k8s.operator.desired.findings import Missing, QueueFound, TopicFound, Unknown
from patterns_shared.adapters.client_errors import error_code

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

__all__ = ["AwsLookups"]

_NO_QUEUE = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "InvalidAddress"})


class AwsLookups:
    """Asks SSM and SQS; every answer is a finding, no failure is an exception."""

    def __init__(self, parameters: "SSMClient", queues: "SQSClient", *, stage: str) -> None:
        """Keep the clients; nothing is called yet."""
        self._parameters = parameters
        self._queues = queues
        self._stage = stage

    def topic(self, name: str) -> TopicFound | Missing | Unknown:
        """Return the topic that is published under this name."""
        found = self._parameter(name)
        return TopicFound(found) if isinstance(found, str) else found

    def queue(self, name: str) -> QueueFound | Missing | Unknown:
        """Return the queue that is published under this name."""
        url = self._parameter(name)
        if not isinstance(url, str):
            return url
        try:
            attributes = self._queues.get_queue_attributes(
                QueueUrl=url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "VisibilityTimeout",
                ],
            )["Attributes"]
        except ClientError as error:
            if error_code(error) in _NO_QUEUE:
                return Missing("QueueMissing", f"there is no queue {url}, which {self._full(name)} names")
            return Unknown("QueueUnreadable", f"{url}: {error_code(error)}")
        except BotoCoreError as error:
            return Unknown("QueueUnreadable", f"{url}: {error}")
        waiting = int(attributes["ApproximateNumberOfMessages"])
        in_work = int(attributes["ApproximateNumberOfMessagesNotVisible"])
        return QueueFound(url, waiting + in_work, int(attributes["VisibilityTimeout"]))

    def _parameter(self, name: str) -> str | Missing | Unknown:
        full = self._full(name)
        try:
            return self._parameters.get_parameter(Name=full)["Parameter"]["Value"]
        except ClientError as error:
            if error_code(error) == "ParameterNotFound":
                return Missing("NameNotPublished", f"{full} is not published yet")
            return Unknown("LookupFailed", f"{full}: {error_code(error)}")
        except BotoCoreError as error:
            return Unknown("LookupFailed", f"{full}: {error}")

    def _full(self, name: str) -> str:
        return f"/patterns/{self._stage}/{name}"
