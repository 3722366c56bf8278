"""`patterns outputs`, `patterns env` and `patterns status`."""

import json
import sys

from patterns_cli.commands.failures import FAILED, CommandError, WrongUse
from patterns_cli.commands.shown import as_data, show_status
from patterns_cli.status import read_status
from patterns_deploy.outputs import read_outputs
from patterns_deploy.place import Place
from patterns_deploy.real_aws import open_aws
from patterns_infra.settings import Target
from patterns_local.local_aws import shell_exports
from patterns_local.platform import LOCAL_STAGE, Platform

__all__ = ["env", "outputs", "place_of", "status"]


def place_of(target: Target, stage: str | None, region: str | None) -> Place:
    """Return the place that a command's options name.

    Raises:
        CommandError: options that do not go together.
        NotRunning: the local platform is meant and not up.
        AwsUnavailable: AWS is meant and cannot be reached.
    """
    if target is Target.AWS:
        if not stage:
            raise CommandError("--target aws needs --stage")
        return open_aws(stage, region).place
    return Platform.require(stage=stage or LOCAL_STAGE).place


def outputs(target: Target, stage: str | None, region: str | None, *, name: str | None = None) -> None:
    """Write one JSON document, or one value of it, which ``name`` leads to: ``web_api.api_url``.

    Raises:
        WrongUse: there is no value of this name.
    """
    place = place_of(target, stage, region)
    found = read_outputs(place)
    if name is None:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    values = {f"{pattern}.{key}": value for pattern, names in found.items() for key, value in names.items() if value}
    if name not in values:
        raise WrongUse(
            f"there is no output {name!r} in {place.target} stage {place.stage} (choose from: {', '.join(values)})"
        )
    sys.stdout.write(f"{values[name]}\n")


def env() -> None:
    """Write lines for the shell's eval."""
    platform = Platform.require()
    sys.stdout.write(shell_exports(platform.endpoint_url, platform.kubeconfig))


def status(target: Target, stage: str | None, region: str | None, *, as_json: bool) -> None:
    """Show every pattern's health; exit non-zero when one has a problem or none is deployed."""
    place = place_of(target, stage, region)
    found = read_status(place, read_outputs(place))
    if as_json:
        sys.stdout.write(json.dumps(as_data(found), indent=2) + "\n")
    else:
        show_status(found)
    if not any(x.stack for x in found):
        raise CommandError(f"no pattern is deployed to {place.target} stage {place.stage}")
    if any(x.problems for x in found):
        sys.exit(FAILED)
