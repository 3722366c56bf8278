"""How many pods a queue needs: up at once, down slowly, and never back and forth. Pure.

The rule is written down, with its alternatives, in docs/adr/0021.
"""

from dataclasses import dataclass, replace

__all__ = ["ScalingMemory", "ScalingPolicy", "next_scale", "pods_for"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPolicy:
    """What is declared: from ``least`` to ``most`` pods, one for so many messages, ``cooldown`` in seconds."""

    least: int
    most: int
    messages_per_pod: int
    cooldown: float


@dataclass(frozen=True, slots=True)
class ScalingMemory:
    """What the scaler remembers between two looks at the queue.

    Attributes:
        replicas: pods now.
        fewer_since: when fewer began to be enough, in seconds on any clock; None while they are not.
        peak: the most that was needed since then.
    """

    replicas: int
    fewer_since: float | None = None
    peak: int = 0


def pods_for(policy: ScalingPolicy, messages: int) -> int:
    """Return how many pods so many messages need, within the limits."""
    needed = -(-messages // policy.messages_per_pod)
    return min(max(needed, policy.least), policy.most)


def next_scale(policy: ScalingPolicy, memory: ScalingMemory, messages: int | None, now: float) -> ScalingMemory:
    """Return what to remember after a look at the queue; ``messages`` is None when it could not be read.

    - The limits hold at once, whatever the queue says.
    - More pods than now are given at once, as many as are needed.
    - Fewer are given only after a whole cool-down in which fewer were enough at every look: as many as its worst
      moment needed, but no less than half. Then the next cool-down begins. So after any change a cool-down passes
      before there are fewer, and a load that comes and goes within one changes nothing.
    - A queue that cannot be read changes nothing, and is no proof that fewer are enough.
    """
    held = min(max(memory.replicas, policy.least), policy.most)
    if held != memory.replicas:
        memory = ScalingMemory(held)
    if messages is None:
        return replace(memory, fewer_since=None, peak=0)
    needed = pods_for(policy, messages)
    if needed >= held:
        return ScalingMemory(needed)
    if memory.fewer_since is None:
        return ScalingMemory(held, fewer_since=now, peak=needed)
    peak = max(memory.peak, needed)
    if now - memory.fewer_since < policy.cooldown:
        return ScalingMemory(held, fewer_since=memory.fewer_since, peak=peak)
    return ScalingMemory(max(peak, held - max(1, held // 2)), fewer_since=now, peak=needed)
