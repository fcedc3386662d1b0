"""Which forms a pattern stands for."""

import re
from collections.abc import Callable

from whoosh import query


def check_regex(pattern: str) -> str | None:
    """Tell why a regular expression is refused, or None."""
    if re.search(r"\(\?|\\[^\W_]|[*+?}][*+?]", pattern):
        return "it has more than letters, classes, groups and repetitions"
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error.msg)
    return None


def matcher(node: query.Query) -> Callable[[str], bool]:
    """Give a function that tells whether a form matches a pattern."""
    if isinstance(node, query.FuzzyTerm):
        return lambda form: _distance(node.text, form) <= node.maxdist
    if isinstance(node, query.Prefix):
        return lambda form: form.startswith(node.text)
    expression = node.text
    if isinstance(node, query.Wildcard):
        parts = re.split("([*?])", node.text)
        expression = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts)
    compiled = re.compile(expression, re.DOTALL)
    return lambda form: bool(compiled.fullmatch(form))


def _distance(a: str, b: str) -> int:
    """Give the optimal string alignment distance."""
    two: list[int] = []
    one = list(range(len(b) + 1))
    for i, x in enumerate(a):
        row = [i + 1]
        for j, y in enumerate(b):
            cost = min(one[j] + (x != y), one[j + 1] + 1, row[j] + 1)
            if i and j and x == b[j - 1] and y == a[i - 1]:
                cost = min(cost, two[j - 1] + 1)
            row.append(cost)
        two, one = one, row
    return one[-1]
