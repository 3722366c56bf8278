"""Templates of the batch pattern, each variant once a session."""

import functools
from collections.abc import Callable

import pytest

from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS


@pytest.fixture(scope="session")
def synthesize_batch(
    synthesize_pattern: Callable[[str, Settings], SynthesizedStack],
) -> Callable[[str], SynthesizedStack]:
    """Return a function from a variant of the gate to the pattern's stack."""
    zone = {"time_zone": "Europe/Berlin"}
    return functools.cache(
        lambda variant: synthesize_pattern("batch", Settings.from_mapping({**VARIANTS[variant], **zone}))
    )


@pytest.fixture(scope="session")
def local_batch(synthesize_batch: Callable[[str], SynthesizedStack]) -> SynthesizedStack:
    """Return the local platform's stack."""
    return synthesize_batch("local")


@pytest.fixture(scope="session")
def aws_batch(synthesize_batch: Callable[[str], SynthesizedStack]) -> SynthesizedStack:
    """Return the stack of stage ``dev`` on AWS."""
    return synthesize_batch("aws")


@pytest.fixture(scope="session")
def exporting_batch(synthesize_batch: Callable[[str], SynthesizedStack]) -> SynthesizedStack:
    """Return the stack that reads a day's orders from a point-in-time export."""
    return synthesize_batch("private")


@pytest.fixture(params=["local", "aws", "production"], scope="session")
def anywhere_batch(
    request: pytest.FixtureRequest, synthesize_batch: Callable[[str], SynthesizedStack]
) -> SynthesizedStack:
    """Return the stack of each target in turn."""
    return synthesize_batch(request.param)
