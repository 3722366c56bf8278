"""What the next request suffers."""

from patterns_local.partner.control import WELL, Behaviour
from patterns_local.reach import Aim

__all__ = ["Faults"]


class Faults:
    """The partner's behaviour, counted from when it was told."""

    def __init__(self) -> None:
        """Begin well."""
        self.behave(WELL)

    @property
    def behaviour(self) -> Behaviour:
        """How the partner behaves now; a fault that is over leaves it well."""
        return self._else if self._aim.over else self._told

    def behave(self, behaviour: Behaviour) -> None:
        """Behave so from now on."""
        self._told, self._aim = behaviour, Aim(behaviour)
        # A clock that is wrong is wrong for everybody, and stays wrong.
        self._else = WELL.model_copy(update={"clock_skew_seconds": behaviour.clock_skew_seconds})

    def next(self) -> Behaviour:
        """Return what becomes of the next request."""
        return self._told if self._aim.hits() else self._else
