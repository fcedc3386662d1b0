import errno
import fcntl
import os
import random
import resource
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from collections_on_disk import as_document, commit, texts, write
from conftest import ROOT

from index import storage
from index.build import build
from index.codec import container
from index.codec.segment import SegmentData
from index.errors import Damaged, Foreign, Locked, NoIndex, NotWritten, OtherVersion
from index.schema import FORMAT
from index.snapshot import Snapshot
from index.writer import MAX_DELETED, MAX_SEGMENTS, Writer, lock

OLD = [texts(f"old{n}", "Title", "war and peace", "# Head", "talks") for n in range(8)]
NEW = [texts("new", "Another title", "a treaty")]
EMPTY = {"roots": [], "files": {}}


@pytest.fixture
def index(tmp_path):
    write(tmp_path, OLD, 2)
    return tmp_path


def files(folder):
    """Give what stands in a folder, but for the lock, which keeps no state."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != storage.LOCK}


def ids(folder):
    """Give the ids of the documents in the order of their paragraphs."""
    return documents_of(Snapshot.open(folder))


def documents_of(snapshot):
    return [
        segment.data.info(number).id
        for segment in snapshot.segments
        for number in range(segment.data.document_count)
        if segment.is_live(number)
    ]


def named(snapshot):
    """Give the names of the files that a generation is made of."""
    entries = [segment.entry for segment in snapshot.segments]
    return {
        storage.toc_path(snapshot.folder, snapshot.generation).name,
        storage.manifest_path(snapshot.folder, snapshot.generation).name,
        *(entry.data_file() for entry in entries),
        *(entry.deletions_file() for entry in entries if entry.deletions),
    }


OLD_IDS = [d[0].document for d in OLD]
WITHOUT_3 = [*OLD_IDS[:3], *OLD_IDS[4:]]


def change(folder, previous):
    """Delete a document and add another."""
    with lock(folder), Writer(folder, previous) as writer:
        writer.delete("old3")
        writer.add(as_document(NEW[0]))
        writer.commit(EMPTY)


# What is added is there, what is deleted is gone.


def test_random_changes_come_to_what_a_list_comes_to(tmp_path):
    rng, expected = random.Random(1), []
    for step in range(60):
        deleted = rng.sample(expected, rng.randint(0, min(len(expected), 4)))
        added = [f"d{step}.{n}" for n in range(rng.choice((0, 1, 1, 2, 9)))]
        snapshot = commit(
            tmp_path, [texts(d, "t", *["x"] * rng.randint(0, 5)) for d in added], deleted
        )
        expected = [d for d in expected if d not in deleted] + added
        assert documents_of(snapshot) == expected
        assert [info.id for info in snapshot.infos(1000, 0)] == sorted(expected)
        assert (snapshot.document_count, snapshot.generation) == (len(expected), step + 1)
        assert len(snapshot.segments) <= MAX_SEGMENTS
        assert set(files(tmp_path)) == named(snapshot)
        for segment in snapshot.segments:
            assert segment.entry.deleted_count() <= segment.entry.doc_count_all() * MAX_DELETED
        live = [
            s.data.paragraph_count if s.live is None else s.live.sum() for s in snapshot.segments
        ]
        assert snapshot.paragraph_count == sum(live)


def test_ordinals_keep_their_order_through_merges(tmp_path):
    for number in range(30):
        snapshot = commit(tmp_path, [texts(f"{number:02}", "title", f"text {number}")])
    assert 2 <= len(snapshot.segments) <= MAX_SEGMENTS
    found = [snapshot.paragraph(ordinal)[2].id for ordinal in range(60)]
    assert found == [f"{number:02}:{p}" for number in range(30) for p in (0, 1)]
    bases = [segment.base for segment in snapshot.segments]
    assert (
        bases
        == [0, *(bases[i] + s.data.paragraph_count for i, s in enumerate(snapshot.segments))][:-1]
    )


def test_a_merge_takes_the_smallest_neighbours(tmp_path):
    large = write(tmp_path, [texts(f"{n:02}", "title", *["text"] * 5) for n in range(40)])
    for number in range(30):
        snapshot = commit(tmp_path, [texts(f"x{number}", "title")])
    assert snapshot.segments[0].data.path == large.segments[0].data.path
    assert len(snapshot.segments) <= MAX_SEGMENTS


def test_a_merge_counts_no_deleted_paragraph(index):
    assert Snapshot.open(index).term("war").df == 8
    assert commit(index, [], OLD_IDS[:1]).term("war").df == 7  # more than a fifth of 4
    commit(index, [texts(f"more{n}", "war", *["x"] * 40) for n in range(4)])
    snapshot = commit(index, [], ["more0"])
    assert (snapshot.term("war").df, snapshot.form("war").df) == (10, 10)
    assert snapshot.term("absent").df == snapshot.form("absent").df == 0


def test_deletions_up_to_a_fifth_wait_and_count_till_then(tmp_path):
    write(tmp_path, [texts(f"{n:02}", "war") for n in range(20)])
    before = Snapshot.open(tmp_path)
    for n, frequency in ((0, 20), (1, 20), (2, 20), (3, 20), (4, 15)):
        snapshot = commit(tmp_path, [], [f"{n:02}"])
        assert snapshot.term("war").df == frequency
        assert snapshot.find(f"{n:02}") is snapshot.document(f"{n:02}") is None
        assert snapshot.document_count == snapshot.paragraph_count == 19 - n
        assert (snapshot.segments[0].data.path == before.segments[0].data.path) == (n < 4)
    assert set(files(tmp_path)) == named(snapshot)


def test_space_is_freed(tmp_path):
    def size():
        return sum(path.stat().st_size for path in tmp_path.iterdir())

    documents = [texts(f"{n}", "title", *[f"word{n} " * 200] * 5) for n in range(50)]
    write(tmp_path, documents)
    before = size()
    commit(tmp_path, [], [f"{n}" for n in range(45)])
    assert size() < before / 4


def test_deleting_is_without_effect_the_second_time_and_for_what_is_not_there(index):
    with lock(index), Writer(index, Snapshot.open(index)) as writer:
        for name in ("old3", "old3", "absent", "", "\ud800", "old"):
            writer.delete(name)
        writer.commit(EMPTY)
    assert ids(index) == WITHOUT_3
    assert documents_of(commit(index, [], ["old3"])) == WITHOUT_3


def test_a_changed_document_is_the_new_one(index):
    snapshot = commit(index, [texts("old3", "New", "text")], ["old3"])
    assert [p.text for p in snapshot.document("old3").paragraphs] == ["New", "text"]
    assert ids(index) == [*WITHOUT_3, "old3"]


def test_all_can_be_deleted(index):
    snapshot = commit(index, [], OLD_IDS)
    assert (snapshot.document_count, snapshot.paragraph_count, snapshot.segments) == (0, 0, [])
    assert documents_of(commit(index, NEW)) == ["new"]


def test_without_a_previous_generation_all_is_replaced(index):
    with lock(index), Writer(index, None) as writer:
        writer.add(as_document(NEW[0]))
        assert ids(index) == OLD_IDS
        assert writer.commit(EMPTY) == 3
    assert ids(index) == ["new"]
    assert set(files(index)) == named(Snapshot.open(index))


def large(name):
    """Make a document of which one segment holds few with MEMORY."""
    rng = random.Random(name)
    return texts(name, name, *[" ".join(rng.choices(WORDS, k=200)) for _ in range(20)])


MEMORY = 1 << 18
WORDS = [f"word{n}" for n in range(500)]
LARGE = [large(f"{n:02}") for n in range(30)]


def commit_in(folder, memory, documents, previous=None):
    with lock(folder), Writer(folder, previous, memory) as writer:
        for document in documents:
            writer.add(as_document(document))
        writer.commit(EMPTY)
    return Snapshot.open(folder)


@pytest.fixture(params=[1, 2])
def cpus(request, monkeypatch):
    """Take the machine for one with so many CPUs."""
    cpus = set(range(request.param))
    monkeypatch.setattr("os.sched_getaffinity", lambda _: cpus, raising=False)
    return request.param


def test_with_threads_or_without_the_same_bytes_are_written(tmp_path, monkeypatch):
    written = []
    for cpus in ({0}, {0, 1}):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, cpus=cpus: cpus, raising=False)
        (segment,) = commit_in(tmp_path / str(len(cpus)), 1 << 24, LARGE).segments
        written.append(segment.data.path.read_bytes())
    assert written[0] == written[1]


@pytest.mark.usefixtures("cpus")
def test_what_does_not_fit_into_memory_becomes_several_segments_of_one_commit(tmp_path):
    snapshot = commit_in(tmp_path, MEMORY, LARGE)
    assert 3 <= len(snapshot.segments) <= MAX_SEGMENTS
    assert (documents_of(snapshot), snapshot.generation) == ([d[0].document for d in LARGE], 1)
    same_documents(snapshot, LARGE)
    assert len(commit_in(tmp_path / "other", 1 << 24, LARGE).segments) == 1


def add_until_merged(folder, writer):
    """Add documents, more than may be segments, until few are; give their names."""
    for number in range(200):
        writer.add(as_document(large(f"{number:03}")))
        if number > 2 * MAX_SEGMENTS:
            if len(list(folder.glob("*.arrays"))) < 1.5 * MAX_SEGMENTS:
                return [f"{n:03}" for n in range(number + 1)]
            time.sleep(0.05)
    pytest.fail("nothing is merged before the commit")


@pytest.mark.usefixtures("cpus")
def test_segments_are_merged_while_documents_come_in(tmp_path):
    with lock(tmp_path), Writer(tmp_path, None, MEMORY // 4) as writer:
        names = add_until_merged(tmp_path, writer)
        writer.commit(EMPTY)
    snapshot = Snapshot.open(tmp_path)
    assert documents_of(snapshot) == names
    same_documents(snapshot, [large(name) for name in names])
    assert len(snapshot.segments) <= MAX_SEGMENTS
    assert set(files(tmp_path)) == named(snapshot)


def test_what_was_merged_meanwhile_can_be_taken_back(tmp_path):
    with lock(tmp_path), Writer(tmp_path, None, MEMORY // 4) as writer:
        names = add_until_merged(tmp_path, writer)
        writer.take_back(names[3:20])
        writer.add(as_document(NEW[0]))
        writer.commit(EMPTY)
    assert documents_of(Snapshot.open(tmp_path)) == names[:3] + names[20:] + ["new"]


def test_a_merge_that_cannot_be_written_leaves_the_index_as_it_was(index, monkeypatch):
    def full(*_):
        raise FULL

    before, previous = files(index), Snapshot.open(index)
    monkeypatch.setattr("index.writer.merge", full)
    with lock(index), Writer(index, previous, MEMORY // 4) as writer:
        with pytest.raises(NotWritten, match="No space left"):
            add_until_merged(index, writer)
        assert files(index) == before


def test_an_interrupt_while_segments_are_merged_leaves_the_index_as_it_was(index):
    before, previous = files(index), Snapshot.open(index)
    with (
        suppress(KeyboardInterrupt),
        lock(index),
        Writer(index, previous, MEMORY // 4) as writer,
    ):
        for number in range(40):
            writer.add(as_document(large(str(number))))
            if len(list(index.glob("*.arrays"))) > MAX_SEGMENTS + 2:
                raise KeyboardInterrupt
        pytest.fail("nothing was merged")
    assert files(index) == before


def same_documents(snapshot, documents):
    for document in documents:
        found = snapshot.document(document[0].document)
        assert found.paragraphs == document


def test_a_document_larger_than_the_memory_is_one_segment(tmp_path):
    snapshot = commit_in(tmp_path, 1 << 12, [LARGE[0], NEW[0], LARGE[1]])
    assert len(snapshot.segments) == 2
    same_documents(snapshot, [LARGE[0], NEW[0], LARGE[1]])
    same_documents(commit_in(tmp_path / "empty", 0, OLD), OLD)


def test_a_merge_keeps_everything_but_what_is_deleted(tmp_path):
    """Sections, lengths, postings and statistics are those of an index made at once."""
    documents = [*OLD, *LARGE[:3], *NEW]
    for document in documents:
        merged = commit(tmp_path / "merged", [document])
    kept = [d for d in documents if d[0].document not in ("old2", "old5", "01")]
    merged = commit(tmp_path / "merged", [], ["old2", "old5", "01"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.writer.MAX_SEGMENTS", 1)
        merged = commit(tmp_path / "merged", [])
    fresh = write(tmp_path / "fresh", kept)
    same_documents(merged, kept)
    (a,), (b,) = merged.segments, fresh.segments
    assert a.live is None
    for name in ("length", "section", "section_title", "section_heading", "document_first"):
        assert getattr(a.data, name).tolist() == getattr(b.data, name).tolist(), name
    for name in ("with_tokens", "total_length", "paragraph_count", "document_count"):
        assert getattr(a.data, name) == getattr(b.data, name), name
    assert list(a.data.document_ids()) == list(b.data.document_ids())
    assert [a.data.info(n) for n in range(len(kept))] == [b.data.info(n) for n in range(len(kept))]
    for field in ("terms", "forms"):
        ours, theirs = getattr(a.data, field), getattr(b.data, field)
        assert [ours[i] for i in range(len(ours))] == [theirs[i] for i in range(len(theirs))]
    for term in range(len(a.data.terms)):
        assert a.data.paragraphs(term).tolist() == b.data.paragraphs(term).tolist()
        rows = np.arange(a.data.document_frequency(term))
        for ours, theirs in zip(
            a.data.positions(term, rows), b.data.positions(term, rows), strict=True
        ):
            assert ours.tolist() == theirs.tolist()


def test_segments_that_would_be_too_large_are_not_merged(tmp_path, monkeypatch):
    monkeypatch.setattr("index.writer.MAX_PARAGRAPHS", 5)
    for number in range(14):
        snapshot = commit(tmp_path, [texts(f"{number:02}", "title", "text")])
    assert len(snapshot.segments) > MAX_SEGMENTS - 3
    assert max(segment.data.paragraph_count for segment in snapshot.segments) <= 5
    assert documents_of(snapshot) == [f"{number:02}" for number in range(14)]


def test_damage_is_not_merged_into_a_new_file(tmp_path, monkeypatch):
    monkeypatch.setattr("index.codec.container.VERIFIED", 0)
    write(tmp_path, OLD)
    path = Snapshot.open(tmp_path).segments[0].data.path
    whole = path.read_bytes()
    path.write_bytes(whole[:80] + bytes([whole[80] ^ 1]) + whole[81:])  # of what is stored
    before = files(tmp_path)
    with pytest.raises(Damaged, match="does not match its checksum"):
        commit(tmp_path, [], OLD_IDS[:4])
    assert files(tmp_path) == before


@pytest.mark.parametrize("words", [("",), ("", ""), ("—",)])
def test_a_document_without_words_is_one_all_the_same(tmp_path, words):
    snapshot = commit(tmp_path, [texts("empty", *words)])
    assert [p.text for p in snapshot.document("empty").paragraphs] == list(words)
    assert (snapshot.with_tokens, snapshot.total_length) == (0, 0)


def test_what_the_manifest_says_is_kept(tmp_path):
    manifest = {"roots": ["/with/\udcff"], "files": {"a\nb": {"size": 1}}}
    with lock(tmp_path), Writer(tmp_path, None) as writer:
        writer.add(as_document(NEW[0]))
        writer.commit(manifest)
    found = Snapshot.open(tmp_path).manifest
    assert {key: found[key] for key in manifest} == manifest
    assert found["built_at"].endswith("Z")


# A commit is whole or is not.


@contextmanager
def failing(monkeypatch, owner, name, call, error):
    """Let one call of a function fail; give the calls that there were."""
    real, calls = getattr(owner, name), []

    def fail(*args, **kwargs):
        calls.append(args)
        if len(calls) == call:
            raise error
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fail)
        yield calls


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
STEPS = [((os, "fsync"), 6), ((os, "rename"), 1), ((os, "open"), 2), ((Path, "open"), 5)]


@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt()], ids=["full", "interrupt"])
@pytest.mark.parametrize(("function", "least"), STEPS, ids=str)
def test_an_error_at_any_step_leaves_the_index_as_it_was(
    index, monkeypatch, function, least, error
):
    monkeypatch.setattr("index.writer.MAX_DELETED", 1.0)
    before, previous, call = files(index), Snapshot.open(index), 0
    while True:
        call += 1
        with failing(monkeypatch, *function, call, error) as calls:
            try:
                change(index, previous)
                break
            except (NotWritten, KeyboardInterrupt) as raised:
                said = str(raised)
        assert len(calls) >= call
        assert error is not FULL or "No space left on device" in said
        assert files(index) == before
        assert ids(index) == OLD_IDS
    assert call > least
    assert ids(index) == [*WITHOUT_3, "new"]


@pytest.mark.parametrize("added", [NEW, []])
def test_a_disk_that_takes_no_more_leaves_the_index_as_it_was(index, monkeypatch, added):
    monkeypatch.setattr("index.writer.MAX_DELETED", 1.0)
    before, hard = files(index), resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    failed = 0
    for limit in [0, 1, *range(50, 12_000, 300)]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            commit(index, added, ["old3"])
            break
        except NotWritten as error:
            assert "File too large" in str(error)  # noqa: PT017 - or it succeeds, at last
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        failed += 1
        assert files(index) == before
    assert failed > 5
    assert ids(index) == [*WITHOUT_3, *(d[0].document for d in added)]


class Interrupt:
    """Raises KeyboardInterrupt at a certain line of index/writer.py."""

    def __init__(self, line):
        self.lines_left = line

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.trace)

    def __exit__(self, *_):
        sys.settrace(self.before)

    def trace(self, frame, event, _):
        if not frame.f_code.co_filename.endswith("index/writer.py"):
            return None
        self.lines_left -= event == "line"
        if self.lines_left == 0:
            raise KeyboardInterrupt
        return self.trace


# An interrupt can come between the opening of a file and the `with` that closes it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_at_any_line_leaves_the_old_or_the_new_whole(index, tmp_path_factory):
    original, seen, line = files(index), [], 0
    while True:
        line += 1
        folder = tmp_path_factory.mktemp("interrupted")
        for name, content in original.items():
            (folder / name).write_bytes(content)
        previous = Snapshot.open(folder)
        try:
            with Interrupt(line):
                change(folder, previous)
            break
        except KeyboardInterrupt:
            seen.append(ids(folder))
        assert documents_of(commit(folder, [])) == seen[-1]
        assert set(files(folder)) == named(Snapshot.open(folder))
    wholes = [OLD_IDS, [*WITHOUT_3, "new"]]
    assert [found for i, found in enumerate(seen) if i == 0 or found != seen[i - 1]] == wholes


@pytest.mark.parametrize("count", range(5))
def test_an_end_while_all_is_taken_back_damages_nothing(index, monkeypatch, count):
    """The table of contents has its name already: it is the first thing to go."""
    previous, unlink, removed = Snapshot.open(index), Path.unlink, []

    def killed(path, missing_ok=False):
        if len(removed) == count:
            raise KeyboardInterrupt
        removed.append(path)
        unlink(path, missing_ok)

    with (
        failing(monkeypatch, os, "fsync", 6, FULL) as synced,
        monkeypatch.context() as patch,
        suppress(KeyboardInterrupt, NotWritten),
    ):
        patch.setattr(Path, "unlink", killed)
        change(index, previous)
    assert (len(synced), len(removed)) == (6, min(count, 4))
    assert documents_of(commit(index, [])) in (OLD_IDS, [*WITHOUT_3, "new"])


@pytest.mark.parametrize("error", [ZeroDivisionError, None])
def test_what_is_not_committed_is_taken_back(index, error):
    before = files(index)
    with suppress(ZeroDivisionError), lock(index), Writer(index, None, MEMORY) as writer:
        for document in LARGE:
            writer.add(as_document(document))
        assert len(files(index)) > len(before) + 2
        if error:
            raise error
    assert files(index) == before


def test_an_error_in_the_thread_that_stores_is_raised(index, monkeypatch, cpus):
    real, before, calls = container.Output.extend, files(index), []

    def full(*args):
        calls.append(threading.current_thread() is threading.main_thread())
        if len(calls) == 5:
            raise FULL
        real(*args)

    monkeypatch.setattr(container.Output, "extend", full)
    with pytest.raises(NotWritten, match="No space left on device"):
        commit_in(index, 1 << 22, LARGE)
    assert (False in calls) == (cpus > 1)
    assert files(index) == before


def test_what_cannot_be_taken_back_is_removed_by_the_next_commit(index, monkeypatch):
    before = files(index)

    def refuse(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", refuse)
        patch.setattr(Path, "unlink", refuse)
        with pytest.raises(NotWritten, match="Read-only file system"):
            commit(index, NEW)
    assert before.items() < files(index).items()
    assert ids(index) == OLD_IDS
    snapshot = commit(index, NEW)
    assert set(files(index)) == named(snapshot)


def test_everything_is_on_the_disk_before_the_table_of_contents_has_its_name(index, monkeypatch):
    monkeypatch.setattr("index.writer.MAX_DELETED", 1.0)
    events, fsync, rename = [], os.fsync, os.rename

    def record_fsync(descriptor):
        events.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def record_rename(old, new):
        events.append("renamed")
        rename(old, new)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(os, "rename", record_rename)
    before = set(files(index))
    commit(index, NEW, ["old1"])
    inodes = {(index / name).stat().st_ino for name in set(files(index)) - before}
    assert events.count("renamed") == 1
    first, last = events[: events.index("renamed")], events[events.index("renamed") + 1 :]
    assert inodes < set(first)
    assert index.stat().st_ino in first
    assert last == [index.stat().st_ino]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_index_of_an_older_format_is_to_be_built_anew(tmp_path, version):
    index, document = tmp_path / "index", tmp_path / "text.txt"
    shutil.copytree(ROOT / f"tests/data/format{version}", index)
    document.write_text("A treaty")
    said = f"of format {version}, this program writes {FORMAT}; build it anew"
    with pytest.raises(OtherVersion, match=said):
        Snapshot.open(index)
    for path in index.glob("*.arrays") if version < 3 else ():  # 4 has the arrays of 3
        with pytest.raises(OtherVersion, match="another version of th"):
            SegmentData(path)
    assert build(index, [document]).rebuilt
    assert ids(index) == ["text.txt"]
    assert set(files(index)) == named(Snapshot.open(index))


# Readers see one generation, whole.


def test_an_open_snapshot_outlives_the_files_of_its_generation(index):
    snapshot = Snapshot.open(index)
    texts_before = [p.text for d in OLD for p in snapshot.document(d[0].document).paragraphs]
    commit(index, NEW, OLD_IDS)
    assert not any((index / name).exists() for name in named(snapshot))
    assert [
        p.text for d in OLD for p in snapshot.document(d[0].document).paragraphs
    ] == texts_before
    assert documents_of(snapshot) == OLD_IDS


def test_segments_are_shared_with_the_previous_snapshot(index):
    first = Snapshot.open(index)
    commit(index, NEW)
    second = Snapshot.open(index, first)
    assert [s.data for s in second.segments[:2]] == [s.data for s in first.segments]
    assert documents_of(second) == [*OLD_IDS, "new"]


COMMITTER = """
import sys
from pathlib import Path
from collections_on_disk import commit, texts
folder, count = Path(sys.argv[1]), int(sys.argv[2])
for number in range(1, count + 1):
    named = [f"{n}-{number}" for n in range(6)]
    gone = [f"{n}-{number - 1}" for n in range(6)]
    commit(folder, [texts(name, "title", f"word{number}") for name in named], gone)
