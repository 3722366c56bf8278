"""The CDK app: one stack for each pattern of the registry, or those that ``-c patterns=a,b`` names."""

import sys

from aws_cdk import App, Tags

from patterns_infra.bundles import BundleError
from patterns_infra.constructs.request_schema import MissingSchema
from patterns_infra.registry import UnknownPattern, select
from patterns_infra.settings import Settings, SettingsError


def main() -> None:
    """Synthesize to ``CDK_OUTDIR``; what the user can mend is one line and exit code 2."""
    app = App(analytics_reporting=False)
    try:
        settings = Settings.from_context(app.node)
        for pattern in select(app.node.try_get_context("patterns") or ""):
            stack = pattern.load_stack()(app, pattern.stack_name(settings.stage), pattern=pattern, settings=settings)
            Tags.of(stack).add("patterns:stage", settings.stage)
            Tags.of(stack).add("patterns:pattern", pattern.name)
    except (SettingsError, UnknownPattern, BundleError, MissingSchema) as error:
        sys.stderr.write(f"patterns: {error}\n")
        sys.exit(2)
    app.synth()


if __name__ == "__main__":
    main()
