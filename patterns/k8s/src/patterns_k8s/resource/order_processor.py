"""What an OrderProcessor declares. The cluster's schema is made from these classes, defaults and texts included."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict

__all__ = [
    "GROUP",
    "KIND",
    "LONGEST_NAME",
    "PLURAL",
    "VERSION",
    "DayRange",
    "Limits",
    "OrderProcessorSpec",
    "Replicas",
    "Requests",
    "Resources",
    "Scaling",
]

GROUP = "patterns.example.com"
VERSION = "v1"
KIND = "OrderProcessor"
PLURAL = "orderprocessors"
LONGEST_NAME = 36
"""Characters of a name, so that the names of its backfill jobs stay within the 63 of a label."""

_IMAGE = r"^[a-z0-9][a-zA-Z0-9._/:-]*(:[A-Za-z0-9_][A-Za-z0-9._-]*|@sha256:[a-f0-9]{64})$"
_QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$"
Quantity = Annotated[
    str,
    BeforeValidator(str),
    Field(pattern=_QUANTITY),
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "pattern": _QUANTITY,
        }
    ),
]
"""An amount as Kubernetes writes it: ``250m``, ``1``, ``256Mi``."""

ParameterName = Annotated[str, Field(pattern=r"^[a-z0-9_]+/[a-z0-9_]+$", max_length=100)]


def _rule(rule: str, message: str, *, at: str = "") -> JsonDict:
    where = {"fieldPath": at} if at else {}
    return {"x-kubernetes-validations": [{"rule": rule, "message": message, **where}]}


class _Declared(BaseModel):
    """Read by the operator as the cluster keeps it; what a newer definition added is ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, use_attribute_docstrings=True
    )


class Replicas(_Declared):
    """The range of pods to scale in, for every way of scaling."""

    model_config = ConfigDict(json_schema_extra=_rule("self.min <= self.max", "min must not be over max"))

    min: Annotated[int, Field(ge=0, le=200)] = 1
    """Fewest pods; 0 lets an empty queue go without any."""
    max: Annotated[int, Field(ge=1, le=200)] = 10
    """Most pods."""


class Scaling(_Declared):
    """Who changes the number of pods, and when the operator does."""

    mode: Literal["QueueDepth", "External"] = "QueueDepth"
    """Who sets ``spec.workers``: the operator, by the queue's depth, or others, by the scale subresource."""
    messages_per_pod: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Messages, waiting and in work, for which one pod is enough."""
    cooldown_seconds: Annotated[int, Field(ge=10, le=3600)] = 120
    """How long fewer pods must have been enough before there are fewer, at most half at a time."""


class Requests(_Declared):
    """What is set aside for a pod."""

    cpu: Quantity = "100m"
    """In cores."""
    memory: Quantity = "128Mi"
    """In bytes."""


class Limits(_Declared):
    """What a pod may use at most."""

    cpu: Quantity | None = None
    """In cores. Rarely wise: it slows a pod down while cores are idle."""
    memory: Quantity = "256Mi"
    """In bytes."""


class Resources(_Declared):
    """What a pod is given."""

    requests: Requests = Field(default_factory=Requests)
    """What is set aside for it."""
    limits: Limits = Field(default_factory=Limits)
    """What it may use at most."""


class DayRange(_Declared):
    """Days in UTC, both included."""

    model_config = ConfigDict(json_schema_extra=_rule("self.from <= self.to", "from must not be after to"))

    first: Annotated[date, Field(alias="from")]
    """The first day."""
    last: Annotated[date, Field(alias="to")]
    """The last day."""


class OrderProcessorSpec(_Declared):
    """Workers for one queue of orders."""

    model_config = ConfigDict(
        json_schema_extra=_rule(
            # Only a change is refused: who lowers the maximum does not know how many an autoscaler has set.
            "self.scaling.mode != 'External' || (has(oldSelf.workers) && self.workers == oldSelf.workers) || "
            "(self.workers >= self.replicas.min && self.workers <= self.replicas.max)",
            "workers must be within replicas.min and replicas.max",
            at=".workers",
        )
    )

    image: Annotated[
        str,
        Field(pattern=_IMAGE, max_length=512),
    ]
    """The workers' image, with a tag or a digest. A change is rolled out pod by pod."""
    queue: ParameterName = "k8s/fulfilment_queue_url"
    """Where the queue's URL is published: the end of an SSM parameter's name, after ``/patterns/{stage}/``."""
    topic: ParameterName = "async/topic_arn"
    """Where the topic's ARN is published, in the same way."""
    workers: Annotated[int, Field(ge=0, le=200)] = 1
    """Pods wanted now, for the scale subresource. By queue depth the operator sets it, and goes on from another's."""
    replicas: Replicas = Field(default_factory=Replicas)
    """Between how many pods to scale."""
    scaling: Scaling = Field(default_factory=Scaling)
    """Who scales, and when."""
    resources: Resources = Field(default_factory=Resources)
    """What a pod is given."""
    concurrency: Annotated[int, Field(ge=1, le=100)] = 10
    """Messages that a pod holds at once."""
    suspend: bool = False
    """Whether to have no pods for now. Messages wait in the queue, backfills wait too."""
    backfill: Annotated[
        list[DayRange],
        Field(
            max_length=31,
            json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["from", "to"]},
        ),
    ] = Field(default_factory=list)
    """Days whose orders are looked through, once, for those that were never decided."""

    @classmethod
    def read(cls, spec: Any) -> "OrderProcessorSpec":  # noqa: ANN401 - whatever the cluster keeps
        """Return the spec that a cluster keeps; raises pydantic's ValidationError for what its schema lets through."""
        return cls.model_validate(dict(spec))
