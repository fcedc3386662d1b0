"""Which paragraphs of a segment the fields of a query let through.

A tree of fields (`filters.only`) becomes a bit a paragraph. Most fields tell documents apart; a
section is a heading with all up to the next one.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache, reduce

import numpy as np
import numpy.typing as npt
from whoosh import query

from index.analysis import analyze
from index.codec.layout import HEADLINE, NONE
from index.manifest import document_id
from search import flat, periods
from search.documents import Bools
from search.kernels.room import NO_BITS
from search.where import Where

MAX_KNOWN = 64
"""How many trees of fields are remembered for a snapshot."""

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]


def matching(tree: query.Query, where: Where) -> Bools:
    """Tell of each paragraph of a segment whether a tree of fields matches it."""
    if not _has_sections(tree):
        return np.repeat(documents(tree, where), np.diff(where.segment.data.document_first))
    if tree.is_leaf():
        return _sections(tree, where)
    return _combined(tree, [matching(node, where) for node in tree.children()])


def bits(tree: query.Query, where: Where) -> U64:
    """Give the same as bits, the lowest first; filters are often asked for again, page by page."""
    known, key = where.statistics.documents.filtered, (where.place, repr(tree))
    found = known.get(key)
    if found is None:
        if len(known) >= MAX_KNOWN:
            known.clear()
        found = known[key] = packed(matching(tree, where))
    return found


def packed(bools: Bools) -> U64:
    """Pack one bit a paragraph, the lowest first."""
    found = np.packbits(bools, bitorder="little")
    return np.append(found, np.zeros(-len(found) % 8, np.uint8)).view(np.uint64)


def _has_sections(tree: query.Query) -> bool:
    return getattr(tree, "fieldname", "") == "section" or any(map(_has_sections, tree.children()))


def _combined(tree: query.Query, parts: Iterable[Bools]) -> Bools:
    if isinstance(tree, query.Not):
        [part] = parts
        return ~part
    return reduce(np.logical_and if isinstance(tree, query.And) else np.logical_or, parts)


def documents(tree: query.Query, where: Where) -> Bools:
    """Tell of each document of a segment whether a tree without sections matches it."""
    if not tree.is_leaf():
        return _combined(tree, [documents(node, where) for node in tree.children()])
    return _FIELDS[tree.fieldname](tree, where)


# Titles and sections, by the stems of their words.


def _headlines(tree: query.Query, where: Where) -> tuple[I64, Bools]:
    """Give the sections whose title or heading has a word or a phrase; and which are titles."""
    data = where.segment.data
    ordinals = np.empty(0, np.int64)
    if isinstance(tree, query.Phrase):
        leaf = flat.leaf_of(query.Phrase("text", tree.words), 1.0, where.statistics)
        ordinals = flat.every([leaf], where, NO_BITS)[0] if leaf else ordinals
    elif place := where.statistics.word("text", tree.text)[1][where.place]:
        ordinals = data.headlines(place.place.term).astype(np.int64)
    section = data.section[ordinals]
    section = section[section & np.uint32(HEADLINE) > 0] & ~np.uint32(HEADLINE)
    return section.astype(np.int64), data.section_heading[section] == NONE


def _sections(tree: query.Query, where: Where) -> Bools:
    data = where.segment.data
    section, titles = _headlines(tree, where)
    chosen = np.zeros(len(data.section_title), np.bool_)
    chosen[section[~titles]] = True
    found: Bools = chosen[data.section & ~np.uint32(HEADLINE)]
    return found


def _titles(tree: query.Query, where: Where) -> Bools:
    data = where.segment.data
    section, titles = _headlines(tree, where)
    chosen = np.zeros(data.document_count, np.bool_)
    first = data.section_title[section[titles]]
    chosen[np.searchsorted(data.document_first, first, "right") - 1] = True
    return chosen


# What documents are told apart by.


def _ids(tree: query.Query, where: Where) -> Bools:
    data = where.segment.data
    chosen = np.zeros(data.document_count, np.bool_)
    text = tree.text.encode(errors="replace")
    if isinstance(tree, query.Prefix):
        numbers = data.ids.prefixed(text)
        chosen[data.documents_by_id[numbers.start : numbers.stop]] = True
    elif (number := data.find_document(tree.text)) >= 0:
        chosen[number] = True
    return chosen


def _paths(tree: query.Prefix, where: Where) -> Bools:
    """Choose the documents below a folder, and the file of that path."""
    path = tree.text
    data = where.segment.data
    if not path:
        return np.ones(data.document_count, np.bool_)
    chosen = _with_value("folder", lambda v: v == path or v.startswith(f"{path}/"), where)
    # The ids of a file begin with its own, whatever was put behind to tell it from others.
    numbers = data.ids.prefixed(document_id(path).encode(errors="replace"))
    for number in data.documents_by_id[numbers.start : numbers.stop].tolist():
        if not chosen[number] and data.info(number).path == path:
            chosen[number] = True
    return chosen


def _values(tree: query.Query, where: Where) -> Bools:
    text = getattr(tree, "text", "")
    if isinstance(tree, query.TermRange):
        return _with_value(tree.fieldname, lambda value: value == tree.start, where)
    if isinstance(tree, query.Prefix):
        return _with_value(tree.fieldname, lambda value: value.startswith(text), where)
    return _with_value(tree.fieldname, lambda value: value == text, where)


def _authors(tree: query.Query, where: Where) -> Bools:
    """Choose those whose author has the words, as typed and in a row; of a range, the whole."""
    if isinstance(tree, query.TermRange):
        return _values(tree, where)
    words = tree.words if isinstance(tree, query.Phrase) else [tree.text]
    if isinstance(tree, query.Prefix):
        return _with_value(
            "author", lambda v: any(f.startswith(tree.text) for f in _places(v)), where
        )
    return _with_value("author", lambda value: _says(value, words), where)


def _says(text: str, words: list[str]) -> bool:
    places = _places(text)
    sets = ({place - i for place in places.get(word, ())} for i, word in enumerate(words))
    return bool(reduce(set.intersection, sets))


@lru_cache(maxsize=1 << 16)
def _places(text: str) -> dict[str, set[int]]:
    """Give the positions of each form of a text."""
    places: dict[str, set[int]] = {}
    for token in analyze(text):
        places.setdefault(token.form, set()).add(token.position)
    return places


def _dates(tree: query.TermRange, where: Where) -> Bools:
    """Choose those whose date is within the days from `start` to `end`, all of it."""

    def inside(value: str) -> bool:
        found = periods.period(value)
        if found is None or found.first is None or found.last is None:
            return False
        starts = tree.start is None or tree.start <= found.first
        return starts and (tree.end is None or found.last <= tree.end)

    return _with_value("date", inside, where)


def _with_value(field: str, tells: Callable[[str], bool], where: Where) -> Bools:
    known, count = where.statistics.documents, where.segment.data.document_count
    base = known.bases[where.place]
    return known.column(field).where(tells)[base : base + count]


_FIELDS: dict[str, Callable[[query.Query, Where], Bools]] = {
    "title": _titles,
    "author": _authors,
    "document": _ids,
    "type": _values,
    "language": _values,
    "path": _paths,
    "date": _dates,
}
