"""Read an index of which one byte after the other is altered, without its checksums being compared.

`python tests/altered.py FOLDER STEP` alters every STEPth byte of its segment, in two ways. A
reader may give any answer or say that the index is damaged; it must not crash, hang or raise
anything else.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from whoosh import query
from whoosh.query.spans import SpanNear2

from index.codec import container
from index.errors import IndexFault
from index.snapshot import Snapshot
from search.budget import Budget
from search.execute import execute
from search.near import ranked

ONE, TWO, RARE = (query.Term("text", word) for word in ("the", "war", "treaties"))
TREES = (
    *(ONE, RARE, query.Term("form", "treaties"), query.And([ONE, TWO]), query.Or([ONE, TWO, RARE])),
    *(query.Phrase("form", ["the", "war"]), query.Phrase("text", ["war", "the", "war"])),
    *(SpanNear2([ONE, TWO], slop=3, ordered=False), query.Prefix("form", "tr")),
    *(query.Wildcard("form", "?a*"), query.And([ONE, query.Not(TWO)]), query.AndMaybe(TWO, ONE)),
    query.DisjunctionMax([query.And([ONE, TWO]), RARE]),
)


def answers(folder: Path) -> Iterator[object]:
    """Ask everything, read everything."""
    snapshot = Snapshot.open(folder)
    for tree in TREES:
        for counted in (False, True):
            answer = execute(snapshot, tree, 5, count=counted, documents=counted)
            yield from (snapshot.paragraph(int(o))[2].text for o in answer.ordinals)
    yield ranked(snapshot, query.And([ONE, TWO]), 5, Budget()).scores.tolist()
    yield execute(snapshot, ONE, 5, among=np.ones(snapshot.ordinal_count, np.bool_)).total
    yield from (snapshot.document(info.id) for info in snapshot.infos(99, 0))


def altered(file: Path, step: int) -> Iterator[tuple[int, int]]:
    """Alter a file byte by byte, in place of each other; give which, and how."""
    whole = file.read_bytes()
    for change in (0xFF, 0x01):
        for at in range(change % step, len(whole), step):
            changed = bytearray(whole)
            changed[at] ^= change
            file.unlink()
            file.write_bytes(changed)
            yield at, change
    file.write_bytes(whole)


class AnyChecksum(int):
    """The same as whatever it is compared with."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = int.__hash__


def main(folder: Path, step: int) -> int:
    container.VERIFIED = 0
    container.zlib = SimpleNamespace(crc32=lambda _data: AnyChecksum())
    (file,) = folder.glob("*.arrays")
    done = told = 0
    for at, change in altered(file, step):
        done += 1
        try:
            list(answers(folder))
        except IndexFault:
            told += 1
        except Exception as error:  # whatever it is, it is a finding
            print(f"byte {at} ^ {change:#x}: {error!r}", flush=True)
            raise
    print(f"{done} alterations, {told} told as damage")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
