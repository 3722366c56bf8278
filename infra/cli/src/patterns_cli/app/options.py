"""Arguments and options that several commands have."""

from typing import Annotated

import typer

from patterns_infra.settings import Target

__all__ = [
    "LocalSettings",
    "NamedPatterns",
    "Patterns",
    "RegionOption",
    "Settings",
    "StageOption",
    "TargetOption",
    "Yes",
]

Patterns = Annotated[list[str] | None, typer.Argument(metavar="[PATTERN]…", help="all of them by default")]
NamedPatterns = Annotated[list[str], typer.Argument(metavar="PATTERN…")]
TargetOption = Annotated[Target, typer.Option(help="where to")]
StageOption = Annotated[str | None, typer.Option(help="name of the deployment; 'local' by default for target local")]
RegionOption = Annotated[str | None, typer.Option(help="AWS region, for target aws")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="a setting, for example site_origin=https://…")
]
LocalSettings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="a setting, for example partner_url=http://…")
]
Yes = Annotated[bool, typer.Option("--yes", help="do not ask before touching an AWS account")]
