"""The one analysis of text: characters in, tokens out, for indexing, querying and highlighting.

It runs in two steps. Every character of the *original* text gets a class, one letter; a regular
expression over the classes finds the words, so that offsets never need to be mapped back. Then
each word is normalised by itself. Both steps look at a character once: the time is linear.
"""

import re
import threading
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import Stemmer

UNICODE = unicodedata.unidata_version
"""The version of the character data in use; it is recorded in every index."""

MAX_FORM = 255
"""The length, in bytes of UTF-8, at which a form is cut."""


class Token(NamedTuple):
    """One token: `form` is the normalised word, `stem` what postings are by.

    `position` counts words from 0; a joined compound (`coordinated` for `co-ordinated`) and a word
    with its sign (`0%`) share the position of the word they begin with. `start` and `end` are
    code points of the original text.
    """

    form: str
    stem: str
    position: int
    start: int
    end: int


def analyze(text: str) -> list[Token]:
    """Cut a text into tokens, ordered by position."""
    if text.isascii() and text.isalnum():
        return [_token(text.lower(), 0, 0, len(text))]
    classes = "".join(map(_CLASSES.__getitem__, text))
    if "I" not in classes:
        return _analyze(text, classes)
    # What vanishes is taken out first; offsets are then those of what was left in place.
    left = [i for i, cls in enumerate(classes) if cls != "I"]
    tokens = _analyze("".join(text[i] for i in left), classes.replace("I", ""))
    left.append(len(text))
    return [token._replace(start=left[token.start], end=left[token.end]) for token in tokens]


