"""What the user typed -> a Whoosh query tree, with the repairs it took.

The grammar, loosest first; a query that does not follow it is repaired, never refused:

    any      = sequence { "OR" sequence }
    sequence = all { all }                      all of them, or any of them where `relaxed`
    all      = signed { "AND" signed }
    signed   = [ "+" | "-" | "NOT" ] unit
    unit     = "(" any ")" | quoted phrase | word | word "*"

Leaves name words as typed (normalised, not stemmed): in the field `text` they are meant by stem,
in the field `form` as typed.
"""

import re
from collections import Counter
from typing import NamedTuple

from whoosh import query

from index.analysis import Token, analyze

MAX_QUERY = 8000
"""How many characters of a query are read."""

MAX_DEPTH = 40
"""How deep groups nest; parentheses beyond are passed over."""

MAX_WARNINGS = 20

_QUOTES = '"“”„‟«»″＂⹂「」『』｢｣﹁﹂﹃﹄〝〞〟❝❞'
_AFTER = r"(?:~\d*|\^[\d.]+)"
_BREAKS = ",;!|…‒–—―−،؛।，；！、。"
_FIELDS = "title|section|document|type|language|author|path|date"
_LEXER = re.compile(
    rf"(?P<space>\s+)|(?P<open>\()|(?P<close>\))"
    rf"|[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)(?P<end>[{_QUOTES}]|\Z)"
    rf"|(?P<after>(?<=[){_QUOTES}]){_AFTER})"
    rf"|(?P<sign>(?<![^\s(])[+-](?=[^\s+){_BREAKS}-]))"
    rf"|(?P<break>[{_BREAKS}]+|--+)"
    rf"|(?P<word>(?:[^\s(){_QUOTES}{_BREAKS}-]|(?<=\d),(?=\d)|-(?!-))+)"
    rf"|(?P<rest>.)"
)
_LETTERS = "(?!(?:AND|OR|NOT)(?![A-Za-z]))[A-Za-z]{1,60}"
_UNIT = rf'[+-]?(?:{_LETTERS}|"[A-Za-z]{{1,60}}(?: [A-Za-z]{{1,60}})*")'
_PLAIN = re.compile(rf"{_UNIT}(?: {_UNIT})*|{_LETTERS}(?: OR {_LETTERS})+")
_UNITS = re.compile(r'[+-]?(?:"[^"]*"|[^ "]+)')
_PHRASE = re.compile(rf"[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]?{_AFTER}?")
_FIELD = re.compile(rf"(?P<field>{_FIELDS}):(?P<rest>.*)", re.DOTALL)
_SUFFIX = re.compile(rf"(?P<word>.*[^\s~^])(?P<suffix>{_AFTER})", re.DOTALL)
_STARRED = re.compile(r"\w[*]|[*]\w")
_INNER_WILDCARD = re.compile(r"\w[*?]+\w|^[*?]+\w")
_CLOSING = ".'’"  # may stand behind a word that ends a sentence or a quotation
_OPERATORS = ("AND", "OR", "NOT")
_NEGATED = {"": "-", "+": "-", "-": ""}
_OPERAND_ENDS = ("word", "phrase", "close")
_OPERAND_STARTS = ("word", "phrase", "open", "sign", "NOT")


class Query(NamedTuple):
    """A query as it was understood.

    `warnings` says what was repaired; `relaxable` tells that it may be read again with any of its
    words instead of all.
    """

    tree: query.Query
    warnings: tuple[str, ...]
    relaxable: bool

    @property
    def interpreted(self) -> str:
        """The tree in words."""
        return describe(self.tree)


def parse(text: str, relaxed: bool = False, exact: bool = True) -> Query:
    """Read a query; where `relaxed`, what stands side by side is joined by OR instead of AND.

    What was joined by AND or `+`, and exclusions, stay as they are. Quoted words are meant as they
    are typed, or, where not `exact`, by stem like all others. Never raises; the time is linear in
    the length.
    """
    if _PLAIN.fullmatch(text) and (plain := _plain(text, relaxed, "form" if exact else "text")):
        return plain
    parser = _Parser(text, relaxed, exact)
    tree = parser.parse()
    return Query(tree, parser.warnings(), parser.relaxable)


