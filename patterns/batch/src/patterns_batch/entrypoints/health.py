"""Whether the program can work where it is: what the container's HEALTHCHECK asks."""

import sys
from collections.abc import Mapping

from patterns_batch.application.workplace import workplace
from patterns_batch.settings import Settings

__all__ = ["check_health"]


def check_health(environment: Mapping[str, str]) -> int:
    """Have the engine count to one on the scratch disk, and return 0; no call leaves the container.

    Raises:
        BadInput: naming the setting that is absent or wrong.
    """
    with workplace(Settings.from_environment(environment)) as place:
        path = place.folder / "one.parquet"
        place.database.execute(f"COPY (SELECT 1 AS one) TO '{path}' (FORMAT parquet)")
        (one,) = place.database.execute(f"SELECT one FROM read_parquet('{path}')").fetchall()[0]
    sys.stdout.write("healthy\n")
    return 0 if one == 1 else 1
