"""What the tests of the API share."""

from collections.abc import Callable
from functools import partial

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics

from patterns_shared.observability.logger import make_logger
from patterns_shared.observability.metrics import make_metrics
from patterns_web_api.testing import Shop
from patterns_web_api.testing import make_shop as make


@pytest.fixture(scope="session")
def metrics() -> Metrics:
    """Powertools keeps one state for all metrics of a process, so that there is one object here too."""
    return make_metrics("web_api", "test")


@pytest.fixture(scope="session")
def logger() -> Logger:
    """The function's logger."""
    return make_logger("web_api", "test")


@pytest.fixture
def make_shop(metrics: Metrics, logger: Logger) -> Callable[..., Shop]:
    """Return what makes a shop; its settings and its store can be other ones."""
    return partial(make, logger=logger, metrics=metrics)


@pytest.fixture
def shop(make_shop: Callable[..., Shop]) -> Shop:
    """A shop with no orders."""
    return make_shop()
