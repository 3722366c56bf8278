"""Notices to the operators' topic: one publish, in the form of each kind of subscription."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from patterns_async.application.operator_notices import Notice
from patterns_shared.adapters.client_errors import error_code, transient_as_unavailable
from patterns_shared.domain.errors import PermanentFailure

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_sns import SNSClient

__all__ = ["SnsNotices"]

_REFUSED = frozenset({"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationError"})


class SnsNotices:
    """Publishes to the topic of this ARN."""

    def __init__(self, client: "SNSClient", topic_arn: str) -> None:
        """Keep the client; nothing is called yet."""
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, notice: Notice) -> None:
        """Publish the notice: mail has its text, a text message its short form.

        https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
        """
        forms = {"default": notice.text, "email": notice.text, "sms": notice.short}
        try:
            with transient_as_unavailable("operators' topic"):
                self._client.publish(
                    TopicArn=self._topic_arn,
                    Subject=notice.subject,
                    Message=json.dumps(forms),
                    MessageStructure="json",
                )
        except ClientError as error:
            if error_code(error) not in _REFUSED:
                raise
            raise PermanentFailure(f"SNS refuses the notice: {error_code(error)}") from None