def _plain(text: str, relaxed: bool, quoted_field: str) -> Query | None:
    """Read words of plain letters, which are their own forms, as `_Parser` does, in less time.

    None for what that has more to say about.
    """
    if " OR " in text and '"' not in text:
        words = text.replace(" OR ", " ").lower().split()
        return Query(query.Or([query.Term("text", word) for word in words]), (), relaxable=False)
    required, plain, excluded = [], [], []
    for unit in _UNITS.findall(text.lower()) if '"' in text else text.lower().split():
        bare = unit.lstrip("+-")
        node = (
            query.Term("text", bare) if bare[0] != '"' else _leaf(quoted_field, bare[1:-1].split())
        )
        if unit[0] == "+":
            required.append(node)
        elif unit[0] == "-":
            excluded.append(query.Not(node))
        else:
            plain.append(node)
    if not (required or plain):
        return None
    return Query(
        _side_by_side(required, plain, excluded, relaxed), (), not required and len(plain) > 1
    )


def _side_by_side(
    required: list[query.Query],
    plain: list[query.Query],
    excluded: list[query.Query],
    relaxed: bool,
) -> query.Query:
    """Join what stands side by side; where `relaxed`, what has no sign by OR."""
    if required:
        joined = _joined(query.And, required)
        plain = [query.AndMaybe(joined, _joined(query.Or, plain))] if plain else [joined]
    elif relaxed and len(plain) > 1:
        plain = [query.Or(plain)]
    return _joined(query.And, [*plain, *excluded])


class _Lexeme(NamedTuple):
    kind: str  # open, close, sign, phrase, word, AND, OR, NOT
    text: str
    place: int  # counted from 1


class _Signed(NamedTuple):
    sign: str  # "+", "-" or none
    node: query.Query


