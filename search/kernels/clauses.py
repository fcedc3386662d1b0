"""A conjunction, as compiled code reads it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]


class Clauses(NamedTuple):
    """A conjunction.

    `terms` (i64) are distinct: first the required ones, the rarest first, then the optional ones;
    `weights` (f32) is what each scores by itself. Phrase p has the words
    [phrase_start[p], phrase_start[p + 1]): each an index into `terms` and the code of its form, -1
    for any; it weighs phrase_weight[p]. A phrase of slop -1 is of words in a row; of slop n of
    words in any order, with at most n others among them.
    """

    terms: I64
    weights: F32
    required: int
    phrase_start: I64
    phrase_term: I64
    phrase_code: I64
    phrase_slop: I64
    phrase_weight: F32
