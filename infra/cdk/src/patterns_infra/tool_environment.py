"""The environment of the programs that a build runs: uv, the CDK app, Node, Go, Docker, kubectl.

Their output is read, and part of it is hashed, so it must not depend on how the user likes a terminal to look.
``FORCE_COLOR=0`` turns colours on in some of them (https://force-color.org), and the CDK CLI sets it in a pipe.
"""

import os
from collections.abc import Mapping

__all__ = ["tool_environment"]

_DROPPED = {
    # colours and pagers
    *("FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "PY_COLORS", "PYTHON_COLORS", "PAGER", "GREP_OPTIONS"),
    # the language of messages, and how text is encoded
    *("LANG", "LANGUAGE", "PYTHONIOENCODING", "PYTHONLEGACYWINDOWSSTDIO"),
    # what an interpreter imports, and how it behaves
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONSAFEPATH", "PYTHONNOUSERSITE", "PYTHONPLATLIBDIR"),
    *("PYTHONOPTIMIZE", "PYTHONINSPECT", "PYTHONVERBOSE", "PYTHONDEBUG", "PYTHONWARNINGS", "PYTHONDEVMODE"),
    *(
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONPYCACHEPREFIX",
        "PYTHONBREAKPOINT",
        "PYTHONEXECUTABLE",
        "PYTHONINTMAXSTRDIGITS",
    ),
    *("VIRTUAL_ENV", "NODE_OPTIONS", "NODE_PATH", "NODE_ENV", "NODE_DEBUG", "DEBUG"),
    # what uv exports and installs: the lock file decides
    *("UV_PYTHON", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_WORKING_DIRECTORY", "UV_FROZEN", "UV_LOCKED"),
    *("UV_ENV_FILE", "UV_NO_DEV", "UV_DEV", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE", "UV_EXCLUDE_NEWER"),
    *("UV_RESOLUTION", "UV_PRERELEASE", "UV_NO_BINARY", "UV_NO_BUILD", "UV_ONLY_BINARY", "UV_REQUIRE_HASHES"),
    *("UV_COMPILE_BYTECODE", "UV_LINK_MODE", "UV_TARGET", "UV_SYSTEM_PYTHON", "UV_QUIET", "UV_VERBOSE", "UV_PREVIEW"),
    *("UV_NO_EDITABLE", "UV_NO_SYNC", "UV_NO_GROUP", "UV_NO_DEFAULT_GROUPS", "UV_ISOLATED", "RUST_LOG"),
}
_DROPPED_PREFIXES = ("LC_",)
_OURS = {"NO_COLOR": "1", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "PYTHONHASHSEED": "0"}


def tool_environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which a program prints and does the same for every user.

    Kept are the user's paths, proxies, certificates, package indexes, caches and credentials. Dropped is what changes
    output or behaviour: colours, locale, Python's, Node's and uv's own variables.

    Args:
        given: what to start from, this process's environment by default.
    """
    start = os.environ if given is None else given
    kept = {x: value for x, value in start.items() if x not in _DROPPED and not x.startswith(_DROPPED_PREFIXES)}
    return kept | _OURS
