"""Templates for the tests: each variant is synthesized once a session, all in one jsii process."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from patterns_infra.synth import cdk_context, jsii_environment
from patterns_infra.synthesized import SynthesizedStack

os.environ.update(jsii_environment())


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], SynthesizedStack]:
    """Return a function from a variant's name to its stack."""
    from aws_cdk import App  # noqa: PLC0415 - half a second that tests without templates need not wait

    from patterns_infra.registry import PATTERNS  # noqa: PLC0415
    from patterns_infra.settings import Settings  # noqa: PLC0415
    from patterns_infra.stacks.composition import add_stacks  # noqa: PLC0415
    from patterns_infra.synth_check import VARIANTS  # noqa: PLC0415

    made: dict[str, SynthesizedStack] = {}

    def synthesized(variant: str) -> SynthesizedStack:
        if variant not in made:
            folder = tmp_path_factory.mktemp(variant)
            app = App(analytics_reporting=False, context=cdk_context(), outdir=str(folder))
            settings = Settings.from_mapping(VARIANTS[variant])
            add_stacks(app, settings=settings, patterns=[PATTERNS["web_api"]])
            app.synth()
            name = PATTERNS["web_api"].stack_name(settings.stage)
            made[variant] = SynthesizedStack(json.loads((Path(folder) / f"{name}.template.json").read_text()))
        return made[variant]

    return synthesized


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
