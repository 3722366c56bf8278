"""The archive of a stage's events on the default bus, which `patterns replay` reads."""

from aws_cdk import aws_events as events
from constructs import Construct

__all__ = ["RETENTION_DAYS", "EventArchive"]

RETENTION_DAYS = 14
"""Days. Consumers know an event again for longer: a mail's claim is kept for 30 days, and a replayed event may wait ten
more in the notify queue."""


class EventArchive(Construct):
    """Every event of one source; a replay does not get into it again. Its key is owned by AWS."""

    def __init__(self, scope: Construct, construct_id: str, *, bus_arn: str, source: str) -> None:
        """Archive what the bus gets from ``source``."""
        super().__init__(scope, construct_id)
        archive = events.CfnArchive(
            self,
            "Archive",
            source_arn=bus_arn,
            description=f"Events of {source}, for patterns replay",
            event_pattern={"source": [source]},
            retention_days=RETENTION_DAYS,
        )
        self.name = archive.ref
