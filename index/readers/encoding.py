"""Bytes to text: which encoding a file is in, and line ends made one."""

import codecs
import re
from typing import TYPE_CHECKING

from index.errors import Unreadable

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

# UTF-32 stands before UTF-16, whose little-endian mark begins its own.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_SEVEN_BIT = ("iso2022_kr", "iso2022_jp_2", "ascii")

# The older encodings of the WHATWG Encoding Standard that files are still met in. Any longer list
# (EBCDIC, DOS and Macintosh pages of Western languages) makes more wrong guesses than right ones.
_MULTI_BYTE = ("gb18030", "big5", "euc_jp", "cp932", "cp949")
_LATIN = ("cp1252", "cp1250", "iso8859_2", "cp1254", "cp1257", "cp1258")
_OTHER = (
    *("cp866", "koi8_r", "mac_cyrillic", "cp1251", "iso8859_5", "cp1253", "iso8859_7"),
    *("cp1255", "iso8859_8", "cp1256", "iso8859_6", "cp874"),
)

# The languages for which a Latin page was made, by charset-normalizer's names.
_CENTRAL = frozenset({"Croatian", "Czech", "Hungarian", "Polish", "Slovak", "Slovene"})
_LANGUAGES = {
    "cp1250": _CENTRAL,
    "iso8859_2": _CENTRAL,
    "cp1254": frozenset({"Turkish"}),
    "cp1257": frozenset({"Estonian", "Latvian", "Lithuanian"}),
}

_ASCII = bytes(range(128))
_WORD = re.compile(rb"[\x80-\xff]{3,}")
_SPRINKLED_SHARE = 0.25
_C1 = re.compile(rb"[\x80-\x9f]")
_NEVER_IN_TEXT = re.compile("[\x00-\x07\x0e-\x1a\x7f]")
_BINARY_SHARE = 0.05


def decode(data: bytes) -> str:
    r"""Give the text of a file, its line ends made `\n` and its byte order mark taken off.

    Tried in this order: a byte order mark, UTF-8 (and ISO 2022, which is ASCII with escapes),
    UTF-8 with a few broken bytes (each becomes U+FFFD), and what charset-normalizer finds. Lone
    surrogates never come out.

    Raises `Unreadable` for an empty, a binary and an undecodable file.
    """
    attempts = (_marked, _utf8, _broken_utf8, _older)
    text = next((text for attempt in attempts if (text := attempt(data)) is not None), None)
    if _is_binary(data.decode("latin-1") if text is None else text):
        raise Unreadable("the file is binary, not text")
    if text is None:
        raise Unreadable("its encoding is not known; save it as UTF-8")
    if not text or text.isspace():
        raise Unreadable("the file is empty")
    # `\r\r\n` is what a careless conversion of `\r\n` leaves.
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")


def _is_binary(text: str) -> bool:
    return "\0" in text or len(_NEVER_IN_TEXT.findall(text)) > _BINARY_SHARE * len(text)


def _marked(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    return None


def _utf8(data: bytes) -> str | None:
    escaped = data.isascii() and b"\x1b$" in data
    for encoding in _SEVEN_BIT if escaped else ("utf-8",):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _broken_utf8(data: bytes) -> str | None:
    """Take for UTF-8 what has twice as many good sequences as bad: no older encoding has that."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    ascii_bytes = len(data) - len(data.translate(None, _ASCII))
    return text if len(text) - ascii_bytes - bad >= 2 * bad else None


def _older(data: bytes) -> str | None:
    if b"\0" in data:
        return None
    match = _latin(data) if _is_sprinkled(data) else None
    match = match or _guess(data, *_MULTI_BYTE, *_LATIN, *_OTHER)
    if match is None or match.encoding in _LATIN:
        match = _latin(data) or _mixed(data)
    return None if match is None else data.decode(match.encoding, "replace")


def _is_sprinkled(data: bytes) -> bool:
    """Tell whether the bytes beyond ASCII stand singly, as in Latin; other scripts line them up."""
    in_words = sum(map(len, _WORD.findall(data)))
    return in_words < _SPRINKLED_SHARE * len(data.translate(None, _ASCII))


def _latin(data: bytes) -> "CharsetMatch | None":
    """Choose among the Latin pages, which differ in so few letters that the guess often errs.

    The Western page wins unless another reads more cleanly, and as a language that it was made
    for. ISO 8859-2 leaves empty the bytes where cp1250 has quotation marks and some letters.
    """
    central = "cp1250" if _C1.search(data) else "iso8859_2"
    pages = ("cp1252", central, "cp1254", "cp1257")
    matches = [match for page in pages if (match := _guess(data, page)) is not None]
    fitting = [m for m in matches if m.language in _LANGUAGES.get(m.encoding, {m.language})]
    return min(fitting or matches, key=lambda m: (m.chaos, -m.coherence), default=None)


def _mixed(data: bytes) -> "CharsetMatch | None":
    """Try the encodings with several bytes a character again, more patiently.

    They have a grammar of their own; what keeps to it throughout is such a text, even where its
    mixture of scripts looks like chaos.
    """
    return _guess(data, *_MULTI_BYTE, threshold=0.7)


def _guess(data: bytes, *encodings: str, threshold: float = 0.2) -> "CharsetMatch | None":
    from charset_normalizer import from_bytes  # noqa: PLC0415 - imported when first needed

    return from_bytes(data, cp_isolation=list(encodings), threshold=threshold).best()
