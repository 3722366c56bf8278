"""What is wrong with a Japanese page: its source has changed, or the two are not built alike."""

import os
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path, PurePosixPath

from translations.markdown import Outline, without_generated_parts
from translations.page import TranslatedPage, digest_of

__all__ = ["complaints_of"]


def complaints_of(page: TranslatedPage, repository: Path, pages: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each thing that is wrong with a page.

    Args:
        page: the Japanese page.
        repository: where its source is.
        pages: the path of the Japanese page of each source that has one.
    """
    source = repository / page.record.source
    if not source.is_file():
        yield f"its source {page.record.source} is not there"
        return
    text = source.read_text(encoding="utf-8")
    name = page.path.relative_to(repository).as_posix()
    if page.record.digest != digest_of(text, page.record.parts):
        yield _changed(name, page)
    wanted = Outline.of(without_generated_parts(text, page.record.parts))
    outline = Outline.of(without_generated_parts(page.text, page.record.parts))
    yield from _headings(wanted, outline)
    yield from _blocks(wanted, outline)
    yield from _codes(wanted, outline)
    yield from _links(name, page.record.source, outline, repository, pages)


def _changed(name: str, page: TranslatedPage) -> str:
    if not page.record.digest:
        return f"it has no digest of {page.record.source} yet; record it: python -m translations --update {name}"
    digest = page.record.digest[:16]
    return (
        f"{page.record.source} has changed since. See what:\n"
        f"    git diff $(git log -1 --format=%h -S{digest} -- {name}) -- {page.record.source}\n"
        f"  Change the page accordingly, then: python -m translations --update {name}"
    )


def _headings(wanted: Outline, outline: Outline) -> Iterator[str]:
    pairs = zip_longest(wanted.headings, outline.headings, fillvalue=(0, "nothing"))
    for place, ((level, text), (own_level, own_text)) in enumerate(pairs, 1):
        if level != own_level:
            yield (
                f"heading {place} is '{'#' * own_level} {own_text}' where the source has '{'#' * level} {text}' "
                f"({len(outline.headings)} headings, the source {len(wanted.headings)})"
            )
            return


def _blocks(wanted: Outline, outline: Outline) -> Iterator[str]:
    if len(wanted.blocks) != len(outline.blocks):
        yield f"it has {len(outline.blocks)} blocks of code, the source {len(wanted.blocks)}"
        return
    for place, (block, own) in enumerate(zip(wanted.blocks, outline.blocks, strict=True), 1):
        if (block.language, block.comparable) != (own.language, own.comparable):
            first = next((line.strip() for line in block.text.splitlines() if line.strip()), "")
            yield f"block {place} of code ({block.language or 'text'}: {first}) differs from the source's"


def _codes(wanted: Outline, outline: Outline) -> Iterator[str]:
    if left_out := wanted.codes - outline.codes:
        yield f"code of the source that it has not: {_listed(left_out)}"
    if added := outline.codes - wanted.codes:
        yield f"code that the source has not: {_listed(added)}"


def _listed(codes: frozenset[str]) -> str:
    return ", ".join(f"`{code}`" for code in sorted(codes))


def _links(name: str, source: str, outline: Outline, repository: Path, pages: Mapping[str, str]) -> Iterator[str]:
    folder = PurePosixPath(name).parent
    for link in dict.fromkeys(outline.links):
        file, _, _ = link.partition("#")
        if not file or ":" in file:
            continue
        target = os.path.normpath(folder / file)
        if not (repository / target).exists():
            yield f"the link to {link} leads nowhere"
        elif target != source and target in pages:
            yield f"the link to {link} should lead to the Japanese page {pages[target]}"
