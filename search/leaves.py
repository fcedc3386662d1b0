"""A word, phrase or pattern as it was typed -> a leaf of the query tree.

Leaves name words as typed (normalised, not stemmed): in the field `text` they are meant by stem,
in the field `form` as typed.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby, pairwise

from whoosh import query
from whoosh.query.spans import SpanNear2

from index.analysis import MAX_FORM, Token, analyze, character_class
from search.lexer import CLOSING, VALUED, WORDED, Lexeme, Mark
from search.patterns import check_regex
from search.periods import period
from search.repairs import Repairs
from search.sought import tokens_of

MAX_PATTERNS = 50
"""How many different patterns a query may have; those beyond are taken as words."""

MAX_BETWEEN = 100
"""How many other words may stand among those of a phrase with `~`."""

MAX_EDITS = 2
"""How many typing errors may be forgiven in a word."""

BETWEEN = 5
"""How many other words a `~` without a number means."""

_SHORT = 5  # letters: a word of up to so many is forgiven one typing error, longer ones two
_VALUE_CLOSING = ".,;:!?…"
_STARRED = re.compile(r"(?<=\w)[*]|[*](?=\w)")
_FOLDED = re.compile(r"\\.|[^\W\d_]+", re.DOTALL)
_JOKER = re.compile("([*?])")
_STARS = re.compile(r"\*+")
_HERE = re.compile(r"\A(?:\./|/)+")
_WHOLE = re.compile(r"\d{1,9}")


class Leaves:
    """Makes the leaves of one query, and counts its patterns."""

    def __init__(self, repairs: Repairs, quoted_field: str) -> None:
        self._repairs = repairs
        self._quoted_field = quoted_field
        self._patterns: set[tuple[type, str, int]] = set()

    def leaf(self, lexeme: Lexeme, scope: str) -> query.Query | None:
        """Make the leaf of a word, phrase or regular expression; None where it has no word.

        `scope` is the field of the group around, or none.
        """
        field = lexeme.field or scope
        if field in VALUED:
            node = self._value(lexeme, field)
        elif lexeme.kind == "phrase":
            node = self._phrase(lexeme, field if field in WORDED else self._quoted_field)
        elif lexeme.kind == "regex":
            node = self._regex(lexeme, field or "text")
        else:
            node = self._word(lexeme, field or "text")
        if node is None:
            self.empty(lexeme)
        return node

    def empty(self, lexeme: Lexeme) -> None:
        """Note that a field has nothing to look for behind it."""
        if lexeme.field in (*WORDED, *VALUED):
            typed = f"{lexeme.field}:"
            place = lexeme.place - (0 if lexeme.kind == "word" else len(typed))
            self._repairs.left_out(typed, place, "nothing stands behind it")

    # Words.

    def _word(self, lexeme: Lexeme, field: str) -> query.Query | None:
        text = lexeme.text
        if not text.isalnum():
            text = text.rstrip(CLOSING)
        tokens = tokens_of(text)
        if ("*" in text or "?" in text) and (node := self._pattern(lexeme, text, tokens, field)):
            return node
        if not lexeme.tilde:
            return words(field, tokens)
        return self._fuzzy(lexeme.tilde, tokens, field)

    def _fuzzy(self, tilde: Mark, tokens: Sequence[Token], field: str) -> query.Query | None:
        forms = _apart(tokens)
        if field in WORDED or len(forms) != 1:
            self._no_tilde(tilde, "typing errors are forgiven in one word of the text")
            return words(field, tokens)
        (form,) = forms
        edits = self._number(tilde, MAX_EDITS, 1 if len(form) <= _SHORT else 2, "typing errors")
        if not edits:
            return query.Term("form", form)
        node = query.FuzzyTerm("form", form, maxdist=edits, prefixlength=0)
        return self._counted(node, f"{form}~", tilde.place) or words(field, tokens)

    def _number(self, tilde: Mark, most: int, default: int, of: str) -> int:
        """Read what stands behind a `~`."""
        if not tilde.number:
            return default
        text, place = tilde.sign + tilde.number, tilde.place
        if _WHOLE.fullmatch(tilde.number):
            number = int(tilde.number)
            if number > most:
                self._repairs.note(text, place, f"is held to {most} {of}")
            return min(number, most)
        self._repairs.note(text, place, f"is no number of {of}: {default} is taken")
        return default

    def _no_tilde(self, tilde: Mark | None, why: str) -> None:
        if tilde:
            self._repairs.left_out(tilde.sign + tilde.number, tilde.place, why)

    # Patterns.

    def _pattern(
        self, lexeme: Lexeme, text: str, tokens: Sequence[Token], field: str
    ) -> query.Query | None:
        """Make a prefix or a wildcard; None where it is to be taken as words, which is said."""
        node = pattern(text)
        if field in WORDED:
            self._repairs.as_words(text, lexeme.place, f"{field}: takes no patterns")
            return None
        if node is None:
            if tokens:
                self._repairs.as_words(text, lexeme.place, "a pattern is of one word")
            return None
        self._no_tilde(lexeme.tilde, "it stands behind a pattern")
        return self._counted(node, text, lexeme.place)

    def _counted(self, node: query.Query, text: str, place: int) -> query.Query | None:
        self._patterns.add((type(node), node.text, getattr(node, "maxdist", 0)))
        if len(self._patterns) <= MAX_PATTERNS:
            return node
        self._patterns.discard((type(node), node.text, getattr(node, "maxdist", 0)))
        self._repairs.as_words(text, place, f"a query has up to {MAX_PATTERNS} patterns")
        return None

    def _regex(self, lexeme: Lexeme, field: str) -> query.Query | None:
        shown, folded = f"/{lexeme.text}/", _folded(lexeme.text)
        why: str | None = f"{field}: takes no patterns"
        if field not in WORDED:
            why = "no word is so long" if len(lexeme.text) > MAX_FORM else check_regex(folded)
        if why:
            self._repairs.as_words(shown, lexeme.place, why)
        elif node := self._counted(query.Regex("form", folded), shown, lexeme.place):
            self._no_tilde(lexeme.tilde, "it stands behind a pattern")
            return node
        return words(field, analyze(lexeme.text))

    # Phrases.

    def _phrase(self, lexeme: Lexeme, field: str) -> query.Query | None:
        for star in _STARRED.finditer(lexeme.text):
            place = lexeme.place + 1 + star.start()
            self._repairs.left_out("*", place, "a phrase is of whole words")
        return words(field, analyze(lexeme.text), self._slop(lexeme, field))

    def _slop(self, lexeme: Lexeme, field: str) -> int:
        """Give how far apart the words may stand plus 1, 0 for a phrase in its order."""
        tilde = lexeme.tilde
        if not tilde:
            return 0
        if field in WORDED or len(_apart(analyze(lexeme.text))) < 2:
            self._no_tilde(tilde, "it goes with two quoted words of the text or more")
            return 0
        if not tilde.number:
            self._repairs.note("~", tilde.place, f"has no number: {BETWEEN} words between is taken")
        return self._number(tilde, MAX_BETWEEN, BETWEEN, "words between") + 1

    # Values.

    def _value(self, lexeme: Lexeme, field: str) -> query.Query | None:
        text = lexeme.text.strip() if lexeme.kind == "phrase" else lexeme.text
        if lexeme.kind == "word" and not text.startswith("["):
            text = text.rstrip(_VALUE_CLOSING)
        self._no_tilde(lexeme.tilde, f"{field}: is compared as it stands")
        if field == "date":
            return self._date(lexeme, text)
        if field == "path":
            return self._path(lexeme, text)
        text = unicodedata.normalize("NFC", text) if field == "document" else text.lower()
        if text.endswith("*"):
            return query.Prefix(field, text.rstrip("*"))
        return query.Term(field, text) if text else None

    def _path(self, lexeme: Lexeme, text: str) -> query.Query | None:
        path = _HERE.sub("", text)
        below = path.rstrip("*/")
        rest = path[len(below) :]
        if below and "*" in rest and rest[0] != "/":
            told = "loses its star: path: has all that is in a folder"
            self._repairs.note(text, lexeme.place, told)
        return query.Prefix("path", below) if text else None

    def _date(self, lexeme: Lexeme, text: str) -> query.Query | None:
        if not text:
            return None
        found = period(text)
        if found is None:
            shown = f"{lexeme.field}:{text}" if lexeme.field else text
            self._repairs.as_words(
                shown, lexeme.place, "a date is like 2022, 2022-02 or 2022-02-10"
            )
            return words("text", analyze(shown))
        if found.turned:
            place = lexeme.place
            self._repairs.add(
                place, f"the dates at {place} are turned round: the later one is first"
            )
        return query.TermRange("date", found.first, found.last)


def pattern(text: str) -> query.Query | None:
    """Make a prefix or a wildcard of one word; None of what is none."""
    if len(text) > MAX_FORM:
        return None
    parts = _JOKER.split(_trimmed(text))
    forms = [_form(part) if part not in ("", "*", "?") else part for part in parts]
    if None in forms:
        return None
    glob = _STARS.sub("*", "".join(filter(None, forms))).rstrip("?")
    if glob == "*" or not ("*" in glob or "?" in glob):
        return None
    if glob.find("*") == len(glob) - 1 and "?" not in glob:
        return query.Prefix("form", glob[:-1])
    return query.Wildcard("form", glob)


def _trimmed(text: str) -> str:
    """Take off what parts words, from both ends."""
    kept = [i for i, char in enumerate(text) if char in "*?" or character_class(char) not in " hq."]
    return text[kept[0] : kept[-1] + 1] if kept else ""


def _form(part: str) -> str | None:
    """Normalise a stretch of a word; None for what has parts of several words."""
    if part.isascii() and part.isalnum():
        return part.lower()
    if any(character_class(char) in " h" for char in part):
        return None
    forms = _apart(analyze(part))
    return "".join(forms) if len(forms) < 2 else None


def _folded(expression: str) -> str:
    """Normalise the letters of a regular expression as those of forms are."""

    def folded(match: re.Match[str]) -> str:
        tokens = [] if match[0][0] == "\\" else analyze(match[0])
        return tokens[0].form if len(tokens) == 1 else match[0]

    return _FOLDED.sub(folded, unicodedata.normalize("NFC", expression))


def words(field: str, tokens: Sequence[Token], slop: int = 0) -> query.Query | None:
    """Make a leaf of a word or a phrase; with a compound in it, of either spelling of it.

    With a `slop`, the words of a phrase stand near each other, as `SpanNear2` has it.
    """
    if not tokens:
        return None
    if len(tokens) == 1:
        return query.Term(field, tokens[0].form)
    if tokens[-1].position == len(tokens) - 1:  # no two share a position
        return phrase(field, [token.form for token in tokens], slop)
    apart, together = _apart(tokens), _together(tokens)
    if apart == together:
        return phrase(field, apart, slop)
    return query.DisjunctionMax([phrase(field, apart, slop), phrase(field, together, slop)])


def phrase(field: str, forms: list[str], slop: int = 0) -> query.Query:
    """Make a leaf of forms in a row, or near each other."""
    if len(forms) == 1:
        return query.Term(field, forms[0])
    if not slop:
        return query.Phrase(field, forms)
    return SpanNear2([query.Term(field, form) for form in forms], slop=slop, ordered=False)


def pairs(node: query.Query) -> tuple[query.Query, ...]:
    """Take apart a phrase in which a script without spaces stands; nothing of any other leaf.

    Its characters come as pairs of neighbours, about as long as a word (as Lucene's CJKBigramFilter
    has them), words of another script by themselves.
    """
    if not isinstance(node, query.Phrase) or node.fieldname != "text":
        return ()
    if not any(map(_is_character, node.words)):
        return ()
    runs = [(spaceless, list(run)) for spaceless, run in groupby(node.words, _is_character)]
    found: list[tuple[str, ...]] = []
    for spaceless, run in runs:
        found += pairwise(run) if spaceless and len(run) > 1 else ((word,) for word in run)
    parts = [phrase("text", list(forms)) for forms in dict.fromkeys(found)]
    for part in parts:
        part.boost = node.boost
    return tuple(parts) if len(parts) > 1 else ()


def _is_character(word: str) -> bool:
    return len(word) == 1 and character_class(word) == "S"


def _apart(tokens: Sequence[Token]) -> list[str]:
    """Give one form a position, that with its sign where it has one; compounds as their parts."""
    forms: dict[int, str] = {}
    for token in tokens:
        if token.position not in forms or _is_signed(token):
            forms[token.position] = token.form
    return list(forms.values())


def _together(tokens: Sequence[Token]) -> list[str]:
    """Give one form a position as `_apart`, but compounds joined."""
    kept: list[Token] = []
    end = 0
    for token in tokens:
        if kept and token.position == kept[-1].position and not _is_signed(token):
            kept[-1], end = token, token.end  # a compound stands right behind its first part
        elif token.end > end:
            kept.append(token)
    return _apart(kept)


def _is_signed(token: Token) -> bool:
    return token.form[-1] in "+%#"
