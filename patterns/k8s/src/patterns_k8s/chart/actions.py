"""Manifests with Helm's actions in them, written as YAML that Helm can read."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

__all__ = ["Action", "Block", "Node", "escaped", "optional", "write"]

Node = Any
"""A manifest, or a part of one, with `Action` for values and `Block` for keys and items."""
_TOKEN = re.compile(r"^(?P<indent> *)(?P<item>- )?(?P<token>helm-\d+-block)(: null)?$")
_INLINE = re.compile(r"helm-\d+-value")


class Action(str):
    """A value that Helm writes, for example ``{{ .Values.stage }}``."""

    __slots__ = ()


class Block(str):
    """Whole lines that Helm writes in place of a key (with the value None) or of an item of a list.

    ``INDENT`` stands for the number of columns that a line of them begins at.
    """

    __slots__ = ()


def optional(path: str, key: str | None = None) -> Block:
    """Return the block that writes a key of a value's name, unless the value is empty."""
    name = key or path.rpartition(".")[2]
    return Block(f"{{{{- with .Values.{path} }}}}\n{name}: {{{{- toYaml . | nindent INDENT+2 }}}}\n{{{{- end }}}}")


def escaped(text: str) -> str:
    """Return a text in which Helm leaves alone what another program is to expand."""
    return re.sub(r"\{\{|\}\}", lambda braces: f'{{{{ "{braces[0]}" }}}}', text)


def write(documents: Sequence[Node]) -> str:
    """Return the documents as the text of a template."""
    actions: dict[str, str] = {}
    plain = [_plain(document, actions) for document in documents]
    dumped = yaml.dump_all(plain, Dumper=_Dumper, sort_keys=False, width=10_000)
    return "".join(f"{_line(line, actions)}\n" for line in dumped.splitlines())


def _plain(node: Node, actions: dict[str, str]) -> Node:
    """Return the node with a word in place of every action, and braces of other programs escaped."""
    match node:
        case Action() | Block():
            kind = "block" if isinstance(node, Block) else "value"
            word = f"helm-{len(actions)}-{kind}"
            actions[word] = str(node)
            return word
        case str():
            return escaped(node)
        case Mapping():
            return {_plain(key, actions): _plain(value, actions) for key, value in node.items()}
        case list() | tuple():
            return [_plain(each, actions) for each in node]
    return node


def _line(line: str, actions: Mapping[str, str]) -> str:
    found = _TOKEN.match(line)
    if found is None:
        return _INLINE.sub(lambda word: actions[word[0]], line)
    indent = len(found["indent"])
    text = re.sub(r"INDENT(\+\d+)?", lambda more: str(indent + int(more[1] or 0)), actions[found["token"]])
    return "\n".join(f"{' ' * indent}{each}" for each in text.splitlines())


class _Dumper(yaml.SafeDumper):
    """Writes what is there twice twice, and texts of several lines as such."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the name is the library's
        """Return that nothing is written as a reference."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
