"""AppSync next to the shop's web API, on the local platform: GraphQL queries of its orders, and an event to a customer.

``patterns up web_api`` first; README.md says what is shown, and what AWS does otherwise.
"""

import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from patterns_cli.commands.customer_token import LOCAL_CUSTOMER, local_token
from patterns_cli.commands.failures import CommandError
from patterns_deploy.errors import PlatformError
from patterns_local.local_aws import ROOT_KEYS
from patterns_local.platform import Platform

STACK, EVENTS = "appsync-example", "appsync-example-events"
OTHER_CUSTOMER = "other@example.com"
TEMPLATE = Path(__file__).with_name("template.yaml")
COGNITO, IAM = [{"authType": "AMAZON_COGNITO_USER_POOLS"}], [{"authType": "AWS_IAM"}]


def main() -> int:
    """Show it, or say in one line why not."""
    try:
        platform = Platform.require()
        tokens = [local_token(platform, email) for email in (LOCAL_CUSTOMER, OTHER_CUSTOMER)]
        run(platform, *tokens, names=platform.outputs()["web_api"])
    except (PlatformError, CommandError) as error:
        return _fail(str(error))
    except (ClientError, BotoCoreError, httpx.HTTPError, aiohttp.ClientError, TimeoutError, RuntimeError) as error:
        return _fail(f"{type(error).__name__}: {error}")
    return 0


def run(platform: Platform, token: str, other: str, *, names: dict[str, Any]) -> None:
    """Deploy, show, and delete again, also after a failure."""
    try:
        graphql = deploy(platform, names)
        host = create_event_api(platform, names)
        order_id = place_order(names, token)
        show_graphql(f"{platform.endpoint_url}/v1/apis/{graphql}/graphql", token, other, order_id)
        asyncio.run(show_events(platform, host, token, order_id))
    finally:
        delete(platform)


def deploy(platform: Platform, names: dict[str, Any]) -> str:
    """Create the stack and return the GraphQL API's id."""
    values = {"UserPoolId": names["user_pool_id"], "OrdersTable": names["orders_table"], "EventApi": "false"}
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    stacks = platform.client("cloudformation")
    stacks.create_stack(
        StackName=STACK, TemplateBody=TEMPLATE.read_text(), Parameters=given, Capabilities=["CAPABILITY_IAM"]
    )
    stacks.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    outputs = stacks.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
    say(f"deployed {STACK}")
    return next(str(output["OutputValue"]) for output in outputs if output["OutputKey"] == "GraphQLApiId")


def create_event_api(platform: Platform, names: dict[str, Any]) -> str:
    """Create what the template has under its condition, and return its host: the emulator's CloudFormation cannot."""
    appsync = platform.client("appsync")
    pool = {"userPoolId": names["user_pool_id"], "awsRegion": platform.region}
    modes = {"connectionAuthModes": COGNITO, "defaultSubscribeAuthModes": COGNITO, "defaultPublishAuthModes": IAM}
    providers = [{**COGNITO[0], "cognitoConfig": pool}, *IAM]
    api = appsync.create_api(name=EVENTS, eventConfig={"authProviders": providers, **modes})["api"]
    appsync.create_channel_namespace(apiId=api["apiId"], name="outcomes", subscribeAuthModes=COGNITO)
    return str(api["dns"]["HTTP"])


def delete(platform: Platform) -> None:
    """Delete the Event API and the stack."""
    appsync, stacks = platform.client("appsync"), platform.client("cloudformation")
    for api in appsync.list_apis()["apis"]:
        if api["name"] == EVENTS:
            appsync.delete_api(apiId=api["apiId"])
    stacks.delete_stack(StackName=STACK)
    stacks.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    say("deleted the stack and the Event API")


def place_order(names: dict[str, Any], token: str) -> str:
    """Place an order through the web API, as its customer."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
    order = {"lines": [{"sku": "TEA-ASSAM-100", "quantity": 2}]}
    placed = httpx.post(f"{names['api_url']}/orders", headers=headers, json=order, timeout=60, trust_env=False)
    order_id = str(placed.raise_for_status().json()["order_id"])
    say(f"placed {order_id} through the web API")
    return order_id


def show_graphql(url: str, token: str, other: str, order_id: str) -> None:
    """Query one order and the customer's orders; then as another customer, and without a token."""
    query = {"query": "query($id: ID!) { order(id: $id) { status total } orders { order_id } }"}
    asked = {**query, "variables": {"id": order_id}}
    data, data_of_other = (_data(url, asked, as_customer) for as_customer in (token, other))
    listed = [order["order_id"] for order in data["orders"]]
    say(f"GraphQL order: {json.dumps(data['order'])}")
    say(f"GraphQL orders: {len(listed)}, the new one {'is' if order_id in listed else 'is not'} among them")
    say(f"GraphQL order, asked by another customer: {json.dumps(data_of_other['order'])}")
    say(f"GraphQL without a token: {httpx.post(url, json=asked, timeout=60, trust_env=False).status_code}")


def _data(url: str, asked: dict[str, Any], token: str) -> dict[str, Any]:
    given = httpx.post(url, json=asked, headers={"Authorization": token}, timeout=60, trust_env=False).json()
    if given.get("errors"):
        raise RuntimeError(f"GraphQL answered {given['errors']}")
    return dict(given["data"])


async def show_events(platform: Platform, host: str, token: str, order_id: str) -> None:
    """Subscribe as the customer, publish an outcome as the shop, and wait for it."""
    payload = token.split(".")[1]
    channel = f"/outcomes/{json.loads(base64.urlsafe_b64decode(payload + '=='))['sub']}"
    # The names are those that AppSync gives; the address behind them is the platform's, whatever resolves names here.
    realtime = host.replace("appsync-api", "appsync-realtime-api")
    authorization = {"host": host, "Authorization": token}
    encoded = base64.urlsafe_b64encode(json.dumps(authorization).encode()).decode().rstrip("=")
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session,
        session.ws_connect(
            f"{platform.endpoint_url}/event/realtime",
            headers={"Host": realtime},
            protocols=("aws-appsync-event-ws", f"header-{encoded}"),
        ) as socket,
    ):
        await socket.send_json({"type": "connection_init"})
        await _next(socket, "connection_ack")
        await socket.send_json({"type": "subscribe", "id": "1", "channel": channel, "authorization": authorization})
        await _next(socket, "subscribe_success")
        event = json.dumps({"order_id": order_id, "status": "CONFIRMED"})
        body = json.dumps({"channel": channel, "events": [event]})
        request = AWSRequest("POST", f"http://{host}/event", {"Content-Type": "application/json", "Host": host}, body)
        SigV4Auth(Credentials(*ROOT_KEYS), "appsync", platform.region).add_auth(request)
        url, headers = f"{platform.endpoint_url}/event", dict(request.headers.items())
        async with session.post(url, data=body, headers=headers) as answer:
            say(f"published to outcomes: {answer.status}")
        say(f"the subscriber got: {(await _next(socket, 'data'))['event']}")


async def _next(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while (message := await socket.receive_json())["type"] == "ka":
            pass
    if message["type"] != kind:
        raise RuntimeError(f"instead of {kind} AppSync Events sent {message}")
    return dict(message)


def say(line: str) -> None:
    """Print at once: each line is a step."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _fail(reason: str) -> int:
    sys.stderr.write(f"appsync example: {reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
