from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_k8s.operator.desired.scaling import ScalingMemory, ScalingPolicy, next_scale, pods_for

POLICY = ScalingPolicy(least=1, most=10, messages_per_pod=100, cooldown=120)

policies = st.builds(
    lambda least, more, per_pod, cooldown: ScalingPolicy(
        least=least, most=max(1, least + more), messages_per_pod=per_pod, cooldown=cooldown
    ),
    st.integers(0, 20),
    st.integers(0, 30),
    st.integers(1, 500),
    st.integers(10, 600),
)
Seen = Sequence[tuple[int, int | None]]

depths = st.one_of(st.none(), st.integers(0, 10_000))
looks = st.lists(st.tuples(st.integers(1, 60), depths), max_size=60)
"""Looks at the queue: seconds since the last one, and what it held."""


def scaled(policy: ScalingPolicy, start: int, seen: Seen) -> list[tuple[float, int, int | None]]:
    """Return time, pods and depth after each look."""
    memory, now, trace = ScalingMemory(start), 0.0, []
    for seconds, messages in seen:
        now += seconds
        memory = next_scale(policy, memory, messages, now)
        trace.append((now, memory.replicas, messages))
    return trace


@pytest.mark.parametrize(
    ("messages", "pods"), [(0, 1), (1, 1), (100, 1), (101, 2), (950, 10), (1_000, 10), (100_000, 10)]
)
def test_pods_are_enough_for_the_messages(messages: int, pods: int) -> None:
    """One for so many, within the limits."""
    assert pods_for(POLICY, messages) == pods


def test_more_are_given_at_once_and_fewer_slowly() -> None:
    """Ten at the first look; then half after each cool-down, and no fewer than are needed."""
    seen = [(10, 5_000)] + [(10, 250)] * 60
    pods = [replicas for _, replicas, _ in scaled(POLICY, 1, seen)]
    assert pods[0] == 10
    assert pods[1:13] == [10] * 12
    assert pods[13:25] == [5] * 12
    assert pods[25:] == [3] * 36


def test_an_empty_queue_may_have_no_pods() -> None:
    """If that is declared; the first message brings one back at once."""
    policy = replace(POLICY, least=0)
    pods = [replicas for _, replicas, _ in scaled(policy, 1, [(60, 0)] * 4 + [(60, 1)])]
    assert pods == [1, 1, 0, 0, 1]


def test_a_load_that_comes_and_goes_within_a_cool_down_changes_nothing() -> None:
    """The worst moment counts."""
    pods = {replicas for _, replicas, _ in scaled(POLICY, 5, [(30, 500), (30, 0), (30, 0)] * 40)}
    assert pods == {5}


def test_the_worst_moment_of_a_cool_down_is_what_is_left_for() -> None:
    """Though less is enough at its end."""
    pods = [replicas for _, replicas, _ in scaled(POLICY, 10, [(60, 800), (60, 200), (60, 200), (60, 200), (60, 200)])]
    assert pods == [10, 10, 8, 8, 4]


def test_a_queue_that_could_not_be_read_proves_nothing() -> None:
    """The cool-down begins again."""
    pods = [replicas for _, replicas, _ in scaled(POLICY, 10, [(60, 0), (60, None), (60, 0), (60, 0), (60, 0)])]
    assert pods == [10, 10, 10, 10, 5]


def test_new_limits_hold_at_once() -> None:
    """Whatever the queue says, and even if it says nothing."""
    assert next_scale(replace(POLICY, most=4), ScalingMemory(10), 5_000, 0).replicas == 4
    assert next_scale(replace(POLICY, least=3), ScalingMemory(1), None, 0).replicas == 3


@given(policy=policies, start=st.integers(0, 50), seen=looks)
def test_pods_are_always_within_the_limits(policy: ScalingPolicy, start: int, seen: Seen) -> None:
    """From the first look on."""
    assert all(policy.least <= pods <= policy.most for _, pods, _ in scaled(policy, start, seen))


@given(policy=policies, start=st.integers(0, 50), seen=looks)
def test_pods_are_always_enough(policy: ScalingPolicy, start: int, seen: Seen) -> None:
    """Up fast: no look leaves fewer than are needed at that moment."""
    for _, pods, messages in scaled(policy, start, seen):
        assert messages is None or pods >= pods_for(policy, messages)


@given(policy=policies, seen=looks)
def test_a_cool_down_passes_between_any_change_and_fewer_pods(policy: ScalingPolicy, seen: Seen) -> None:
    """Never flapping: fewer pods twice, or more and then fewer, are a cool-down apart."""
    changed, before = 0.0, policy.least
    for now, pods, _ in scaled(policy, policy.least, seen):
        if pods < before:
            assert now - changed >= policy.cooldown
        if pods != before:
            changed, before = now, pods


@given(policy=policies, seen=looks)
def test_fewer_pods_were_enough_for_a_whole_cool_down(policy: ScalingPolicy, seen: Seen) -> None:
    """At every look of it, and every look was one: an unreadable queue is no proof."""
    trace = scaled(policy, policy.least, seen)
    before = policy.least
    for at, (now, pods, _) in enumerate(trace):
        if pods < before:
            window = [messages for then, _, messages in trace[: at + 1] if now - then < policy.cooldown]
            needed = [pods_for(policy, messages) for messages in window if messages is not None]
            assert len(needed) == len(window)
            assert all(each < before for each in needed)
            assert pods >= max(needed)
            assert pods >= before // 2
        before = pods


@given(policy=policies, start=st.integers(0, 50), messages=st.integers(0, 10_000))
def test_a_steady_load_comes_to_rest_with_what_it_needs(policy: ScalingPolicy, start: int, messages: int) -> None:
    """And stays there."""
    pods = [replicas for _, replicas, _ in scaled(policy, start, [(30, messages)] * 400)]
    assert set(pods[-100:]) == {pods_for(policy, messages)}
    assert sum(a != b for a, b in pairwise(pods)) <= 7


@given(policy=policies, start=st.integers(0, 50))
def test_an_unreadable_queue_changes_nothing_but_the_limits(policy: ScalingPolicy, start: int) -> None:
    """However long it lasts."""
    pods = {replicas for _, replicas, _ in scaled(policy, start, [(60, None)] * 50)}
    assert pods == {min(max(start, policy.least), policy.most)}
