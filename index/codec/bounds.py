"""Whether the arrays of a segment fit together, so that nothing that follows them leaves its array.

What checksums were compared of a file is another matter: this is looked at whenever one is opened,
and takes milliseconds for a million paragraphs.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from index.codec.blocks import BLOCK, PAD, RANK
from index.codec.container import Array
from index.codec.layout import HEADLINE, NONE

_STARTS = (
    ("terms.text_start", "terms.text"),
    ("forms.text_start", "forms.text"),
    ("ids.text_start", "ids.text"),
    ("terms.block", "blocks.last"),
    ("terms.forms", "terms.form"),
    ("terms.headlines", "headlines.paragraph"),
    ("documents.first", "paragraphs.length"),
    ("paragraphs.stored_start", "paragraphs.stored"),
    ("documents.stored_start", "documents.stored"),
)
"""Arrays of starts, and the arrays into which they point."""

_SAME = (
    ("terms.text_start", "terms.block", "terms.forms", "terms.headlines"),
    ("terms.df", "terms.best"),
    ("forms.prefix", "forms.term", "forms.code", "forms.df", "terms.form"),
    ("blocks.last", "blocks.postings", "blocks.positions", "blocks.max"),
    ("blocks.last", "blocks.paragraph_width", "blocks.tf_width", "blocks.position_width"),
    ("paragraphs.length", "paragraphs.section"),
    ("sections.title", "sections.heading"),
    ("ids.text_start", "documents.first"),
    ("paragraphs.stored_start", "paragraphs.stored_first"),
    ("documents.stored_start", "documents.stored_first"),
)
"""Arrays that are as long as each other."""

_BELOW = (
    ("terms.form", "forms.term"),
    ("forms.term", "terms.df"),
    ("blocks.last", "paragraphs.length"),
    ("headlines.paragraph", "paragraphs.length"),
    ("sections.title", "paragraphs.length"),
    ("documents.by_id", "documents.by_id"),
    ("bitmaps.term", "terms.df"),
)
"""Arrays of numbers, and the arrays in which they have to be."""


def faults(arrays: Mapping[str, Array], paragraphs: int) -> Iterator[str]:
    """Yield what does not fit, in words, nothing for a segment as it is written.

    The caller stops at the first: what comes after relies on what came before.
    """
    yield from _starts(arrays)
    yield from _lengths(arrays, paragraphs)
    yield from _terms(arrays)
    yield from _blocks(arrays)
    yield from _sections(arrays)


def _starts(arrays: Mapping[str, Array]) -> Iterator[str]:
    for start, target in _STARTS:
        found = arrays[start]
        if not len(found) or found[0] or found[-1] != len(arrays[target]) or _descends(found):
            yield f"{start} does not divide {target}"


def _lengths(arrays: Mapping[str, Array], paragraphs: int) -> Iterator[str]:
    for first, *others in _SAME:
        for other in others:
            if len(arrays[first]) != len(arrays[other]):
                yield f"{first} and {other} are not of one length"
    for name, target in _BELOW:
        if arrays[name].max(initial=0) >= max(len(arrays[target]), 1):
            yield f"{name} points beyond {target}"
    if len(arrays["paragraphs.length"]) != paragraphs:
        yield f"there are not {paragraphs} paragraphs"
    for start, thing in (
        ("terms.block", "terms.df"),
        ("forms.text_start", "forms.term"),
        ("ids.text_start", "documents.by_id"),
    ):
        if len(arrays[start]) != len(arrays[thing]) + 1:
            yield f"{start} and {thing} are not of one length"


def _terms(arrays: Mapping[str, Array]) -> Iterator[str]:
    df, count = arrays["terms.df"], len(arrays["paragraphs.length"])
    if (
        df.min(initial=1) < 1
        or (np.diff(arrays["terms.block"]) != (df + (BLOCK - 1)) // BLOCK).any()
    ):
        yield "terms.block does not fit terms.df"
    forms = np.diff(arrays["terms.forms"])
    if forms.min(initial=1) < 1 or (arrays["forms.code"] >= forms[arrays["forms.term"]]).any():
        yield "terms.forms does not fit forms.code"
    bitmaps = len(arrays["bitmaps.term"])
    if len(arrays["bitmaps.bits"]) != bitmaps * -(-count // 64) or len(
        arrays["bitmaps.ranks"]
    ) != bitmaps * (-(-count // RANK) + 1):
        yield "bitmaps.term does not fit the bitmaps"


def _blocks(arrays: Mapping[str, Array]) -> Iterator[str]:
    df, blocks = arrays["terms.df"].astype(np.int64), np.diff(arrays["terms.block"])
    size = np.full(len(arrays["blocks.last"]), BLOCK, np.int64)
    size[arrays["terms.block"][1:].astype(np.int64) - 1] = (
        df - (blocks.astype(np.int64) - 1) * BLOCK
    )
    widths = [
        arrays[f"blocks.{name}_width"].astype(np.int64) for name in ("paragraph", "tf", "position")
    ]
    if any(width.max(initial=0) > 32 for width in widths):
        yield "a width is of more than 32 bits"
    taken = sum((size * width + 7) // 8 for width in widths[:2])
    for name, most in (("postings", taken), ("positions", 0)):
        packed = arrays[f"{name}.packed"]
        if len(packed) < PAD:
            yield f"{name}.packed is cut short"
            continue
        ends = np.append(arrays[f"blocks.{name}"], np.uint32(len(packed) - PAD)).astype(np.int64)
        if (np.diff(ends) < most).any():
            yield f"blocks.{name} does not divide {name}.packed"
    coded = np.repeat(np.diff(arrays["terms.forms"]) > 1, blocks)
    if ((widths[2] == 0) & ~coded & (widths[1] > 0)).any():
        yield "a block has frequencies, but no positions"


def _sections(arrays: Mapping[str, Array]) -> Iterator[str]:
    section, heading = arrays["paragraphs.section"], arrays["sections.heading"]
    if len(section) and (section & ~np.uint32(HEADLINE)).max() >= len(heading):
        yield "paragraphs.section points beyond the sections"
    if (heading[heading != NONE] >= len(section)).any():
        yield "sections.heading points beyond the paragraphs"


def _descends(starts: Array) -> bool:
    return bool((starts[1:] < starts[:-1]).any())
