"""Whatever byte of a segment is altered, and wherever it is cut: opening the index says so."""

import pytest
from collections_on_disk import texts, write

from index.errors import Damaged, IndexFault, OtherVersion
from index.snapshot import Snapshot


@pytest.fixture
def segment(tmp_path):
    """The one segment of an index of three documents."""
    words = ("# Talks", "the war and the treaties", "co-ordinated talks, дело, 戦争")
    write(tmp_path, [texts(name, f"The title {name}", *words) for name in "abc"])
    (path,) = tmp_path.glob("*.arrays")
    return path


def refused(segment, data: bytes) -> IndexFault:
    """Put other bytes in the segment's place; give what opening its index says."""
    segment.unlink()  # a file that is mapped is not written over
    segment.write_bytes(data)
    with pytest.raises((Damaged, OtherVersion)) as raised:
        Snapshot.open(segment.parent)
    return raised.value


@pytest.mark.parametrize("change", [0x01, 0xFF])
def test_every_altered_byte_is_told(segment, change):
    whole = segment.read_bytes()
    for at in range(len(whole)):
        error = refused(segment, whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :])
        assert segment.name in str(error), at
        assert "\n" not in str(error), at
        assert "--rebuild" in str(error) or isinstance(error, OtherVersion), at
    segment.write_bytes(whole)
    assert Snapshot.open(segment.parent).paragraph_count == 12


def test_every_cut_is_told(segment):
    whole = segment.read_bytes()
    for size in (*range(0, len(whole), 64), len(whole) - 1):
        assert "cut short" in str(refused(segment, whole[:size])), size