class _Parser:
    def __init__(self, text: str, relaxed: bool, exact: bool) -> None:
        self.relaxable = False
        self._relaxed = relaxed
        self._quoted_field = "form" if exact else "text"
        self._warnings: Counter[str] = Counter()
        self._depth = 0
        self._at = 0
        if len(text) > MAX_QUERY:
            self._warn(f"only the first {MAX_QUERY:,} characters of the query were read")
        self._lexemes = self._read(text[:MAX_QUERY])

    def parse(self) -> query.Query:
        tree = self._any() or query.NullQuery
        if _excludes(tree):
            self._warn("there are only exclusions: everything else is shown, without a score")
        return tree

    def warnings(self) -> tuple[str, ...]:
        if not self._warnings:
            return ()
        said = [f"{text} ({n:,} times)" if n > 1 else text for text, n in self._warnings.items()]
        more = len(said) - MAX_WARNINGS
        return (*said[:MAX_WARNINGS], *([f"and {more:,} more repairs"] if more > 0 else []))

    def _warn(self, text: str) -> None:
        self._warnings[text] += 1

    # Text to lexemes.

    def _read(self, text: str) -> list[_Lexeme]:
        lexemes: list[_Lexeme] = []
        for match in _LEXER.finditer(text):
            place, kind = match.start() + 1, match.lastgroup
            if kind == "word":
                lexemes += self._words(match[0], place, text[match.end() : match.end() + 1])
            elif kind == "end":
                lexemes.append(self._quoted(match, place))
            elif kind == "after":
                self._not_built(match[0], place, "left out")
            elif kind in ("open", "close", "sign"):
                lexemes.append(_Lexeme(kind, match[0], place))
        kinds = {lexeme.kind for lexeme in lexemes}
        if not kinds.isdisjoint(("open", "close")):
            lexemes = self._balanced(lexemes)
        return lexemes if kinds.isdisjoint(_OPERATORS) else self._settled(lexemes)

    def _quoted(self, match: re.Match[str], place: int) -> _Lexeme:
        if not match["end"] and match["phrase"].strip():
            self._warn(f"the quotation mark at {place} is not closed: the phrase goes to the end")
        if _STARRED.search(match["phrase"]):
            self._not_built("*", place, "a phrase is of whole words")
        return _Lexeme("phrase", match["phrase"], place)

    def _words(self, text: str, place: int, after: str) -> list[_Lexeme]:
        if text in _OPERATORS:
            return [_Lexeme(text, text, place)]
        if ":" not in text:
            return [_Lexeme("word", text, place)]
        field = _FIELD.fullmatch(text)
        if field and (field["rest"] or after == "(" or (after and after in _QUOTES)):
            self._not_built(f"{field['field']}:", place, "left out")
            return [_Lexeme("word", field["rest"], place)] if field["rest"] else []
        return [_Lexeme("word", text, place)]

    def _balanced(self, lexemes: list[_Lexeme]) -> list[_Lexeme]:
        """Pass over parentheses that close nothing, and pairs that are nested too deep."""
        kept: list[_Lexeme] = []
        depth = 0
        for lexeme in lexemes:
            opens, closes = lexeme.kind == "open", lexeme.kind == "close"
            depth += opens
            if closes and not depth:
                self._warn("a closing parenthesis without an opening one was passed over")
            elif opens and depth > MAX_DEPTH:
                self._warn(f"a parenthesis nested deeper than {MAX_DEPTH} was passed over")
            elif not closes or depth <= MAX_DEPTH:
                kept.append(lexeme)
            depth -= closes and depth > 0
        return kept

    def _settled(self, lexemes: list[_Lexeme]) -> list[_Lexeme]:
        """Turn operators that lack an operand into words, from the right to the left."""
        after = "end"
        for i in reversed(range(len(lexemes))):
            kind, text, place = lexemes[i]
            before = lexemes[i - 1].kind if i else "end"
            joins = kind == "NOT" or before in _OPERAND_ENDS
            if kind in _OPERATORS and not (joins and after in _OPERAND_STARTS):
                self._warn(f"“{text}” at {place} joins nothing: taken as a word")
                lexemes[i] = _Lexeme("word", text, place)
            after = lexemes[i].kind
        return lexemes

    def _not_built(self, what: str, place: int, then: str) -> None:
        self._warn(f"“{what[:20]}” at {place} is not built yet: {then}")

    # Lexemes to a tree.

    def _peek(self) -> str:
        return self._lexemes[self._at].kind if self._at < len(self._lexemes) else "end"

    def _next(self) -> _Lexeme:
        self._at += 1
        return self._lexemes[self._at - 1]

    def _any(self) -> query.Query | None:
        parts = [self._sequence()]
        while self._peek() == "OR":
            self._next()
            parts.append(self._sequence())
        nodes = [part for part in parts if part]
        return _joined(query.Or, nodes) if nodes else None

    def _sequence(self) -> query.Query | None:
        parts = []
        while self._peek() not in ("OR", "close", "end"):
            if part := self._all():
                parts.append(part)
        return self._side_by_side(parts) if parts else None

    def _side_by_side(self, parts: list[_Signed]) -> query.Query:
        plain = [node for sign, node in parts if not sign and not _excludes(node)]
        required = [node for sign, node in parts if sign == "+"]
        excluded = [query.Not(node) for sign, node in parts if sign == "-"]
        excluded += [node for sign, node in parts if not sign and _excludes(node)]
        outermost = self._depth == 0 and not required and len(plain) > 1
        self.relaxable = self.relaxable or outermost
        return _side_by_side(required, plain, excluded, self._relaxed and outermost)

    def _all(self) -> _Signed | None:
        parts = [self._signed()]
        while self._peek() == "AND":
            self._next()
            parts.append(self._signed())
        found = [part for part in parts if part]
        if len(found) < 2:
            return found[0] if found else None
        return _Signed("", query.And([query.Not(n) if sign == "-" else n for sign, n in found]))

    def _signed(self) -> _Signed | None:
        sign = ""
        while self._peek() in ("NOT", "sign"):
            plus = self._next().text == "+"
            sign = (sign or "+") if plus else _NEGATED[sign]
        node = self._unit()
        if sign == "-" and isinstance(node, query.Not):
            return _Signed("", node.query)
        return _Signed(sign, node) if node else None

    def _unit(self) -> query.Query | None:
        if self._peek() not in ("open", "phrase", "word"):
            return None
        lexeme = self._next()
        if lexeme.kind == "open":
            return self._group()
        if lexeme.kind == "phrase":
            return _words(self._quoted_field, analyze(lexeme.text))
        return self._word(lexeme)

    def _group(self) -> query.Query | None:
        self._depth += 1
        node = self._any()
        self._depth -= 1
        if self._peek() == "close":
            self._next()
        else:
            self._warn("an opening parenthesis is not closed: its group goes to the end")
        return node

    def _word(self, lexeme: _Lexeme) -> query.Query | None:
        if lexeme.text.isalnum():
            return _words("text", analyze(lexeme.text))
        text = self._without_unbuilt(lexeme).rstrip(_CLOSING)
        if _INNER_WILDCARD.search(text):
            self._not_built(text, lexeme.place, "taken as words")
        elif text.endswith("*"):
            stripped = text.rstrip("*")
            forms = _apart(analyze(stripped))
            if len(forms) == 1:
                return query.Prefix("form", forms[0])
            if forms:
                self._not_built(text, lexeme.place, "taken as words")
        return _words("text", analyze(text))

    def _without_unbuilt(self, lexeme: _Lexeme) -> str:
        """Take off what later versions of the language know."""
        text, place = lexeme.text, lexeme.place
        if match := _SUFFIX.fullmatch(text):
            self._not_built(match["suffix"], place, "left out")
            text = match["word"]
        if re.match(r"=\w", text):
            self._not_built("=", place, "left out")
        if re.fullmatch(r"/[^/]+/", text):
            self._not_built(text, place, "taken as words")
        return text


