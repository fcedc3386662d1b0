"""Whatever byte of a segment is altered, and wherever it is cut: opening the index says so."""

import numpy as np
import pytest
from collections_on_disk import texts, write

from index.codec import container
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


def more_paragraphs_than_there_are(arrays):
    """Say of a term that it is in so many that its blocks, rounded up, are none."""
    term, block = 1, int(arrays["terms.block"][1])
    arrays["terms.df"][term] = 2**32 - 1
    arrays["terms.block"][term + 1 :] -= 1
    for name in [name for name in arrays if name.startswith("blocks.")]:
        arrays[name] = np.delete(arrays[name], block)


def more_forms_than_there_are_codes(arrays):
    count, terms = (1 << 16) + 1, len(arrays["terms.forms"]) - 1
    arrays["terms.forms"] = np.append(np.arange(terms), terms - 1 + count).astype(np.uint32)
    own = {"forms.prefix": 0, "forms.term": terms - 1, "forms.code": 0, "forms.df": 1}
    for name, value in {**own, "terms.form": 0}.items():
        more = np.full(terms - 1 + count - len(arrays[name]), value)
        arrays[name] = np.append(arrays[name], more).astype(arrays[name].dtype)
    end = arrays["forms.text_start"][-1]
    more = np.full(len(arrays["terms.form"]) + 1 - len(arrays["forms.text_start"]), end)
    arrays["forms.text_start"] = np.append(arrays["forms.text_start"], more).astype(np.uint32)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (more_paragraphs_than_there_are, "a term is in more paragraphs than there are"),
        (more_forms_than_there_are_codes, "a term has more forms than there are codes"),
    ],
)
def test_what_leads_out_of_the_arrays_is_told_though_the_checksums_are_right(segment, change, told):
    arrays, meta = container.read(segment)
    change(arrays)
    other = segment.with_name("other")
    container.write(other, arrays, meta)
    assert told in str(refused(segment, other.read_bytes()))
