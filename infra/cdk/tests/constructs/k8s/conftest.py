"""Templates of the Kubernetes pattern, each variant once a session."""

import functools
from collections.abc import Callable

import pytest

from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS

Synthesize = Callable[[str], SynthesizedStack]


@pytest.fixture(scope="session")
def synthesize_k8s_with(
    synthesize_pattern: Callable[[str, Settings], SynthesizedStack],
) -> Callable[..., SynthesizedStack]:
    """Return a function from settings, beside those of stage ``dev`` on AWS, to the pattern's stack."""
    return lambda **more: synthesize_pattern("k8s", Settings.from_mapping({**VARIANTS["aws"], **more}))


@pytest.fixture(scope="session")
def synthesize_k8s(synthesize_pattern: Callable[[str, Settings], SynthesizedStack]) -> Synthesize:
    """Return a function from a variant of the gate to the pattern's stack."""
    return functools.cache(lambda variant: synthesize_pattern("k8s", Settings.from_mapping(VARIANTS[variant])))


@pytest.fixture(scope="session")
def auto_k8s(synthesize_k8s: Synthesize) -> SynthesizedStack:
    """Return the stack of stage ``dev`` on AWS, whose nodes EKS looks after."""
    return synthesize_k8s("aws")


@pytest.fixture(scope="session")
def managed_k8s(synthesize_k8s: Synthesize) -> SynthesizedStack:
    """Return the stack with a managed node group and a private API."""
    return synthesize_k8s("managed-nodes")


@pytest.fixture(params=["local", "aws", "production", "managed-nodes", "public-nodes"], scope="session")
def anywhere_k8s(request: pytest.FixtureRequest, synthesize_k8s: Synthesize) -> SynthesizedStack:
    """Return the stack of each target and kind of nodes in turn."""
    return synthesize_k8s(request.param)
