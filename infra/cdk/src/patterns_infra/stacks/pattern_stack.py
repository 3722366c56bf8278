"""What every pattern's own stack begins with: a key for what it writes, and somebody who hears of its alarms."""

from constructs import Construct

from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.constructs.common.encryption_key import EncryptionKey
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings
from patterns_infra.stacks.placed_stack import PlacedStack

__all__ = ["PatternStack"]


class PatternStack(PlacedStack):
    """The stack of a pattern's services."""

    def __init__(self, scope: Construct, construct_id: str, *, pattern: Pattern, settings: Settings) -> None:
        """Keep the settings, and create key and alarms, for what the pattern adds."""
        super().__init__(scope, construct_id, description=pattern.summary, settings=settings)
        self._settings = settings
        self._key = EncryptionKey(self, "Key", settings=settings).key
        self._alarms = Alarms(self, "Alarms", settings=settings, key=self._key)
