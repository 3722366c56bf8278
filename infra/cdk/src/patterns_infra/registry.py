"""The patterns that can be deployed. Adding one is a workspace member, a stack file and an entry here.

Importing this does not import aws_cdk: the command line needs the names and must start quickly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from patterns_infra.receivers import published_queues

if TYPE_CHECKING:
    from aws_cdk import Stack

__all__ = ["DELETION_PROTECTION", "PATTERNS", "Pattern", "UnknownPattern", "select"]


DELETION_PROTECTION = "DeletionProtection"
"""Parameter of a template with resources that refuse to be deleted: ``on``, or ``off`` while its stack is created."""


class UnknownPattern(ValueError):
    """A pattern was named that does not exist."""

    def __init__(self, name: str) -> None:
        """Say which there are."""
        super().__init__(f"there is no pattern {name!r}; there are {', '.join(PATTERNS)}")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern: its stack, loaded only when it is synthesized, and the names that it publishes.

    Attributes:
        name: as on the command line and in SSM.
        stack: ``module:Class``; the class takes ``(scope, id, *, pattern, settings)``.
        package: the distribution that its Lambda bundle is built from.
        images: distributions whose container image its stack runs.
        outputs: keys of ``patterns outputs`` that the stack publishes in SSM.
        needs: settings without which it is not deployed to AWS.
        needs_in_production: settings that its stage ``production`` needs beside them.
        kubernetes: whether the local platform needs a Kubernetes cluster for it.
        api_gateway: whether it has an API of API Gateway, which writes logs by a role of the account.
        demo: ``module:function`` of its part of the demo, a `patterns_cli.demo.scene.Scenario`.
    """

    name: str
    stack: str
    summary: str
    package: str
    outputs: tuple[str, ...]
    images: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needs_in_production: tuple[str, ...] = ()
    kubernetes: bool = False
    api_gateway: bool = False
    demo: str = ""

    def required(self, *, production: bool) -> tuple[str, ...]:
        """Return the settings without which it is not deployed to AWS, in production or another stage."""
        return (*self.needs, *(self.needs_in_production if production else ()))

    def stack_name(self, stage: str) -> str:
        """Return the CloudFormation stack's name."""
        return f"patterns-{stage}-{self.name.replace('_', '-')}"

    def images_stack_name(self, stage: str) -> str:
        """Return the name of the stack of its images' repositories."""
        return f"{self.stack_name(stage)}-images"

    def stack_names(self, stage: str) -> tuple[str, ...]:
        """Return the names of all its stacks in the order in which they are deployed."""
        return (*((self.images_stack_name(stage),) if self.images else ()), self.stack_name(stage))

    def parameter_name(self, stage: str, key: str) -> str:
        """Return the SSM parameter that holds the output ``key``."""
        return f"/patterns/{stage}/{self.name}/{key}"

    def load_stack(self) -> "Callable[..., Stack]":
        """Import and return the stack class."""
        module, _, name = self.stack.partition(":")
        return cast("Callable[..., Stack]", getattr(import_module(module), name))


PATTERNS: Mapping[str, Pattern] = MappingProxyType(
    {
        pattern.name: pattern
        for pattern in (
            Pattern(
                name="web_api",
                stack="patterns_infra.stacks.web_api:WebApiStack",
                summary="API Gateway, Lambda, Cognito and DynamoDB: the shop's orders",
                package="patterns-web-api",
                outputs=("api_url", "user_pool_id", "user_pool_client_id", "orders_table", "event_archive"),
                needs=("site_origin",),
                needs_in_production=("sender_email",),
                api_gateway=True,
                demo="patterns_cli.demo.web_api:play",
            ),
            Pattern(
                name="batch",
                stack="patterns_infra.stacks.batch:BatchStack",
                summary="EventBridge, Step Functions, ECS on Fargate and S3: the sales report of every day",
                package="patterns-batch",
                outputs=(
                    "state_machine_arn",
                    "report_bucket",
                    "inbox_bucket",
                    "cluster_arn",
                    "claims_table",
                    "schedule_name",
                    "analytics_database",
                    "analytics_workgroup",
                    "analysts_policy",
                ),
                images=("patterns-batch",),
                demo="patterns_cli.demo.batch:play",
            ),
            Pattern(
                name="async",
                stack="patterns_infra.stacks.async_:AsyncStack",
                summary="SNS, SQS and Lambda: what became of orders, to a ledger, a partner and the customer",
                package="patterns-async",
                outputs=(
                    "topic_arn",
                    "ledger_table",
                    "circuit_table",
                    *published_queues(),
                    "bounces_queue_url",
                    "bounces_dead_letter_url",
                    "partner_url",
                ),
                needs=("sender_email", "operator_email", "partner_url"),
                demo="patterns_cli.demo.async_:play",
            ),
            Pattern(
                name="k8s",
                stack="patterns_infra.stacks.k8s:KubernetesStack",
                summary="EKS, ECR and SQS: an operator and the workers that decide orders",
                package="patterns-k8s",
                outputs=(
                    "cluster_name",
                    "namespace",
                    "worker_image",
                    "fulfilment_queue_url",
                    "fulfilment_dead_letter_url",
                ),
                images=("patterns-k8s",),
                needs=("cluster_admin_arn",),
                needs_in_production=("kubernetes_api_cidrs",),
                kubernetes=True,
                demo="patterns_cli.demo.k8s:play",
            ),
        )
    }
)
"""Every pattern by name, in the order in which they are deployed."""


def select(names: str) -> tuple[Pattern, ...]:
    """Return the patterns of a comma-separated list; an empty list means all of them.

    Raises:
        UnknownPattern: for a name that is not in the registry.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in PATTERNS:
            raise UnknownPattern(name)
    return tuple(pattern for pattern in PATTERNS.values() if not wanted or pattern.name in wanted)
