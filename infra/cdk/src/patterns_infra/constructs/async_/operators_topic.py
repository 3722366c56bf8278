"""Where the shop's operators hear of rejected orders: a topic of sentences, by mail and by text message."""

from aws_cdk import aws_sns as sns
from aws_cdk.aws_kms import IKey
from aws_cdk.aws_sns_subscriptions import EmailSubscription, SmsSubscription
from constructs import Construct

from patterns_infra.constructs.common.python_function import PythonFunction
from patterns_infra.settings import Settings

__all__ = ["OperatorsTopic"]


class OperatorsTopic(Construct):
    """Its one publisher is the operators function, which writes without the customer's data.

    So nobody subscribes to the topic of events itself, whose messages hold the customer's address.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, key: IKey) -> None:
        """``key`` encrypts what waits for delivery."""
        super().__init__(scope, construct_id)
        self._key = key
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=settings.on_aws)

    def grant_publish(self, publisher: PythonFunction) -> None:
        """Let the function publish, and use the key for that."""
        publisher.allow(["sns:Publish"], self.topic.topic_arn)
        publisher.allow(["kms:Decrypt", "kms:GenerateDataKey"], self._key.key_arn)

    def subscribe_email(self, address: str) -> None:
        """Send mail, once the address has confirmed that it wants it."""
        self.topic.add_subscription(EmailSubscription(address))

    def subscribe_sms(self, number: str) -> None:
        """Send text messages to an E.164 number; it needs no confirmation, and costs by country.

        https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-phone-number-as-subscriber.html
        """
        self.topic.add_subscription(SmsSubscription(number))