"""


def python(*args, **kwargs):
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.Popen([sys.executable, *args], env=environment, **kwargs)


def test_a_reader_sees_whole_generations_while_another_process_commits(tmp_path):
    process = python("-c", COMMITTER, str(tmp_path), "60")
    seen, snapshot = [], None
    while process.poll() is None:
        with suppress(NoIndex):
            snapshot = Snapshot.open(tmp_path, snapshot)
            check_whole(snapshot)
            seen.append(snapshot.generation)
            if len(seen) % 2:
                snapshot = None
    assert process.returncode == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 1
    check_whole(Snapshot.open(tmp_path))
    assert Snapshot.open(tmp_path).generation == 60


def check_whole(snapshot):
    expected = sorted(f"{n}-{snapshot.generation}" for n in range(6))
    assert sorted(documents_of(snapshot)) == expected
    assert snapshot.manifest["format"] == FORMAT
    for name in expected:
        assert snapshot.document(name).paragraphs[1].text == f"word{snapshot.generation}"


def test_readers_in_threads_see_whole_generations(tmp_path):
    commit(tmp_path, [texts(f"{n}-1", "title", "word1") for n in range(6)])
    done, failures = threading.Event(), []

    def read():
        while not done.is_set():
            try:
                check_whole(Snapshot.open(tmp_path))
            except BaseException as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(2, 40):
        new = [texts(f"{n}-{number}", "title", f"word{number}") for n in range(6)]
        commit(tmp_path, new, [f"{n}-{number - 1}" for n in range(6)])
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_reader_that_was_overtaken_opens_the_next_generation(index, monkeypatch):
    real, overtaken = storage.read_manifest, []

    def slow(folder, generation, segments):
        if not overtaken:
            overtaken.append(generation)
            commit(index, NEW, OLD_IDS)
        return real(folder, generation, segments)

    monkeypatch.setattr(storage, "read_manifest", slow)
    assert ids(index) == ["new"]
    assert overtaken == [2]


# One writer at a time.

HOLDER = """
import sys
from pathlib import Path
from index.writer import lock
with lock(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_told_who_holds_the_lock(index):
    holder = python(
        "-c", HOLDER, str(index), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(Locked, match=rf"process {holder.pid} is writing the index in .*; try"):
            commit(index, NEW)
        assert ids(index) == OLD_IDS
        holder.kill()  # the system frees the lock
    commit(index, NEW)


def test_a_lock_is_one_even_within_a_process(tmp_path):
    with lock(tmp_path):
        with pytest.raises(Locked, match=f"process {os.getpid()} "), lock(tmp_path):
            pass
        (tmp_path / storage.LOCK).write_bytes(b"")
        with pytest.raises(Locked, match="process unknown "), lock(tmp_path):
            pass
    with lock(tmp_path):
        assert (tmp_path / storage.LOCK).read_text() == f"{os.getpid()}\n"


def test_errors_within_the_lock_pass(tmp_path):
    with pytest.raises(FileNotFoundError), lock(tmp_path):
        raise FileNotFoundError
    with lock(tmp_path):
        pass


def test_a_folder_is_made_and_a_folder_of_other_things_is_left_alone(tmp_path):
    with lock(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "notes.txt").touch()
    with pytest.raises(Foreign, match=r"it holds a; choose another"), lock(tmp_path):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "notes.txt"]


def test_hidden_files_of_the_system_do_not_matter(index):
    (index / ".DS_Store").touch()
    commit(index, NEW)
    assert (index / ".DS_Store").exists()


@pytest.mark.parametrize("name", ["file", "file/below", "x" * 300])
def test_where_nothing_can_be_written_it_is_said(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(NotWritten, match="cannot write to"), lock(tmp_path / name):
        pass


def test_a_file_system_without_locks_is_said(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(NotWritten, match=r"cannot lock .*: No locks available"), lock(tmp_path):
        pass
