"""What an error response must look like: RFC 9457, from the gateway as from the function."""

import httpx

__all__ = ["fields_of", "is_problem"]

TYPES = "https://patterns.example.com/problems/"
_LEAKS = ("Traceback", "site-packages", "botocore", "patterns_web_api", "patterns_shared")


def is_problem(response: httpx.Response, status: int, slug: str | None = None) -> bool:
    """Whether it is a problem document of this status (and type), with nothing of the program's inside in it.

    Raises:
        AssertionError: naming what differs.
    """
    shown = f"{response.request.method} {response.request.url} gave {response.status_code}: {response.text[:500]}"
    assert response.status_code == status, shown
    assert response.headers["content-type"].startswith("application/problem+json"), shown
    problem = response.json()
    assert problem["status"] == status, shown
    assert problem["title"], shown
    assert problem["type"].startswith(TYPES), shown
    assert slug is None or problem["type"] == TYPES + slug, shown
    assert not [leak for leak in _LEAKS if leak in response.text], shown
    return True


def fields_of(response: httpx.Response) -> set[str]:
    """Return the fields that a validation problem names."""
    return {error["field"] for error in response.json()["errors"]}
