"""Templates of the asynchronous pattern, each variant once a session."""

import functools
from collections.abc import Callable

import pytest

from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS


@pytest.fixture(scope="session")
def synthesize_async(
    synthesize_pattern: Callable[[str, Settings], SynthesizedStack],
) -> Callable[[str], SynthesizedStack]:
    """Return a function from a variant of the gate to the pattern's stack."""
    return functools.cache(lambda variant: synthesize_pattern("async", Settings.from_mapping(VARIANTS[variant])))


@pytest.fixture(scope="session")
def local_async(synthesize_async: Callable[[str], SynthesizedStack]) -> SynthesizedStack:
    """Return the local platform's stack."""
    return synthesize_async("local")


@pytest.fixture(scope="session")
def aws_async(synthesize_async: Callable[[str], SynthesizedStack]) -> SynthesizedStack:
    """Return the stack of stage ``dev`` on AWS."""
    return synthesize_async("aws")


@pytest.fixture(params=["local", "aws", "production"], scope="session")
def anywhere_async(
    request: pytest.FixtureRequest, synthesize_async: Callable[[str], SynthesizedStack]
) -> SynthesizedStack:
    """Return the stack of each target in turn."""
    return synthesize_async(request.param)
