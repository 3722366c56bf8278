"""A rule of the default event bus that puts order events of some types into a queue."""

from collections.abc import Sequence
from typing import cast

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from patterns_infra.constructs.common.alarmed_queue import AlarmedQueue

__all__ = ["OrderEventRule"]


class OrderEventRule(events.Rule):
    """Matches an event whose detail type, or whose own ``type`` in the detail, is one of these.

    Consumers go by the event's own type. An event whose two types disagree could match no rule on either alone, and
    nothing would show that it was ever sent. Matched by both, it reaches the consumers of its own type, and those of
    its detail type keep it as a dead letter with a reason.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        source: str,
        event_types: Sequence[str],
        description: str,
        queue: AlarmedQueue,
    ) -> None:
        """``source`` is that of the events; what the rule cannot deliver goes to the queue's dead letters."""
        super().__init__(
            scope,
            construct_id,
            description=description,
            event_pattern=events.EventPattern(source=[source]),
            targets=[targets.SqsQueue(queue.queue, dead_letter_queue=queue.dead_letters.queue)],
        )
        either = [{"detail-type": list(event_types)}, {"detail": {"type": list(event_types)}}]
        # CDK's EventPattern has no such operator:
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
        cast("events.CfnRule", self.node.default_child).add_property_override("EventPattern.$or", either)
