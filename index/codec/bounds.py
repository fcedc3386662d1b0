"""Whether the arrays of a segment fit together, so that nothing that follows them leaves its array.

What checksums were compared of a file is another matter: this is looked at whenever one is opened,
and takes milliseconds for a million paragraphs.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from index.codec.blocks import BLOCK, PAD, RANK, posting_starts
from index.codec.coding import GAP, LONGEST
from index.codec.container import Array
from index.codec.facts import FIELDS
from index.codec.layout import HEADLINE, MAX_CODES, NONE

_STARTS = (
    ("terms.text_start", "terms.text"),
    ("forms.text_start", "forms.text"),
    ("ids.text_start", "ids.text"),
    ("values.text_start", "values.text"),
    ("terms.block", "blocks.last"),
    ("terms.forms", "terms.form"),
    ("terms.headlines", "headlines.paragraph"),
    ("documents.first", "paragraphs.length"),
    ("runs.first", "paragraphs.length"),
    ("paragraphs.stored_start", "paragraphs.stored"),
    ("documents.stored_start", "documents.stored"),
    ("paragraphs.stored_first", "paragraphs.length"),
    ("documents.stored_first", "documents.by_id"),
)
"""Arrays of starts, and the arrays into which they point."""

_SAME = (
    ("terms.text_start", "terms.forms"),
    ("terms.block", "terms.headlines"),
    ("terms.df", "terms.best"),
    ("forms.prefix", "forms.term", "forms.code", "forms.df", "terms.form"),
    ("blocks.last", "blocks.positions", "blocks.max"),
    ("blocks.last", "blocks.paragraph_width", "blocks.tf_width", "blocks.position_width"),
    ("paragraphs.length", "paragraphs.signature"),
    ("sections.title", "sections.heading"),
    ("ids.text_start", "documents.first"),
    ("paragraphs.stored_start", "paragraphs.stored_first"),
    ("documents.stored_start", "documents.stored_first"),
    ("documents.by_id", *(f"documents.{field}" for field in FIELDS)),
)
"""Arrays that are as long as each other."""

_BELOW = (
    ("terms.form", "forms.term"),
    ("blocks.last", "paragraphs.length"),
    ("headlines.paragraph", "paragraphs.length"),
    ("sections.title", "paragraphs.length"),
    ("documents.by_id", "documents.by_id"),
    ("bitmaps.term", "terms.df"),
)
"""Arrays of numbers, and the arrays in which they have to be."""


_PACKED = ("postings", "positions")


def faults(arrays: Mapping[str, Array], paragraphs: int) -> Iterator[str]:
    """Yield what does not fit, in words, nothing for a segment as it is written.

    The caller stops at the first: what comes after relies on what came before.
    """
    yield from _starts(arrays)
    yield from _lengths(arrays, paragraphs)
    yield from _terms(arrays)
    yield from _blocks(arrays)
    yield from _sections(arrays)
    yield from _values(arrays)
    yield from _words(arrays)


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
        ("runs.first", "runs.section"),
    ):
        if len(arrays[start]) != len(arrays[thing]) + 1:
            yield f"{start} and {thing} are not of one length"


def _terms(arrays: Mapping[str, Array]) -> Iterator[str]:
    df, count, key = arrays["terms.df"], len(arrays["paragraphs.length"]), arrays["pairs.key"]
    terms = len(arrays["terms.forms"]) - 1
    if terms + len(key) != len(df) or (key[1:] <= key[:-1]).any():
        yield "terms.df does not fit the pairs"
    numbers = (
        arrays["forms.term"],
        arrays["pairs.term"],
        key >> np.uint64(32),
        key & np.uint64(NONE),
    )
    if any(number.max(initial=0) >= max(terms, 1) for number in numbers):
        yield "a form or a pair points beyond the terms"
    if df.max(initial=0) > count:
        yield "a term is in more paragraphs than there are"
    elif (
        df.min(initial=1) < 1
        or (np.diff(arrays["terms.block"]) != (df + (BLOCK - 1)) // BLOCK).any()
    ):
        yield "terms.block does not fit terms.df"
    forms = np.diff(arrays["terms.forms"])
    if forms.max(initial=1) > MAX_CODES:
        yield "a term has more forms than there are codes"
    if forms.min(initial=1) < 1 or (arrays["forms.code"] >= forms[arrays["forms.term"]]).any():
        yield "terms.forms does not fit forms.code"
    bitmaps = len(arrays["bitmaps.term"])
    if len(arrays["bitmaps.bits"]) != bitmaps * -(-count // 64) or len(
        arrays["bitmaps.ranks"]
    ) != bitmaps * (-(-count // RANK) + 1):
        yield "bitmaps.term does not fit the bitmaps"


def _blocks(arrays: Mapping[str, Array]) -> Iterator[str]:
    df, blocks = arrays["terms.df"], np.diff(arrays["terms.block"])
    widths = [arrays[f"blocks.{name}_width"] for name in ("paragraph", "tf", "position")]
    if any(width.max(initial=0) > 32 for width in widths):
        yield "a width is of more than 32 bits"
    postings, positions = (len(arrays[f"{name}.packed"]) - PAD for name in _PACKED)
    if postings != posting_starts(arrays)[-1]:
        yield "the blocks do not fill postings.packed"
    starts = arrays["blocks.positions"]
    if positions < starts.max(initial=0) or _descends(starts):
        yield "blocks.positions does not divide positions.packed"
    has_bits = np.ones(len(df), np.bool_)  # or needs none: of pairs no positions are read
    has_bits[: len(arrays["terms.forms"]) - 1] = np.diff(arrays["terms.forms"]) > 1
    if ((widths[2] == 0) & ~np.repeat(has_bits, blocks) & (widths[1] > 0)).any():
        yield "a block has frequencies, but no positions"


def _sections(arrays: Mapping[str, Array]) -> Iterator[str]:
    section, heading = arrays["runs.section"], arrays["sections.heading"]
    if len(section) and (section & ~np.uint32(HEADLINE)).max() >= len(heading):
        yield "runs.section points beyond the sections"
    if (heading[heading != NONE] >= len(arrays["paragraphs.length"])).any():
        yield "sections.heading points beyond the paragraphs"


def _values(arrays: Mapping[str, Array]) -> Iterator[str]:
    count = len(arrays["values.text_start"]) - 1
    for field in FIELDS:
        number = arrays[f"documents.{field}"]
        if (number[number != NONE] >= count).any():
            yield f"documents.{field} points beyond the values"


def _words(arrays: Mapping[str, Array]) -> Iterator[str]:
    start, text = arrays["words.start"] & ~np.uint32(GAP), arrays["words.text"]
    sizes = np.diff(start)  # one that descends becomes large
    if not len(start) or start[0] or start[-1] != len(text) or ((sizes - 1) >= LONGEST).any():
        yield "words.start does not divide words.text"


def _descends(starts: Array) -> bool:
    return bool((starts[1:] < starts[:-1]).any())
