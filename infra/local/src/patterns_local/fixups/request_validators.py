"""API Gateway's request validators: ``RequestValidatorId`` of a method, and the validator itself."""

from patterns_local.fixups.deployed_stack import DeployedResource, DeployedStack

__all__ = ["apply"]


def apply(stack: DeployedStack) -> int:
    """Create each API's validators, give them to its methods, and drop those of an earlier deployment."""
    validators = {x.physical_id: x for x in stack.resources("AWS::ApiGateway::RequestValidator")}
    touched = 0
    for method in stack.resources("AWS::ApiGateway::Method"):
        validator = validators.get(method.properties.get("RequestValidatorId", ""))
        if validator is None:
            continue
        touched += _give(stack, method, validator)
    return touched


def _give(stack: DeployedStack, method: DeployedResource, validator: DeployedResource) -> int:
    client = stack.client("apigateway")
    api = method.properties["RestApiId"]
    place = {
        "restApiId": api,
        "resourceId": _resource_id(stack, method),
        "httpMethod": method.properties["HttpMethod"],
    }
    wanted = _ensure(stack, api, validator)
    if client.get_method(**place).get("requestValidatorId") == wanted:
        return 0
    client.update_method(**place, patchOperations=[{"op": "replace", "path": "/requestValidatorId", "value": wanted}])
    return 1


def _ensure(stack: DeployedStack, api: str, validator: DeployedResource) -> str:
    """Return the id of the API's validator with this one's settings, created when there is none."""
    client = stack.client("apigateway")
    body = bool(validator.properties.get("ValidateRequestBody", False))
    parameters = bool(validator.properties.get("ValidateRequestParameters", False))
    for found in client.get_request_validators(restApiId=api)["items"]:
        if (found.get("validateRequestBody"), found.get("validateRequestParameters")) == (body, parameters):
            existing: str = found["id"]
            return existing
    made: str = client.create_request_validator(
        restApiId=api,
        name=validator.properties.get("Name", validator.logical_id),
        validateRequestBody=body,
        validateRequestParameters=parameters,
    )["id"]
    return made


def _resource_id(stack: DeployedStack, method: DeployedResource) -> str:
    """Return the method's resource; the root is an attribute of the API, which only the API can tell."""
    resource = method.properties["ResourceId"]
    if isinstance(resource, str):
        return resource
    pages = stack.client("apigateway").get_paginator("get_resources").paginate(restApiId=method.properties["RestApiId"])
    root: str = next(item["id"] for page in pages for item in page["items"] if item["path"] == "/")
    return root
