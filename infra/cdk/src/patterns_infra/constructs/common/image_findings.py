"""Tells the stack's operators when a scan of a container image finds something critical."""

from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk.aws_kms import IKey
from constructs import Construct

__all__ = ["ImageFindings"]

_WHAT_TO_DO = "What to do: docs/operating.md, 'A scan found something critical in an image'."


class ImageFindings(Construct):
    """Two rules of the default event bus, for the two ways in which ECR scans; both publish to the alarms' topic.

    - Basic scanning looks at an image when it is pushed; its event counts what was found by severity.
    - Enhanced scanning, by Amazon Inspector, looks again whenever a vulnerability becomes known. It is a choice for the
      whole registry of an account and region, and is paid for, so that no stack makes it (docs/adr/0062). Inspector's
      event is one finding: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, repository: ecr.IRepository, topic: sns.ITopic, key: IKey
    ) -> None:
        """``key`` encrypts the topic."""
        super().__init__(scope, construct_id)
        self._topic = topic
        # As a role of its own: a topic that lets the service publish lets rules of other accounts publish, too.
        self._role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("events.amazonaws.com"))
        self._role.add_to_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=[topic.topic_arn]))
        self._role.add_to_policy(
            iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn])
        )
        name = repository.repository_name
        self._tell(
            "OnPush",
            "Critical findings of ECR's scan on push",
            events.EventPattern(
                source=["aws.ecr"],
                detail_type=["ECR Image Scan"],
                detail={
                    "scan-status": ["COMPLETE"],
                    "repository-name": [name],
                    "finding-severity-counts": {"CRITICAL": events.Match.greater_than(0)},
                },
            ),
            f"{_field('finding-severity-counts.CRITICAL')} critical findings in {_field('image-digest')} of {name}.",
        )
        self._tell(
            "Continuous",
            "Critical findings of Amazon Inspector's continuous scan",
            events.EventPattern(
                source=["aws.inspector2"],
                detail_type=["Inspector2 Finding"],
                detail={
                    "severity": ["CRITICAL"],
                    "status": ["ACTIVE"],
                    "resources": {"details": {"awsEcrContainerImage": {"repositoryName": [name]}}},
                },
            ),
            f"Critical finding in an image of {name}: {_field('title')} ({_field('findingArn')}).",
        )

    def _tell(self, construct_id: str, description: str, pattern: events.EventPattern, text: str) -> None:
        """Publish a line for each event that matches."""
        target = targets.SnsTopic(
            self._topic,
            role=self._role.without_policy_updates(),
            message=events.RuleTargetInput.from_text(f"{text} {_WHAT_TO_DO}"),
        )
        events.Rule(self, construct_id, description=description, event_pattern=pattern, targets=[target])


def _field(name: str) -> str:
    return events.EventField.from_path(f"$.detail.{name}")