# Tokens to leaves.


def _words(field: str, tokens: list[Token]) -> query.Query | None:
    """Make a leaf of a word or a phrase; with a compound in it, of either spelling of it."""
    if not tokens:
        return None
    if len(tokens) == 1:
        return query.Term(field, tokens[0].form)
    apart, together = _apart(tokens), _together(tokens)
    if apart == together:
        return _leaf(field, apart)
    return query.DisjunctionMax([_leaf(field, apart), _leaf(field, together)])


def _leaf(field: str, forms: list[str]) -> query.Query:
    return query.Term(field, forms[0]) if len(forms) == 1 else query.Phrase(field, forms)


def _apart(tokens: list[Token]) -> list[str]:
    """Give one form a position, that with its sign where it has one; compounds as their parts."""
    forms: dict[int, str] = {}
    for token in tokens:
        if token.position not in forms or _is_signed(token):
            forms[token.position] = token.form
    return list(forms.values())


def _together(tokens: list[Token]) -> list[str]:
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


# Trees.


def _joined(operator: type[query.Query], nodes: list[query.Query]) -> query.Query:
    return operator(nodes) if len(nodes) > 1 else nodes[0]


def _excludes(node: query.Query) -> bool:
    """Tell whether a tree has exclusions alone."""
    if isinstance(node, query.And | query.Or):
        return all(map(_excludes, node.subqueries))
    return isinstance(node, query.Not)


def describe(node: query.Query, within: type | None = None) -> str:
    """Give a tree in words, in the query language where that has them."""
    match node:
        case query.Phrase(fieldname="text") | query.Term(fieldname="text"):
            return "/".join(_forms(node))
        case query.Phrase() | query.Term():
            return f'"{" ".join(_forms(node))}"'
        case query.Prefix():
            return f"{node.text}*"
        case query.Not():
            return f"NOT {describe(node.query, query.Not)}"
        case query.DisjunctionMax():
            return describe(node.subqueries[0]).replace("/", "-")
        case query.And() | query.Or():
            word = " AND " if isinstance(node, query.And) else " OR "
            text = word.join(describe(n, type(node)) for n in node.subqueries)
        case query.AndMaybe():
            required, optional = describe(node.a, query.And), describe(node.b, query.Or)
            text = f"{required}, better with {optional}"
        case _:
            return ""
    return f"({text})" if within not in (None, type(node)) else text


def _forms(node: query.Query) -> list[str]:
    return node.words if isinstance(node, query.Phrase) else [node.text]


def unquoted(text: str) -> str:
    """Give a query with groups in place of its phrases, so that their words are meant by stem."""
    if alone := _PHRASE.fullmatch(text.strip()):
        return _without_operators(alone[1])
    return " ".join(_PHRASE.sub(_group, text).split())


def _group(phrase: re.Match[str]) -> str:
    words = _without_operators(phrase[1])
    return words if words.isalpha() else f"({words})"


def _without_operators(phrase: str) -> str:
    words = re.sub("[()]", " ", phrase).split()
    return " ".join(word.lower() if word in _OPERATORS else word for word in words)
