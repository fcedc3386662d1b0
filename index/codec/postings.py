"""The words of paragraphs -> dictionaries and postings: a counting sort by term, compiled."""

from collections.abc import Iterable

import numba
import numpy as np
import numpy.typing as npt

from index.codec.container import Array
from index.codec.words import I64, U32, Words

U16 = npt.NDArray[np.uint16]
U64 = npt.NDArray[np.uint64]


def invert(words: Words, stream: U32, first: I64) -> tuple[dict[str, Array], I64]:
    """Give the dictionaries and postings of a segment, and each paragraph's length in positions.

    `stream` and `first` are the paragraphs' words, as `Words.cut` gives them.
    """
    tokens = words.tokens()
    counts = np.bincount(stream, minlength=len(tokens.positions))
    in_use = np.repeat(counts, np.diff(tokens.start)) > 0
    dictionary, number, codes = _dictionary(words, np.unique(tokens.form[in_use]))
    form = number[tokens.form]
    term = dictionary["forms.term"][form] if len(number) else form
    by_term = np.zeros(len(dictionary["terms.forms"]) - 1, np.int64)
    np.add.at(by_term, term[in_use], np.repeat(counts, np.diff(tokens.start))[in_use])
    start = _starts(by_term)
    total = int(start[-1])
    keys, code = np.empty(total, np.uint64), np.empty(total, np.uint16)
    length = np.zeros(len(first) - 1, np.int64)
    _sort(
        stream, first, tokens.start, term, codes[form], tokens.position, tokens.positions,
        start[:-1].copy(), keys, code, length,
    )  # fmt: skip
    paragraph, positions = np.empty(total, np.uint32), np.empty(total + 1, np.uint64)
    postings, df = np.empty_like(start), np.zeros(len(codes), np.uint32)
    count = _group(
        keys, code, start, dictionary["terms.forms"], dictionary["terms.form"],
        paragraph, positions, postings, df,
    )  # fmt: skip
    return dictionary | {
        "terms.postings": postings.astype(np.uint64),
        "forms.df": df,
        "postings.paragraph": paragraph[:count],
        "postings.positions": positions[: count + 1],
        "positions.position": keys.astype(np.uint32),  # its lower half
        "positions.code": code,
    }, length


def _dictionary(words: Words, used: U32) -> tuple[dict[str, Array], U32, U16]:
    """Sort the forms in use, and their stems.

    Answers the arrays, the number of each form among those of `words`, and the forms' codes.
    """
    names = list(words.forms)
    forms = sorted((names[form].encode(), form) for form in used.tolist())
    stems = sorted({words.stems[form].encode() for _, form in forms})
    rank = {stem: number for number, stem in enumerate(stems)}
    form_term = np.array([rank[words.stems[form].encode()] for _, form in forms], np.uint32)
    by_term = np.argsort(form_term, kind="stable").astype(np.uint32)
    term_forms = _starts(np.bincount(form_term, minlength=len(stems)))
    codes = np.empty(len(forms), np.uint16)
    codes[by_term] = np.arange(len(forms)) - term_forms[form_term[by_term]]
    number = np.zeros(len(names), np.uint32)
    number[[form for _, form in forms]] = np.arange(len(forms))
    arrays = {
        "terms.text": blob(stems),
        "terms.text_start": text_starts(stems),
        "terms.forms": term_forms.astype(np.uint64),
        "terms.form": by_term,
        "forms.text": blob(text for text, _ in forms),
        "forms.text_start": text_starts(text for text, _ in forms),
        "forms.term": form_term,
        "forms.code": codes,
    }
    return arrays, number, codes


def _starts(sizes: npt.NDArray[np.int64]) -> I64:
    starts = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=starts[1:])
    return starts


def text_starts(texts: Iterable[bytes]) -> U64:
    """Give where each text starts when they stand in a row, and where the last one ends."""
    return _starts(np.fromiter(map(len, texts), np.int64)).astype(np.uint64)


def blob(texts: Iterable[bytes]) -> npt.NDArray[np.uint8]:
    """Put texts in a row."""
    return np.frombuffer(b"".join(texts), np.uint8)


@numba.njit(nogil=True, cache=True)
def _sort(
    stream: U32,
    first: I64,
    start: U32,
    term: U32,
    code: U16,
    position: U32,
    positions: U32,
    cursor: I64,
    keys: U64,
    codes: U16,
    length: I64,
) -> None:
    """Put every token behind those of its term: paragraph << 32 | position, and its form's code.

    The tokens come in the order of paragraph and position, and keep it within their term.
    """
    for p in range(len(first) - 1):
        at = 0
        for i in range(first[p], first[p + 1]):
            word = stream[i]
            for token in range(start[word], start[word + 1]):
                out = cursor[term[token]]
                cursor[term[token]] = out + 1
                keys[out] = np.uint64(p) << np.uint64(32) | np.uint64(at + position[token])
                codes[out] = code[token]
            at += positions[word]
        length[p] = at


@numba.njit(nogil=True, cache=True)
def _group(
    keys: U64,
    codes: U16,
    start: I64,
    term_forms: U64,
    term_form: U32,
    paragraphs: U32,
    positions: U64,
    postings: I64,
    df: U32,
) -> int:
    """Make postings of tokens that stand in one paragraph; count the paragraphs of each form."""
    count = 0
    seen = np.full(len(df), -1, np.int64)
    for term in range(len(start) - 1):
        postings[term] = count
        last = np.int64(-1)
        for i in range(start[term], start[term + 1]):
            paragraph = np.int64(keys[i] >> np.uint64(32))
            if paragraph != last:
                paragraphs[count], positions[count] = paragraph, i
                count += 1
                last = paragraph
            form = term_form[term_forms[term] + codes[i]]
            if seen[form] != paragraph:
                seen[form] = paragraph
                df[form] += 1
    postings[len(start) - 1] = count
    positions[count] = len(keys)
    return count
