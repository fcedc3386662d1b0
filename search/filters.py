"""Filters: `type:text`, `-author:Jane Austen`, as trees of fields, which score nothing.

The fields of a query tree are FIELDS. A request's filters have three more, which are what facets
count: `folder` (as `path`), `year` and `month` (as `date`).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from whoosh import query

from index.analysis import analyze
from search.errors import BadFilter
from search.periods import period

FIELDS = frozenset(("title", "section", "author", "document", "type", "language", "path", "date"))

MAX_FILTERS = 100
"""How many filters a request may have."""


class Filter(NamedTuple):
    """One filter: only what has that value in the field, or, where `excludes`, all else."""

    field: str
    value: str
    excludes: bool = False

    def __str__(self) -> str:
        return f"{'-' if self.excludes else ''}{self.field}:{self.value}"


def read(texts: Iterable[str]) -> tuple[Filter, ...]:
    """Read filters. Raises BadFilter for one that is none, or one too many."""
    filters: list[Filter] = []
    for text in texts:
        field, colon, value = text.strip().partition(":")
        excludes, field = field.startswith("-"), field.removeprefix("-")
        found = Filter(field, _SPELT.get(field, str)(value.strip()), excludes)
        if len(filters) == MAX_FILTERS:
            raise BadFilter(text, f"there are more than {MAX_FILTERS}")
        if not colon or found.field not in _TREES:
            raise BadFilter(text, f"it begins with none of {', '.join(sorted(_TREES))} and a colon")
        if _tree(found) is None:
            raise BadFilter(text, f"“{value.strip()[:40]}” is no {found.field}")
        filters.append(found)
    return tuple(dict.fromkeys(filters))


def trees(filters: Iterable[Filter]) -> list[query.Query]:
    """Give what has to match, all of it: of several values of a field any one will do."""
    wanted: dict[str, list[query.Query]] = {}
    excluded: list[query.Query] = []
    for each in filters:
        tree = _tree(each)
        if each.excludes:
            excluded.append(query.Not(tree))
        else:
            wanted.setdefault(each.field, []).append(tree)
    joined = [query.Or(nodes) if len(nodes) > 1 else nodes[0] for nodes in wanted.values()]
    return joined + excluded


def narrowed(tree: query.Query, filters: Sequence[Filter]) -> query.Query:
    """Give a tree that the filters narrow."""
    if not filters:
        return tree
    return query.And([*([] if isinstance(tree, query.Every) else [tree]), *trees(filters)])


# Every query is asked for these: to join kinds in each call takes longer than to tell them apart.
_OF_FIELDS = (query.Term, query.Phrase, query.Prefix, query.TermRange)
_JOINING = (query.And, query.Or, query.DisjunctionMax)


def only(tree: query.Query) -> bool:
    """Tell whether a tree is of fields alone, so that it scores nothing."""
    if isinstance(tree, _OF_FIELDS):
        return tree.fieldname in FIELDS
    if isinstance(tree, query.Not):
        return only(tree.query)
    if isinstance(tree, _JOINING):
        return bool(tree.subqueries) and all(map(only, tree.subqueries))
    return False


def holds_fields(tree: query.Query) -> bool:
    """Tell whether there is a field anywhere in a tree."""
    return only(tree) or any(map(holds_fields, tree.children()))


def parted(tree: query.Query) -> tuple[query.Query, list[query.Query]]:
    """Take off what is of fields alone of what is joined by And at the top, if all else is not."""
    if not isinstance(tree, query.And) or tree.boost != 1:
        return tree, []
    nodes = tree.subqueries
    fields = [node for node in nodes if only(node)]
    if not fields or len(fields) == len(nodes):
        return tree, []
    rest = [node for node in nodes if not only(node)]
    return query.And(rest) if len(rest) > 1 else rest[0], fields


def undated(tree: query.Query) -> query.Query | None:
    """Give a tree for what it leaves out because there is no date; None where that is nothing.

    Every range of dates, if it is not below a Not, becomes the absence of a date.
    """
    if isinstance(tree, query.TermRange):
        return query.Not(query.TermRange("date", None, None)) if tree.fieldname == "date" else None
    if not isinstance(tree, query.And | query.Or | query.DisjunctionMax | query.AndMaybe):
        return None
    children = list(tree.children())
    found = [undated(node) for node in children]
    if not any(found):
        return None
    if isinstance(tree, query.AndMaybe):
        return query.AndMaybe(found[0], children[1]) if found[0] else None
    if isinstance(tree, query.And):
        return query.And([a or b for a, b in zip(found, children, strict=True)])
    return query.Or([node for node in found if node])


# The values of fields.


def _tree(filter: Filter) -> query.Query | None:
    return _TREES[filter.field](filter.field, filter.value) if filter.value else None


def _words(field: str, value: str) -> query.Query | None:
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    forms: dict[int, str] = {}
    for token in analyze(value):
        if token.position not in forms or token.form[-1] in "+%#":  # a compound by its parts
            forms[token.position] = token.form
    if quoted and len(forms) > 1:
        return query.Phrase(field, list(forms.values()))
    terms = [query.Term(field, form) for form in forms.values()]
    return query.And(terms) if len(terms) > 1 else next(iter(terms), None)


def _whole(field: str, value: str) -> query.Query:
    return query.TermRange(field, value, value)


def _value(field: str, value: str) -> query.Query:
    return query.Term(field, value)


def _path(value: str) -> str:
    return value.removeprefix("./").strip("/")


def _below(_field: str, value: str) -> query.Query:
    return query.Prefix("path", value)


def _date(field: str, value: str) -> query.Query | None:
    found = period(value) if len(value) == _LENGTHS.get(field, len(value)) else None
    return found and query.TermRange("date", found.first, found.last)


_SPELT: dict[str, Callable[[str], str]] = {
    "type": str.lower,
    "language": str.lower,
    "path": _path,
    "folder": _path,
}
"""How the values of a field are kept, whatever was typed."""

_LENGTHS = {"year": 4, "month": 7}

_TREES: dict[str, Callable[[str, str], query.Query | None]] = {
    "title": _words,
    "section": _words,
    "author": _whole,
    "document": _value,
    "type": _value,
    "language": _value,
    "path": _below,
    "folder": _below,
    "date": _date,
    "year": _date,
    "month": _date,
}
