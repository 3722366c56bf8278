"""The chosen patterns' stacks in one app."""

from collections.abc import Iterable

from aws_cdk import App, Stack, Tags

from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings

__all__ = ["add_stacks"]


def add_stacks(app: App, *, settings: Settings, patterns: Iterable[Pattern]) -> list[Stack]:
    """Add one stack for each pattern; every resource says which stage and pattern it belongs to.

    Raises:
        SettingsError: a pattern needs a setting that is not there.
    """
    stacks = []
    for pattern in patterns:
        settings.require(pattern.needs, of=pattern.name)
        stack = pattern.load_stack()(app, pattern.stack_name(settings.stage), pattern=pattern, settings=settings)
        Tags.of(stack).add("patterns:stage", settings.stage)
        Tags.of(stack).add("patterns:pattern", pattern.name)
        stacks.append(stack)
    return stacks
