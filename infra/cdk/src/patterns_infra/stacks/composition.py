"""The chosen patterns' stacks in one app."""

from collections.abc import Callable, Iterable

from aws_cdk import App, Stack, Tags

from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings
from patterns_infra.stacks.images import ImagesStack

__all__ = ["add_stacks"]


def add_stacks(app: App, *, settings: Settings, patterns: Iterable[Pattern]) -> list[Stack]:
    """Add each pattern's stack, after that of its images; every resource says which stage and pattern it belongs to.

    Raises:
        SettingsError: a pattern needs a setting that is not there.
    """
    stacks = []
    for pattern in patterns:
        settings.require(pattern.required(production=settings.production), of=pattern.name)
        added: list[Stack] = []
        for kind, name in zip(_kinds(pattern), pattern.stack_names(settings.stage), strict=True):
            stack = kind(app, name, pattern=pattern, settings=settings)
            Tags.of(stack).add("patterns:stage", settings.stage)
            Tags.of(stack).add("patterns:pattern", pattern.name)
            for before in added:
                stack.add_stack_dependency(before)
            added.append(stack)
        stacks += added
    return stacks


def _kinds(pattern: Pattern) -> tuple[Callable[..., Stack], ...]:
    return (*((ImagesStack,) if pattern.images else ()), pattern.load_stack())