def _analyze(text: str, classes: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    for match in _WORD.finditer(classes):
        start, end = match.span()
        word = text[start:end]
        found = _remembered(word) if end - start <= _SHORT else _analyze_word(word)
        if start:
            for form, stem, at, first, last in found:
                tokens.append(Token(form, stem, position + at, start + first, start + last))
        else:
            tokens += found
        position = tokens[-1].position + 1 if found else position
    return tokens


def character_class(char: str) -> str:
    """Give the class of a character, one letter; the text below tells them."""
    return _CLASSES[char]


def stem(form: str) -> str:
    """Give the stem of a form: Snowball's English stemmer, where it is of letters alone."""
    return _snowball(form) if form.isalpha() else form


def stems(forms: Sequence[str]) -> list[str]:
    """Give the stem of each form, as `stem` does, in less time."""
    found = _stemmer().stemWords(forms)
    return [s if form.isalpha() else form for form, s in zip(forms, found, strict=True)]


# Classes of characters:
#   L letter   s the letter s   K letter of Hangul   D decimal digit   M combining mark
#   I ignorable (vanishes)   S letter of a script written without spaces   E emoji   F half a flag
#   A superscript   U subscript   B circled, squared, fraction   q apostrophe   h hyphen
#   . , + % # themselves   and a space for what separates

_APOSTROPHES = "'’ʼ‘＇`"
_THEMSELVES = ".,+%#"
_SPECIAL = {
    **dict.fromkeys(_APOSTROPHES, "q"),
    **dict.fromkeys("-\u2010\u2011", "h"),
    **dict.fromkeys("sSｓＳ", "s"),
    **dict.fromkeys("\uff9e\uff9f", "M"),  # the half-width voicing marks of kana
    **{c: c for c in _THEMSELVES},
    "\u200b": " ",  # the zero width space is there to separate
    "\u034f": "I",
    "〇": "S",
}
_UNSPACED = (
    "CJK ",
    "IDEOGRAPHIC ",
    "HIRAGANA ",
    "HENTAIGANA ",
    "KATAKANA",
    "HALFWIDTH KATAKANA",
    "THAI ",
    "LAO ",
    "KHMER ",
    "MYANMAR ",
)
_VARIATION_SELECTORS = ((0xFE00, 0xFE0F), (0x180B, 0x180F), (0xE0100, 0xE01EF))
_FLAGS = ((0x1F1E6, 0x1F1FF),)
_SKIN_TONES = ((0x1F3FB, 0x1F3FF),)
_EMOJI = (
    (0x231A, 0x231B),
    (0x23E9, 0x23FA),
    (0x2600, 0x27BF),
    (0x2B1B, 0x2B1C),
    (0x2B50, 0x2B55),
    (0x1F000, 0x1FAFF),
)

# The parts of _WORD. Every repetition is possessive: no text makes the expression go back.
_FINAL_S = r"(?:qs(?![LsKDM]))"
_INITIAL = rf"[Ls]M*+(?![LsKD])(?!(?!{_FINAL_S})q[LsK])"
_INITIALS = rf"[Ls]M*+(?:\.{_INITIAL})++\.?+{_FINAL_S}?+"
_LETTERS = r"[LsK]M*+(?:q(?=[LsK]))?+"
_DIGITS = r"DM*+(?:[.,](?=D))?+"
_PART = rf"(?:{_INITIALS}|(?:{_LETTERS}|{_DIGITS})++{_FINAL_S}?+)"
_WORD = re.compile(
    rf"{_PART}(?:h{_PART})*+(?:\+\+|[+%#](?![LsKD]))?"
    r"|A+|U+|B|FF?|[SE]M*+"
)
_DROPPABLE = re.compile("[q.,]")
_GROUP = re.compile(r",(?=DDD(?!D))")


def _inside(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


_BY_CATEGORY = {"Cf": "I", "Nd": "D", "Mn": "M", "Mc": "M", "Me": "M"}
_BY_DISGUISE = {"<super>": "A", "<sub>": "U", "<circle>": "B"}


def _class(char: str) -> str:
    category, code = unicodedata.category(char), ord(char)
    if _inside(code, _VARIATION_SELECTORS + _SKIN_TONES):
        return "I"
    known = _SPECIAL.get(char) or _BY_CATEGORY.get(category)
    disguise = "" if known else _disguise(char)
    if known or disguise in _BY_DISGUISE:
        return known or _BY_DISGUISE[disguise]
    if category[0] == "L" and unicodedata.normalize("NFKD", char)[0] != " ":
        return _class_of_letter(unicodedata.name(char, ""))
    if disguise:
        return "B"
    if category == "So" and _inside(code, _EMOJI):
        return "F" if _inside(code, _FLAGS) else "E"
    return " "


def _class_of_letter(name: str) -> str:
    if name.startswith(_UNSPACED):
        return "S"
    return "K" if name.startswith("HANGUL ") else "L"


def _disguise(char: str) -> str:
    """Give the kind of a character that is a disguise of letters or digits, such as `<super>`."""
    decomposed = unicodedata.normalize("NFKD", char)
    if decomposed == char or not any(c.isalpha() or c.isdecimal() for c in decomposed):
        return ""
    return unicodedata.decomposition(char).partition(" ")[0]


class _Classes(dict[str, str]):
    def __missing__(self, char: str) -> str:
        self[char] = value = _class(char)
        return value


_CLASSES = _Classes()


# Words.

_SHORT = 64
"""Up to how many characters of a word its tokens are remembered."""


def _analyze_word(text: str) -> tuple[Token, ...]:
    """Give the tokens of one match of _WORD, as if it stood at the beginning."""
    classes = "".join(map(_CLASSES.__getitem__, text))
    if classes[0] not in "LsKD":
        return tuple(_tokens(text, classes, 0, len(text), 0))
    word = classes.rstrip("+%#")
    found = _compound(text, word)
    if len(word) < len(classes) and found and len(found[-1].form.encode()) < MAX_FORM:
        last, sign = found[-1], classes[len(word) :]
        found.append(_token(last.form + sign, last.position, last.start, len(text)))
    return tuple(found)


_remembered = lru_cache(maxsize=1 << 12)(_analyze_word)


def _compound(text: str, classes: str) -> list[Token]:
    """Give the tokens of one word, or of several that hyphens join."""
    found = classes.split("h")
    start, parts = 0, list[Token]()
    for part in found:
        parts += _tokens(text, classes, start, start + len(part), len(parts))
        start += len(part) + 1
    if len(found) > 1 and len(parts) > 1:
        joined = unicodedata.normalize("NFC", "".join(part.form for part in parts))
        parts.insert(1, _token(joined, 0, parts[0].start, parts[-1].end))
    return parts


def _tokens(text: str, classes: str, start: int, end: int, position: int) -> list[Token]:
    """Normalise a word; one character can hold several words (`ﷺ`), which share its offsets."""
    kept = _kept(classes[start:end])
    pieces = _normalise("".join([text[start + i] for i in kept]))
    if len(pieces) == 1:
        return [_token(pieces[0][0], position, start, end)]
    return [
        _token(form, position + i, start + kept[first], start + kept[last] + 1)
        for i, (form, first, last) in enumerate(pieces)
    ]


def _kept(classes: str) -> Sequence[int]:
    """Give the places in a word that its form is made of.

    Apostrophes, a final 's, the stops of initials and the commas of thousands are not.
    """
    if not _DROPPABLE.search(classes):
        return range(len(classes))
    classes = classes.removesuffix("qs")
    commas = {match.start() for match in _GROUP.finditer(classes)}
    dropped = "q" if "D" in classes else "q."
    return [i for i, cls in enumerate(classes) if cls not in dropped and i not in commas]


def _token(form: str, position: int, start: int, end: int) -> Token:
    if len(form) * 4 > MAX_FORM:
        form = form.encode()[:MAX_FORM].decode(errors="ignore")
    return Token(form, stem(form), position, start, end)


# Normalisation of one word.

_UNDECOMPOSED = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
_UNTORN = "ำຳ"  # one letter of Thai and of Lao, which NFKD makes a mark and a letter
_IOTA_SUBSCRIPT = "\u0345"  # a mark, which case folding would make a letter
_ARABIC_LETTER_MARKS = "\u0653\u0654\u0655"  # maddah and hamza belong to the letter


def _normalise(word: str) -> tuple[tuple[str, int, int], ...]:
    """Give the forms in a word, each with the indices of its first and last character."""
    if word.isascii():
        return ((word.lower(), 0, len(word) - 1),) if word else ()
    pieces: list[tuple[list[str], list[int]]] = []  # the characters of each, and their places
    chars, places = list[str](), list[int]()
    apart = on_latin = True
    for i, original in enumerate(word):
        for char, kind in zip(*_fold(original), strict=True):
            if kind == " ":
                apart = True
                continue
            if kind == "M" and on_latin:
                continue
            if kind != "M":
                if apart or kind == "S":
                    chars, places = [], []
                    pieces.append((chars, places))
                apart, on_latin = kind == "S", kind == "G"
            chars.append(char)
            places.append(i)
    return tuple(
        (unicodedata.normalize("NFC", "".join(chars)), places[0], places[-1])
        for chars, places in pieces
    )


@lru_cache(maxsize=1 << 16)
def _fold(char: str) -> tuple[str, str]:
    """Decompose and case-fold one character; what separates inside it becomes a space.

    The second text has a letter for each character of the first, its kind.
    """
    folded = char
    if char not in _THEMSELVES and char not in _UNTORN:
        decomposed = unicodedata.normalize("NFKD", char).replace(_IOTA_SUBSCRIPT, "")
        decomposed = decomposed.casefold().translate(_UNDECOMPOSED)
        folded = "".join(map(_kept_char, decomposed))
    return folded, "".join(map(_kind, folded))


def _kind(char: str) -> str:
    """Give M for a combining mark, S without spaces, G for Latin and Greek, whose marks go, L."""
    if char == " " or unicodedata.category(char)[0] == "M":
        return " " if char == " " else "M"
    if _CLASSES[char] == "S":
        return "S"
    return "G" if unicodedata.name(char, "").startswith(("LATIN", "GREEK")) else "L"


def _kept_char(char: str) -> str:
    category, code = unicodedata.category(char), ord(char)
    if char in _APOSTROPHES or char == "\u0640" or category == "Me":
        return ""
    if category == "Mn" and (0x0591 <= code <= 0x05C7 or 0x0610 <= code <= 0x06ED):
        return char if char in _ARABIC_LETTER_MARKS else ""
    return char if category[0] in "LM" or category == "Nd" or _CLASSES[char] in "SEF" else " "


# Stems. A stemmer must not be shared by threads.

_stemmers = threading.local()


def _stemmer() -> Stemmer.Stemmer:
    if not hasattr(_stemmers, "english"):
        _stemmers.english = Stemmer.Stemmer("english", 0)
    return _stemmers.english


@lru_cache(maxsize=1 << 14)
def _snowball(form: str) -> str:
    found: str = _stemmer().stemWord(form)
    return form if found == form else found  # one text where they are alike
