"""A signature of each paragraph, by which near-identical ones are found: MinHash in eight bytes.

A paragraph is taken as the set of its pairs of neighbouring stems. The hash of a pair puts it into
one of eight bins; of the least in each bin, eight bits are kept. So two paragraphs have about as
many bytes of eight in common as their pairs have of all pairs in either of them (Broder, "On the
resemblance and containment of documents", 1997; one hash for all bins: Li, Owen and Zhang, "One
permutation hashing", 2012; an empty bin takes from the next one that is not: Shrivastava and Li,
"Densifying one permutation hashing via rotation", 2014; eight bits: Li and König, "b-bit minwise
hashing", 2010).

A stem counts by its first eight bytes, which are at hand, so that a signature depends neither on
the segment nor on what else is in it.
"""

import numpy as np
import numpy.typing as npt

from index.codec.bits import popcount
from index.codec.compiled import i64, inlined, kernel, u64
from index.codec.words import NOTHING, SEVERAL, Column, Tokens

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

BINS = 8
"""How many bytes a signature has; one of zeros is that of a paragraph without words."""

_NONE, _SEVERAL = np.uint32(0), np.uint32(1)  # no hashes: of words without a token, and with many
_LOW = np.uint64(0xFFFFFFFF)
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio (Knuth, TAOCP 6.4)
_MIXER = np.uint64(0xFF51AFD7ED558CCD)  # of MurmurHash3
_SEVENS = np.uint64(0x7F7F7F7F7F7F7F7F)


class Signatures:
    """Signs the paragraphs of a segment, some at a time."""

    def __init__(self) -> None:
        self._token = Column(np.uint32)  # the hash of each token's stem
        self._only = Column(np.uint32)  # that of each word's token, if it has one, or what stands
        self._found: list[U64] = [np.zeros(0, np.uint64)]

    def add(self, tokens: Tokens, prefix: U64, stream: U32, first: I64) -> None:
        """Sign paragraphs as `Words.cut` finds them.

        `prefix` (u64) has the first eight bytes of each stem.
        """
        self._note(tokens, prefix)
        found = np.empty(len(first) - 1, np.uint64)
        least = np.empty(BINS, np.uint64)
        _sign(stream, first, tokens.start, self._only.array, self._token.array, least, found)
        self._found.append(found)

    def _note(self, tokens: Tokens, prefix: U64) -> None:
        """Note the hashes of what the new words come to."""
        chained = tokens.chained[len(self._token) :]
        self._token.extend(_hashes(prefix[(chained & _LOW).astype(np.int64)]))
        known = len(self._only)
        only, begin = tokens.only[known:], tokens.start[known:-1]
        single = (only != NOTHING) & (only != SEVERAL)
        found = np.where(only == NOTHING, _NONE, _SEVERAL)
        found[single] = self._token.array[begin[single]]
        self._only.extend(found)

    def array(self) -> U64:
        """Give the signatures of all paragraphs."""
        return np.concatenate(self._found)


def _hashes(prefix: U64) -> U32:
    """Hash stems by their first eight bytes; no hash is one of those that say something else."""
    mixed = (prefix ^ (prefix >> np.uint64(32))) * _MIXER
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _MULTIPLIER
    return (mixed >> np.uint64(32)).astype(np.uint32) | np.uint32(2)


@kernel
def _sign(
    stream: U32, first: I64, start: U32, only: U32, token: U32, least: U64, found: U64
) -> None:
    """Sign paragraphs of words; `least` is room for the least hash of each bin."""
    for p in range(len(found)):
        for b in range(BINS):
            least[b] = _EMPTY
        before = u64(0)
        for i in range(u64(first[p]), u64(first[p + 1])):
            word = u64(stream[i])
            own = only[word]
            if own == _NONE:
                continue
            if own != _SEVERAL:
                before = _take(before, u64(own), least)
                continue
            for t in range(u64(start[word]), u64(start[word + u64(1)])):
                before = _take(before, u64(token[t]), least)
        found[p] = _signature(least)


@inlined
def _take(before: int, stem: int, least: U64) -> int:
    """Put the pair of a stem and the one before it into its bin; answer the stem."""
    pair = u64(u64(before) << u64(32) | u64(stem)) * _MULTIPLIER
    b = pair >> u64(61)
    least[b] = min(least[b], pair)
    return stem


@inlined
def _signature(least: U64) -> np.uint64:
    """Give eight bits of the least of each bin, or of the next bin that is not empty."""
    signature, own = u64(0), _EMPTY
    for b in range(2 * BINS - 1, -1, -1):
        if least[b % BINS] != _EMPTY:
            own = least[b % BINS]
        if b < BINS and own != _EMPTY:
            mixed = (own ^ (own >> u64(32))) * _MIXER
            signature |= (mixed >> u64(56)) << u64(8 * b)
    return signature


# Looking signatures up.


def alike(signatures: U64, wanted: int, least: int, most: int) -> tuple[I64, I64]:
    """Find the signatures that have at least so many bytes in common with one; the most alike.

    Answers up to `most` numbers, ascending, and how many bytes each has in common. Where there are
    more than that, `least` is raised until there are not, or all bytes are the same.
    """
    found, common = np.empty((2, most), np.int64)
    count = most + 1
    while count > most and least <= BINS:
        count = _alike(signatures, u64(wanted), least, found, common)
        least += 1
    count = min(count, most)
    return found[:count], common[:count]


@kernel
def _alike(signatures: U64, wanted: int, least: int, found: I64, common: I64) -> int:
    """Count the signatures that are alike; write them as far as there is room."""
    count = i64(0)
    for i in range(u64(len(signatures))):
        other = signatures[i] ^ u64(wanted)
        same = ~((((other & _SEVENS) + _SEVENS) | other) | _SEVENS)
        bytes_in_common = popcount(same)
        if bytes_in_common >= least:
            if count < len(found):
                found[count], common[count] = i64(i), bytes_in_common
            count += 1
    return count
