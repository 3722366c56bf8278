"""The topic that tells what became of orders, under a key of its own."""

from aws_cdk import Aws, Duration, RemovalPolicy, aws_kms
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from patterns_infra.constructs.common.alarmed_queue import AlarmedQueue
from patterns_infra.receivers import FilterPolicy
from patterns_infra.settings import Settings

__all__ = ["OrderEvents"]


class OrderEvents(Construct):
    """``patterns-{stage}-order-events``, one of the two fixed names: publishers in other stacks are granted it by name.

    The key's alias is the topic's name, so that such a grant can name the key, too, before it exists
    (``kms:ResourceAliases``, with ``kms:ViaService``).
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        """Create the key and the topic."""
        super().__init__(scope, construct_id)
        name = f"patterns-{settings.stage}-order-events"
        key = aws_kms.Key(
            self,
            "Key",
            alias=name,
            description=f"Events on the topic {name}",
            enable_key_rotation=True,
            pending_window=Duration.days(7),
            # It encrypts messages on their way, and nothing that is kept.
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.topic = sns.Topic(self, "Topic", topic_name=name, master_key=key, enforce_ssl=settings.on_aws)
        # In the place of SNS's own policy: who may publish is for the roles of this account to say.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                actions=["sns:Publish"],
                principals=[iam.AnyPrincipal()],
                resources=[self.topic.topic_arn],
                conditions={"StringNotEquals": {"aws:PrincipalAccount": Aws.ACCOUNT_ID}},
            )
        )

    def subscribe_queue(self, scope: Construct, *, queue: AlarmedQueue, filter_policy: FilterPolicy) -> None:
        """Send a queue the messages that its policy selects; what it does not take goes to its dead letters.

        The policy is matched against the body, which the receivers read, and not against the attributes, which a
        publisher may set to something else. A body that is not a JSON object matches no policy: only a subscription
        without one gets it.
        """
        for target in (queue.queue, queue.dead_letters.queue):
            target.add_to_resource_policy(
                iam.PolicyStatement(
                    actions=["sqs:SendMessage"],
                    principals=[iam.ServicePrincipal("sns.amazonaws.com")],
                    resources=[target.queue_arn],
                    conditions={"ArnEquals": {"aws:SourceArn": self.topic.topic_arn}},
                )
            )
        sns.CfnSubscription(
            scope,
            "Subscription",
            topic_arn=self.topic.topic_arn,
            protocol="sqs",
            endpoint=queue.queue.queue_arn,
            raw_message_delivery=True,
            filter_policy=filter_policy or None,
            filter_policy_scope="MessageBody" if filter_policy else None,
            redrive_policy={"deadLetterTargetArn": queue.dead_letters.queue.queue_arn},
        )
