"""A query tree in words, in the query language where that has them."""

import re

from whoosh import query
from whoosh.query.spans import SpanNear2

from search import patterns
from search.lexer import WORDED
from search.periods import written

_BARE = {
    "document": re.compile(r"\w[\w/~-]*(?:\.+[\w/~-]+)*[*]?"),
    "path": re.compile(r"\w[\w/~-]*(?:\.+[\w/~-]+)*"),
}
_JOINING = (query.And, query.Or, query.AndMaybe)
_BARE_WORD = re.compile(r"\w+(?:[-./+]\w+)*[*]?")


def describe(node: query.Query, within: type | None = None) -> str:
    """Give a tree in words."""
    boost = getattr(node, "boost", 1.0)
    joins = isinstance(node, _JOINING)
    if boost == 1:
        text = _described(node)
        return f"({text})" if joins and within not in (None, type(node)) else text
    return f"({_described(node)})^{boost:g}" if joins else f"{_described(node)}^{boost:g}"


def _described(node: query.Query) -> str:
    match node:
        case query.Term() | query.Phrase():  # most are
            return _words(node)
        case query.Not():
            return f"NOT {describe(node.query, query.Not)}"
        case query.DisjunctionMax():
            return describe(node.subqueries[0]).replace("/", "-")
        case query.And():
            return " AND ".join(describe(n, query.And) for n in node.subqueries)
        case query.Or():
            return " OR ".join(describe(n, query.Or) for n in node.subqueries)
        case query.AndMaybe():
            return f"{describe(node.a, query.And)}, better with {describe(node.b, query.Or)}"
        case query.Every():
            return "*"
    return _pattern(node)


def _words(node: query.Term | query.Phrase) -> str:
    field = node.fieldname
    forms = node.words if isinstance(node, query.Phrase) else [node.text]
    if field == "text":
        return "/".join(forms)
    if field == "form":
        return f'"{" ".join(forms)}"'
    if field not in WORDED:
        return f"{field}:{_value(field, node.text)}"
    return f"{field}:{forms[0]}" if len(forms) == 1 else f'{field}:"{" ".join(forms)}"'


def _pattern(node: query.Query) -> str:
    match node:
        case SpanNear2():
            return f'"{" ".join(word.text for word in node.qs)}"~{node.slop - 1}'
        case query.Prefix():
            return _prefix(node.fieldname, node.text)
        case query.Wildcard() | query.FuzzyTerm() | query.Regex():
            return patterns.written(node)
        case query.TermRange():
            return f"date:{written(node.start, node.end)}"
    return ""


def _prefix(field: str, text: str) -> str:
    if field == "form":
        return f"{text}*"
    if field == "path":
        return f"path:{_value(field, text) if text else '/'}"
    return f"{field}:{_value(field, f'{text}*')}"


def _value(field: str, text: str) -> str:
    """Quote a value where it would not be read as one word."""
    bare = text == "*" or _BARE.get(field, _BARE_WORD).fullmatch(text)
    return text if bare else f'"{text}"'
