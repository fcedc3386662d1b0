"""Bytes to text: which encoding a file is in, and line ends made one."""

import codecs
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.errors import Unreadable

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

# UTF-32 stands first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_ESCAPED = ("iso2022_jp_2", "iso2022_kr")

# The older encodings that files are met in, after the WHATWG Encoding Standard; the rarer ones
# (EBCDIC, DOS and Macintosh pages of Western languages) are guessed wrongly more often than met.
_MULTI_BYTE = ("gb18030", "big5", "euc_jp", "cp932", "cp949")
_LATIN = ("cp1252", "cp1250", "iso8859_2", "cp1254", "cp1257", "cp1258")
_OTHER = (
    *("cp866", "koi8_r", "mac_cyrillic", "cp1251", "iso8859_5"),
    *("cp1253", "iso8859_7", "cp1255", "iso8859_8", "cp1256", "iso8859_6", "cp874"),
)

_CENTRAL = frozenset({"Croatian", "Czech", "Hungarian", "Polish", "Slovak", "Slovene"})
_LANGUAGES = {
    "cp1250": _CENTRAL,
    "iso8859_2": _CENTRAL,
    "cp1254": frozenset({"Turkish"}),
    "cp1257": frozenset({"Estonian", "Latvian", "Lithuanian"}),
}

_C1 = re.compile(rb"[\x80-\x9f]")
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufffd]")


def decode(data: bytes) -> str:
    r"""Give the text of a file, its line ends made `\n` and its byte order mark taken off.

    Tried in this order: a byte order mark, UTF-8, ISO 2022, UTF-8 with a few broken bytes (each
    becomes U+FFFD), and what charset-normalizer finds. Lone surrogates never come out.

    Raises `Unreadable` for an empty, a binary and an undecodable file.
    """
    text = _marked(data) or _utf8(data) or _damaged_utf8(data) or _older(data)
    if not text or text.isspace():
        raise Unreadable("the file is empty")
    if "\0" in text or 20 * len(_NOT_TEXT.findall(text)) > len(text):
        raise Unreadable("the file is binary, not text")
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")


def _marked(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    return None


def _utf8(data: bytes) -> str | None:
    if data.isascii() and b"\x1b$" in data:
        return _escaped(data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _escaped(data: bytes) -> str:
    for encoding in _ESCAPED:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("ascii")


def _damaged_utf8(data: bytes) -> str | None:
    """Take for UTF-8 what has twice as many good sequences as bad ones; no other encoding has."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = len(text) - bad - sum(map(text.count, map(chr, range(128))))
    return text if good >= 2 * bad else None
