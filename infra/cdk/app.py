"""The CDK app: one stack for each pattern of the registry, or for those that ``-c patterns=a,b`` names."""

import sys

from aws_cdk import App

from patterns_infra.bundles import BundleError
from patterns_infra.registry import UnknownPattern, select
from patterns_infra.settings import Settings, SettingsError
from patterns_infra.stacks.composition import add_stacks


def main() -> None:
    """Synthesize to ``CDK_OUTDIR``; what the user can mend is one line and exit code 2."""
    app = App(analytics_reporting=False)
    try:
        settings = Settings.from_context(app.node)
        add_stacks(app, settings=settings, patterns=select(app.node.try_get_context("patterns") or ""))
    except (SettingsError, UnknownPattern, BundleError) as error:
        sys.stderr.write(f"patterns: {error}\n")
        sys.exit(2)
    app.synth()


if __name__ == "__main__":
    main()
