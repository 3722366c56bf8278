"""What parts of a CloudFormation template say: types, names, references."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["logical_ids", "name_of", "texts", "type_of", "values_at"]


def type_of(resource: Mapping[str, Any]) -> str:
    """Return a resource's type without ``AWS::``."""
    return str(resource["Type"]).removeprefix("AWS::")


def name_of(pattern: str, logical: str) -> str:
    """Return how a resource is called here: the CDK ends logical ids with eight digits of a hash."""
    return f"{pattern}.{re.sub('[0-9A-F]{8}$', '', logical)}"


def values_at(value: object, path: Sequence[str]) -> Iterator[object]:
    """Yield what is at a path of properties; a list on the way is gone through."""
    if isinstance(value, list):
        for inner in value:
            yield from values_at(inner, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from values_at(value[path[0]], path[1:])


def logical_ids(value: object) -> Iterator[str]:
    """Yield the logical ids that a value of a template refers to."""
    if isinstance(value, Mapping):
        if "Ref" in value:
            yield value["Ref"]
        elif "Fn::GetAtt" in value:
            yield value["Fn::GetAtt"][0]
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from logical_ids(inner)


def texts(value: object) -> Iterator[str]:
    """Yield all texts in a value of a template."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from texts(inner)
