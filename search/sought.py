"""The tokens of a text that a query looks for, without those that it does not.

No token goes beyond a blank. So the stretches between blanks are analysed by themselves, and what
each comes to is remembered: most of them stand again in the text, in the next, or in one that the
next query finds.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from whoosh import query
from whoosh.query.spans import SpanNear2

from index.analysis import Token, analyze, stem
from search.budget import UNLIMITED, Budget
from search.patterns import PATTERNS, matcher

_STRETCH = re.compile(r"\S+")

_UNASKED = 64
"""How many stretches are analysed before it is asked again whether the time is over."""

_LONGEST = 64
"""Up to how many characters of a stretch its tokens are remembered."""


class Sought:
    """Finds the tokens that the words, phrases and patterns of a tree mean, in any of its parts.

    Where the `budget` of time is over, a text is read no further, and `is_cut` tells so.
    """

    def __init__(self, tree: query.Query, budget: Budget = UNLIMITED) -> None:
        self.is_cut = False
        self._analyses = 0
        self._budget = budget
        words = [node for node in _leaves(tree) if isinstance(node, query.Term | query.Phrase)]
        patterns = [node for node in _leaves(tree) if isinstance(node, PATTERNS)]
        self._forms = {form for word in words if word.fieldname == "form" for form in _forms(word)}
        self._stems = {
            stem(form) for word in words if word.fieldname == "text" for form in _forms(word)
        }
        self._prefixes = tuple(node.text for node in patterns if isinstance(node, query.Prefix))
        self._matchers = [matcher(node) for node in patterns if not isinstance(node, query.Prefix)]
        self._known: dict[str, tuple[int, list[Token]]] = {}

    def tokens(self, text: str) -> list[Token]:
        """Give the tokens of a text that are looked for, as `analyze` gives them."""
        found, position, known = list[Token](), 0, self._known
        for match in _STRETCH.finditer(text):
            stretch = match[0]
            analyzed = known.get(stretch) or self._analyzed(stretch)
            if not analyzed:
                break
            positions, wanted = analyzed
            if wanted:
                at = match.start()
                found += [
                    Token(form, stem, position + place, at + start, at + end)
                    for form, stem, place, start, end in wanted
                ]
            position += positions
        return found

    def _analyzed(self, stretch: str) -> tuple[int, list[Token]] | None:
        """Give how many positions a stretch takes, and the tokens of it that are looked for.

        None where the time is over.
        """
        self._analyses += 1
        if self._analyses % _UNASKED == 0 and self._budget.is_up():
            self.is_cut = True
            return None
        tokens = tokens_of(stretch)
        positions = tokens[-1].position + 1 if tokens else 0
        found = positions, [token for token in tokens if self._is_wanted(token)]
        if len(stretch) <= _LONGEST:
            self._known[stretch] = found
        return found

    def _is_wanted(self, token: Token) -> bool:
        form = token.form
        return (
            token.stem in self._stems
            or form in self._forms
            or form.startswith(self._prefixes)
            or any(matches(form) for matches in self._matchers)
        )


def tokens_of(stretch: str) -> Sequence[Token]:
    """Give the tokens of what stands between two blanks."""
    return _remembered(stretch) if len(stretch) <= _LONGEST else analyze(stretch)


@lru_cache(maxsize=1 << 15)
def _remembered(stretch: str) -> tuple[Token, ...]:
    return tuple(analyze(stretch))


def _leaves(node: query.Query) -> Iterator[query.Query]:
    """Yield the words, phrases and patterns of the text in a tree."""
    if isinstance(node, SpanNear2) or not node.is_leaf():
        for child in node.children():
            yield from _leaves(child)
    elif getattr(node, "fieldname", None) in ("text", "form"):
        yield node


def _forms(word: query.Term | query.Phrase) -> list[str]:
    return word.words if isinstance(word, query.Phrase) else [word.text]
