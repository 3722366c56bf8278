"""The topic of another pattern, for a deployment without that: patterns meet by names, whoever brings them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from patterns_infra.registry import PATTERNS

__all__ = ["published_topic", "stand_in_topic"]


def published_topic(client: Callable[[str], Any], stage: str) -> str | None:
    """Return the ARN of the order events' topic, as the pattern that has it publishes it."""
    ssm = client("ssm")
    try:
        return str(ssm.get_parameter(Name=_name(stage))["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return None


@contextmanager
def stand_in_topic(client: Callable[[str], Any], stage: str) -> Iterator[str]:
    """Bring a topic under the name that others are granted, publish it, and take both away afterwards."""
    sns, ssm = client("sns"), client("ssm")
    with ExitStack() as undo:
        arn = str(sns.create_topic(Name=f"patterns-{stage}-order-events")["TopicArn"])
        undo.callback(sns.delete_topic, TopicArn=arn)
        ssm.put_parameter(Name=_name(stage), Value=arn, Type="String")
        undo.callback(ssm.delete_parameter, Name=_name(stage))
        yield arn


def _name(stage: str) -> str:
    return PATTERNS["async"].parameter_name(stage, "topic_arn")
