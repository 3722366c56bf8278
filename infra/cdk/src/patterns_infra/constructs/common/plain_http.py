"""Queues and topics that cannot insist on TLS, because the local platform speaks http only."""

from constructs import IConstruct

from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.settings import Settings

__all__ = ["acknowledge_plain_http"]


def acknowledge_plain_http(queue: IConstruct, settings: Settings) -> None:
    """Accept locally, and only there, that a queue can be used without TLS."""
    if not settings.on_aws:
        acknowledge(queue, "AwsSolutions-SQS4", "The local platform speaks http only; on AWS the queue refuses it.")
