"""``/docs``: Swagger UI as one page that loads nothing but the API's own document.

FastAPI's page takes script, style sheet and icon from servers of others. Here they come from a pinned package and stand
in the page itself: the gateway needs no routes for them, and the content security policy names them by their hashes.
"""

import hashlib
from base64 import b64encode
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

__all__ = ["documentation_route"]

_ASSETS = "fastapi_offline"
"""The package that has Swagger UI's files: it is not imported, only read from."""

# No validator: its badge would send the document's address to a third party's server.
_START = """
SwaggerUIBundle({{
  url: '{schema}',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
}})
"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<div id="swagger-ui"></div>
<script>{library}</script>
<script>{start}</script>
</body>
</html>
"""


def documentation_route(*, path: str, openapi_url: str, title: str) -> Route:
    """Return the page's route; it reads its files when it is first asked for."""

    async def show_documentation(request: Request) -> HTMLResponse:
        # Quoted: the stage's path is the gateway's word, and stands in a script here.
        schema = quote(request.scope.get("root_path", "").rstrip("/") + openapi_url)
        library, style = _library(), _style()
        start = _START.format(schema=schema)
        page = _PAGE.format(title=title, style=style, library=library, start=start)
        return HTMLResponse(page, headers={"Content-Security-Policy": _policy(library, start)})

    return Route(path, show_documentation, include_in_schema=False)


def _policy(*scripts: str) -> str:
    # Swagger UI puts styles on elements; of scripts only these two run, and only the API is asked for anything.
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _sha256(text: str) -> str:
    return b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _library() -> str:
    text = _read("swagger-ui-bundle.js")
    # In a script element these would end it, or hide its end: https://html.spec.whatwg.org/#restrictions-for-contents-of-script-elements
    for part in ("<!--", "<script", "</script"):
        text = text.replace(part, f"\\x3C{part[1:]}")
    return text


@cache
def _style() -> str:
    return _read("swagger-ui.css")


def _read(name: str) -> str:
    spec = find_spec(_ASSETS)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(_ASSETS)
    return (Path(spec.submodule_search_locations[0]) / "static" / name).read_text(encoding="utf-8")
