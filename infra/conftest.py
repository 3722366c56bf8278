"""Fixtures of the tests of all members here.

Templates: each variant is synthesized once a session, all in one jsii process.
"""

import functools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from patterns_infra.app_folder import cdk_context, jsii_environment
from patterns_infra.bundles import build_bundle
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS

os.environ.update(jsii_environment())


SynthesizeAssembly = Callable[[str, Settings], Path]
SynthesizePattern = Callable[[str, Settings], SynthesizedStack]


@pytest.fixture(scope="session")
def synthesize_pattern(synthesize_assembly: SynthesizeAssembly) -> SynthesizePattern:
    """Return a function from a pattern's name and settings to its stack."""

    def synthesized(pattern: str, settings: Settings) -> SynthesizedStack:
        return SynthesizedStack(synthesize_assembly(pattern, settings), PATTERNS[pattern].stack_name(settings.stage))

    return synthesized


@pytest.fixture(scope="session")
def synthesize_assembly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SynthesizeAssembly]:
    """Return a function from a pattern's name and settings to all its stacks; each bundle is made once a session."""
    # Imported here, since tests without templates need not wait for the CDK.
    from aws_cdk import App  # noqa: PLC0415

    from patterns_infra.stacks.composition import add_stacks  # noqa: PLC0415

    def synthesized(pattern: str, settings: Settings) -> Path:
        folder = tmp_path_factory.mktemp("assembly")
        app = App(analytics_reporting=False, context=cdk_context(), outdir=str(folder))
        add_stacks(app, settings=settings, patterns=[PATTERNS[pattern]])
        app.synth()
        return folder

    once = functools.cache(build_bundle)
    with pytest.MonkeyPatch.context() as patch:
        for pattern in PATTERNS.values():
            patch.setattr(f"{pattern.stack.partition(':')[0]}.build_bundle", once, raising=False)
        yield synthesized


@pytest.fixture(scope="session")
def production_assembly(synthesize_assembly: SynthesizeAssembly) -> Callable[[str], Path]:
    """Return a function from a pattern's name to its stacks of stage ``production``, made once."""
    return functools.cache(lambda name: synthesize_assembly(name, Settings.from_mapping(VARIANTS["production"])))


@pytest.fixture(scope="session")
def production_stack(production_assembly: Callable[[str], Path]) -> Callable[[str], SynthesizedStack]:
    """Return a function from a pattern's name to its stack of stage ``production``."""
    return lambda name: SynthesizedStack(production_assembly(name), PATTERNS[name].stack_name("production"))


@pytest.fixture(scope="session")
def synthesize_anew(synthesize_pattern: SynthesizePattern) -> Callable[[Settings], SynthesizedStack]:
    """Return a function from settings to the web API's stack."""
    return functools.partial(synthesize_pattern, "web_api")


@pytest.fixture(scope="session")
def synthesize(synthesize_anew: Callable[[Settings], SynthesizedStack]) -> Callable[[str], SynthesizedStack]:
    """Return a function from a variant of the gate to its stack, made once."""
    return functools.cache(lambda variant: synthesize_anew(Settings.from_mapping(VARIANTS[variant])))


@pytest.fixture(scope="session")
def local(synthesize: Callable[[str], SynthesizedStack]) -> SynthesizedStack:
    """Return the local platform's stack."""
    return synthesize("local")


@pytest.fixture(scope="session")
def aws(synthesize: Callable[[str], SynthesizedStack]) -> SynthesizedStack:
    """Return the stack of stage ``dev`` on AWS."""
    return synthesize("aws")


@pytest.fixture(scope="session")
def production(synthesize: Callable[[str], SynthesizedStack]) -> SynthesizedStack:
    """Return the stack of stage ``production`` on AWS."""
    return synthesize("production")


@pytest.fixture(params=["local", "aws", "production"], scope="session")
def anywhere(request: pytest.FixtureRequest, synthesize: Callable[[str], SynthesizedStack]) -> SynthesizedStack:
    """Return the stack of each target in turn."""
    return synthesize(request.param)


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Return a function that waits until what it is given answers something true, and gives that answer."""

    def wait(ask: Callable[[], Any], seconds: float = 60.0) -> Any:  # noqa: ANN401 - whatever is asked for
        deadline = time.monotonic() + seconds
        while True:
            answer = ask()
            if answer or time.monotonic() >= deadline:
                return answer
            time.sleep(0.05)

    return wait
