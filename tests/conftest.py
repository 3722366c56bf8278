"""One local platform for all tests of a session, with people on it, apart from the developer's own."""

import os
import secrets
from collections.abc import Iterator

import httpx
import pytest
from tests.calls import SignUp
from tests.clients import administrator
from tests.invocations import InvocationCounter
from tests.stack import WebApiStack

from patterns_cli.demo import shoppers
from patterns_cli.demo.shoppers import Shopper
from patterns_deploy.folder import LocalFolder
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_local.platform import LOCAL_STAGE, Platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Start a platform of our own with every pattern on it; it ends with this process, however that ends.

    While tests are being written, ``PATTERNS_LOCAL_STATE`` names a folder whose running platform is taken instead.
    """
    named = "PATTERNS_LOCAL_STATE" in os.environ
    folder = LocalFolder.default() if named else LocalFolder(tmp_path_factory.mktemp("platform"))
    with Platform.start(folder=folder) as started:
        yield started


@pytest.fixture(scope="session")
def stack(platform: Platform) -> WebApiStack:
    """Return the web API's deployed resources."""
    return WebApiStack(platform, PATTERNS["web_api"].stack_name(LOCAL_STAGE))


@pytest.fixture(scope="session")
def outputs(platform: Platform) -> dict[str, str]:
    """Return what ``patterns outputs`` tells of the web API."""
    return {key: value for key, value in platform.outputs()["web_api"].items() if value is not None}


@pytest.fixture(scope="session")
def user_pool_id(outputs: dict[str, str]) -> str:
    """Return the shop's user pool."""
    return outputs["user_pool_id"]


@pytest.fixture(scope="session")
def user_pool_client_id(outputs: dict[str, str]) -> str:
    """Return the web page's client of the pool."""
    return outputs["user_pool_client_id"]


@pytest.fixture(scope="session")
def orders_table(outputs: dict[str, str]) -> str:
    """Return the name of the orders table."""
    return outputs["orders_table"]


@pytest.fixture(scope="session")
def site_origin() -> str:
    """Return the one origin whose pages may call the API, by the settings, not by what is deployed."""
    return Settings(stage=LOCAL_STAGE).browser_origin


@pytest.fixture(scope="session")
def api(outputs: dict[str, str]) -> Iterator[httpx.Client]:
    """Return a client of the deployed API, through the gateway, whatever proxies the user has set."""
    limits = httpx.Limits(max_connections=50, max_keepalive_connections=50)
    with httpx.Client(base_url=outputs["api_url"], timeout=60, limits=limits, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def sign_up(platform: Platform, user_pool_id: str, user_pool_client_id: str) -> SignUp:
    """Return how a new customer comes in."""

    def make() -> Shopper:
        email = f"{secrets.token_hex(8)}@example.com"
        client = administrator(platform, "cognito-idp")
        return shoppers.sign_up(client, user_pool_id, user_pool_client_id, email, group="customers")

    return make


@pytest.fixture(scope="session")
def alice(sign_up: SignUp) -> Shopper:
    """Return a customer."""
    return sign_up()


@pytest.fixture(scope="session")
def bob(sign_up: SignUp) -> Shopper:
    """Return another customer."""
    return sign_up()


@pytest.fixture(scope="session")
def operator(platform: Platform, user_pool_id: str, user_pool_client_id: str) -> Shopper:
    """Return an operator, who may read every order."""
    client, email = administrator(platform, "cognito-idp"), f"{secrets.token_hex(8)}@example.com"
    return shoppers.sign_up(client, user_pool_id, user_pool_client_id, email, group="operators")


@pytest.fixture(scope="session")
def invocations(platform: Platform, stack: WebApiStack) -> InvocationCounter:
    """Return how often the API function was called so far, by the lines that Lambda itself writes to its log."""
    group, logs = stack.log_group("api"), administrator(platform, "logs")

    def count() -> int:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern='"START RequestId"')
        return sum(event["message"].startswith("START RequestId") for page in pages for event in page["events"])

    return count
