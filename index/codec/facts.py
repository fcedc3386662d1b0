"""What documents are told apart by: a column of values for each field, and their dictionary.

The values of all fields stand in one dictionary; a column has the number of each document's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from posixpath import dirname
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.codec.container import Array
from index.codec.dictionaries import Texts
from index.codec.layout import NONE
from index.model import DocumentInfo

U32 = npt.NDArray[np.uint32]


class Values(Protocol):
    """Values by their numbers: a list of them, or a dictionary of a segment."""

    def __len__(self) -> int: ...
    def __getitem__(self, number: int, /) -> bytes: ...


FIELDS = ("type", "language", "author", "folder", "date")


def columns_of(infos: Sequence[DocumentInfo]) -> dict[str, Array]:
    """Make the arrays of some documents."""
    number: dict[str | None, int] = {None: NONE}  # which is more than there are
    columns: dict[str, U32] = {}
    for field in FIELDS:
        values = map(_VALUES[field], infos)
        found = (number.setdefault(value, len(number) - 1) for value in values)
        columns[field] = np.fromiter(found, np.uint32, len(infos))
    del number[None]
    return united([([value.encode() for value in number if value is not None], columns)])


_VALUES: dict[str, Callable[[DocumentInfo], str | None]] = {
    "type": lambda info: info.type.lower() or None,
    "language": lambda info: (info.language or "").lower() or None,
    "author": lambda info: info.author or None,
    "folder": lambda info: folder_of(info) or None,
    "date": lambda info: info.date or None,
}


def folder_of(info: DocumentInfo) -> str:
    """Give the folder that a document is in, of a record its file; of others empty at the top."""
    return info.path if info.type == "record" else dirname(info.path)


def united(parts: Iterable[tuple[Values, Mapping[str, U32]]]) -> dict[str, Array]:
    """Make the arrays of parts, each some values and columns that have their numbers."""
    parts = list(parts)
    used = [np.unique(np.concatenate([*columns.values()])) for _, columns in parts]
    used = [numbers[numbers != NONE] for numbers in used]
    texts = [
        [values[n] for n in own.tolist()] for (values, _), own in zip(parts, used, strict=True)
    ]
    every = sorted({text for own in texts for text in own})
    rank = {text: i for i, text in enumerate(every)}
    columns: dict[str, list[U32]] = {field: [] for field in FIELDS}
    for (values, of_part), own, said in zip(parts, used, texts, strict=True):
        ranks = np.full(len(values) + 1, NONE, np.uint32)  # the last is for NONE
        ranks[own] = [rank[text] for text in said]
        for field, numbers in of_part.items():
            columns[field].append(ranks[np.minimum(numbers, len(values))])
    names = Texts.of(every)
    return {
        "values.text": names.text,
        "values.text_start": names.start,
        **{f"documents.{field}": np.concatenate(found) for field, found in columns.items()},
    }
