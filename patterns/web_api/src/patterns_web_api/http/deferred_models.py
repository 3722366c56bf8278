"""Pydantic models that are built on first use.

FastAPI defines the three dozen models of an OpenAPI document while it is imported. Only the documentation uses them,
and building them is a tenth of a cold start.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel

__all__ = ["built_on_first_use"]


@contextmanager
def built_on_first_use() -> Iterator[None]:
    """Set Pydantic's ``defer_build`` for every model that is defined meanwhile; models inherit their base's settings.

    https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.defer_build
    """
    BaseModel.model_config["defer_build"] = True
    try:
        yield
    finally:
        del BaseModel.model_config["defer_build"]
