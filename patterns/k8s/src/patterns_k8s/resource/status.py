"""What the operator reports of an OrderProcessor. The cluster's schema is made from these classes."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = ["BackfillStatus", "Condition", "OrderProcessorStatus"]


class _Reported(BaseModel):
    """Written by the operator alone."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, use_attribute_docstrings=True
    )


class Condition(_Reported):
    """One thing that is so, is not so, or is not known."""

    type: str
    """What: ``Ready``, ``QueueResolved``, ``TopicResolved`` or ``Scaling``."""
    status: Literal["True", "False", "Unknown"]
    """Whether it is so."""
    reason: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]*$", max_length=64)]
    """Why, in one word for programs."""
    message: Annotated[str, Field(max_length=1024)]
    """Why, for people."""
    observed_generation: int
    """The generation of the spec that this was said about."""
    last_transition_time: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    """When the status last changed."""


class BackfillStatus(_Reported):
    """The outcome of one range of days."""

    first: Annotated[str, Field(alias="from")]
    """The first day."""
    last: Annotated[str, Field(alias="to")]
    """The last day."""
    job: str
    """The Job that runs it."""
    state: Literal["Waiting", "Running", "Complete", "Failed"]
    """Whether it ran. One that is Complete or Failed is not run again while it is in the spec."""


class OrderProcessorStatus(_Reported):
    """What the operator made of the spec."""

    observed_generation: int | None = None
    """The generation of the spec that was last acted on."""
    replicas: int | None = None
    """Pods that there are, whether ready or not; the Deployment's own figure."""
    desired_replicas: int | None = None
    """Pods that are to be there now: none while suspended, or without a queue or a topic."""
    ready_replicas: int | None = None
    """Pods that work."""
    selector: str | None = None
    """Labels that the pods have."""
    messages: int | None = None
    """Messages in the queue when the number of pods was last looked at, waiting and in work."""
    last_scale_time: Annotated[str | None, Field(json_schema_extra={"format": "date-time"})] = None
    """When ``desiredReplicas`` last changed."""
    queue_url: str | None = None
    """The queue, as last resolved."""
    topic_arn: str | None = None
    """The topic, as last resolved."""
    conditions: Annotated[
        list[Condition],
        Field(json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}),
    ] = Field(default_factory=list)
    """What is so."""
    backfills: Annotated[
        list[BackfillStatus],
        Field(json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["from", "to"]}),
    ] = Field(default_factory=list)
    """The outcomes of the ranges of days."""
