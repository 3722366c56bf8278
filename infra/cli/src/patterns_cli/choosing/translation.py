"""The guide in another language: ``docs/choosing.ja.json`` has each of its texts by the English one.

Figures, references and the path come from ``docs/choosing.json`` alone. A text that changes there has no translation
until somebody writes it: reading says which one.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from patterns_cli.choosing.guide import GUIDE_FILE, Guide, GuideError, Language, read_guide
from patterns_cli.choosing.records import (
    Addition,
    Change,
    Choice,
    Edge,
    Limit,
    Place,
    Question,
    Reason,
    Record,
    Service,
    UseCase,
    WrongAnswer,
)

__all__ = ["read_guide_in", "translate"]

_TEXTS: Mapping[type[Record], tuple[str, ...]] = MappingProxyType(
    {
        Question: ("ask",),
        Choice: ("text",),
        Limit: ("service", "text", "note"),
        Service: ("name", "what"),
        Edge: ("reason", "figure"),
        Addition: ("text", "reason"),
        WrongAnswer: ("took", "costs", "better", "gets"),
        UseCase: ("name", "says"),
        Change: ("what", "changes"),
        Reason: ("reason", "why"),
        Place: ("name", "take", "instead", "here"),
    }
)
"""The fields that a reader reads; all others are ids, figures and references."""


class _File(Record, frozen=True, kw_only=True):
    about: str
    words: Mapping[str, str]
    texts: Mapping[str, str]


def read_guide_in(language: Language) -> Guide:
    """Read the guide with the texts of a language.

    Raises:
        GuideError: a file cannot be read, or the translation is not one of exactly the guide's texts.
    """
    guide = read_guide()
    if language is Language.ENGLISH:
        return guide
    file = GUIDE_FILE.with_suffix(f".{language}.json")
    try:
        return translate(guide, language, file.read_bytes())
    except OSError as error:
        raise GuideError(f"{file.name} cannot be read: {error.strerror}") from error
    except (GuideError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GuideError(f"{file.name}: {error}") from error


def translate(guide: Guide, language: Language, content: bytes) -> Guide:
    """Return the guide with the texts of a file's content.

    Raises:
        GuideError: a text has no translation, or a translation no text.
        msgspec.DecodeError: it is no file of translations.
    """
    read = msgspec.json.decode(content, type=_File)
    texts = dict.fromkeys(_texts_of(guide))
    for text in texts:
        if not read.texts.get(text):
            raise GuideError(f"there is no translation of {text!r}")
    for text in read.texts:
        if text not in texts:
            raise GuideError(f"{text!r} is translated, and no text of the guide")
    translated: Guide = _translated(guide, read.texts)
    return msgspec.structs.replace(translated, language=language, words=read.words)


def _texts_of(value: object) -> Iterator[str]:
    """Yield the texts of a record and of those in it."""
    if isinstance(value, Record):
        for name in value.__struct_fields__:
            field = getattr(value, name)
            if name not in _TEXTS.get(type(value), ()):
                yield from _texts_of(field)
            elif field:
                yield field
    elif isinstance(value, Mapping):
        for x in value.values():
            yield from _texts_of(x)
    elif isinstance(value, tuple):
        for x in value:
            yield from _texts_of(x)


def _translated(value: Any, texts: Mapping[str, str]) -> Any:  # noqa: ANN401 - of the type that is given
    if isinstance(value, Record):
        named = _TEXTS.get(type(value), ())
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        return type(value)(
            **{name: texts.get(x, x) if name in named else _translated(x, texts) for name, x in fields.items()}
        )
    if isinstance(value, Mapping):
        return {key: _translated(x, texts) for key, x in value.items()}
    if isinstance(value, tuple):
        return tuple(_translated(x, texts) for x in value)
    return value
