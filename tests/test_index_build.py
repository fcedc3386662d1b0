import json
import os
import random
import shutil
import sys
import zlib
from pathlib import Path

import pytest
from conftest import SEEDS

from index import build as module
from index import storage
from index.build import build
from index.errors import Damaged, Foreign, Locked, NoDocuments, NotWritten
from index.manifest import document_id, free_id
from index.readers import read
from index.snapshot import Snapshot
from index.writer import lock

needs_permissions = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


not_on_macos = pytest.mark.skipif(
    sys.platform == "darwin", reason="macOS allows names in UTF-8 alone"
)


@pytest.fixture
def docs(tmp_path):
    """Three documents."""
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.txt", "b.md", "sub/c.txt"):
        put(folder / name, f"first of {name}")
    return folder


@pytest.fixture
def index(tmp_path):
    return tmp_path / "index"


@pytest.fixture
def reads(monkeypatch):
    """Note every file that is read."""
    noted = []

    def note(path, name):
        noted.append(path.name)
        return read(path, name)

    monkeypatch.setattr(module, "read", note)
    return noted


def put(path, text):
    path.write_text(f"A title of some words\n\n{text}.\n", "utf-8")


def texts(index):
    """Give the last paragraph of each document by its id."""
    snapshot = Snapshot.open(index)
    found = {}
    for info in snapshot.infos(10_000, 0):
        document = snapshot.document(info.id)
        found[info.id] = document.paragraphs[-1].text
        assert {p.document for p in document.paragraphs} == {info.id}
    return found


def became(summary):
    """Give what became of each file, by its name."""
    return {Path(outcome.path).name: outcome.change for outcome in summary.outcomes}


def reasons(summary):
    return {Path(o.path).name: o.reason for o in summary.outcomes if o.change == "skipped"}


ALL = {
    "a.txt": "first of a.txt.",
    "b.md": "first of b.md.",
    "sub~c.txt": "first of sub/c.txt.",
}

# What changed is taken in, and nothing else is touched.


def test_a_first_run_takes_everything(docs, index):
    reported = []
    summary = build(index, [docs], reported.append)
    assert texts(index) == ALL
    assert became(summary) == dict.fromkeys(("a.txt", "b.md", "c.txt"), "added")
    assert summary.outcomes == tuple(reported)
    assert [(o.done, o.total) for o in reported] == [(1, 3), (2, 3), (3, 3)]
    assert (summary.documents, summary.paragraphs, summary.generation) == (3, 6, 1)
    assert (summary.roots, summary.replaced, summary.rebuilt) == ((str(docs),), (), False)
    assert summary.seconds >= 0
    assert [info.path for info in Snapshot.open(index).infos(9, 0)] == [
        "a.txt",
        "b.md",
        "sub/c.txt",
    ]


def test_a_second_run_writes_nothing(docs, index, reads):
    build(index, [docs])
    before, reads[:] = {p.name: p.stat().st_mtime_ns for p in index.iterdir()}, []
    for documents in ([docs], []):
        summary = build(index, documents)
        assert (summary.generation, summary.documents, summary.paragraphs) == (None, 3, 6)
        assert set(became(summary).values()) == {"unchanged"}
    assert reads == []
    after = {p.name: p.stat().st_mtime_ns for p in index.iterdir()}
    assert {**after, storage.LOCK: 0} == {**before, storage.LOCK: 0}


def test_an_edited_file_costs_its_own_reading_alone(docs, index, reads):
    build(index, [docs])
    reads.clear()
    put(docs / "b.md", "second")
    summary = build(index)
    assert reads == ["b.md"]
    assert became(summary) == {"a.txt": "unchanged", "b.md": "changed", "c.txt": "unchanged"}
    assert (summary.generation, summary.count("changed"), summary.count("added")) == (2, 1, 0)
    assert texts(index) == ALL | {"b.md": "second."}


def test_an_edit_that_keeps_the_size_is_seen(docs, index):
    build(index, [docs])
    put(docs / "a.txt", "other of a.txt")
    os.utime(docs / "a.txt", ns=(1, 1))
    assert became(build(index))["a.txt"] == "changed"
    assert texts(index)["a.txt"] == "other of a.txt."


def test_a_touched_file_is_unchanged(docs, index, reads):
    build(index, [docs])
    reads.clear()
    os.utime(docs / "a.txt", ns=(1, 1))
    summary = build(index)
    assert (became(summary)["a.txt"], summary.generation, reads) == ("unchanged", None, [])


def test_files_are_added_removed_and_renamed(docs, index, reads):
    build(index, [docs])
    reads.clear()
    put(docs / "new.txt", "new")
    (docs / "a.txt").unlink()
    (docs / "b.md").rename(docs / "z.md")
    summary = build(index)
    assert became(summary) == {
        "a.txt": "removed",
        "b.md": "removed",
        "c.txt": "unchanged",
        "new.txt": "added",
        "z.md": "added",
    }
    assert sorted(reads) == ["new.txt", "z.md"]
    assert texts(index) == {
        "new.txt": "new.",
        "sub~c.txt": ALL["sub~c.txt"],
        "z.md": ALL["b.md"],
    }
    assert (summary.outcomes[0].path, summary.outcomes[1].path) == (
        str(docs / "a.txt"),
        str(docs / "b.md"),
    )


def test_random_changes_come_to_what_the_folder_holds(tmp_path, index):
    docs, rng = tmp_path / "docs", random.Random(5)
    docs.mkdir()
    put(docs / "always.txt", "there")
    for step in range(40):
        for _ in range(rng.randint(0, 4)):
            path = docs / f"{rng.randrange(12)}.txt"
            if path.exists() and rng.randrange(2):
                path.unlink()
            else:
                put(path, f"step {step} {rng.random()}")
        summary = build(index, [docs])
        expected = {p.name: next(read(p, p.name)).paragraphs[-1].text for p in docs.iterdir()}
        assert texts(index) == expected
        assert summary.documents == len(expected)
        files = Snapshot.open(index).manifest["files"]
        assert sorted(files) == sorted(str(p) for p in docs.iterdir())


# Files that cannot be read are reported, and keep their last good version.


def binary(path):
    path.write_bytes(b"\x7fELF\0\1\2\3" * 50)


def empty(path):
    path.write_bytes(b"")


def dangling(path):
    path.unlink(missing_ok=True)
    path.symlink_to("nowhere.txt")


def loop(path):
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)


def leading_out(path):
    path.unlink(missing_ok=True)
    put(path.parent.parent / "outside.txt", "outside")
    path.symlink_to("../outside.txt")


def to_a_folder(path):
    path.unlink(missing_ok=True)
    path.symlink_to("sub", target_is_directory=True)


def fifo(path):
    path.unlink(missing_ok=True)
    os.mkfifo(path)


BAD = [
    (binary, "binary"),
    (empty, "empty"),
    (dangling, "No such file or directory"),
    (loop, "Too many levels of symbolic links"),
    (leading_out, "a link that leads out of the folder"),
    (to_a_folder, "a link to a folder"),
    (fifo, "not a regular file"),
]


@pytest.mark.parametrize(("spoil", "reason"), BAD, ids=[spoil.__name__ for spoil, _ in BAD])
def test_an_unreadable_file_is_reported_and_keeps_its_last_good_version(docs, index, spoil, reason):
    build(index, [docs])
    spoil(docs / "a.txt")
    spoil(docs / "new.txt")
    for _ in range(2):
        summary = build(index)
        assert (became(summary)["a.txt"], became(summary)["new.txt"]) == ("skipped", "skipped")
        assert all(reason in said for said in reasons(summary).values())
        assert summary.generation is None
        assert texts(index) == ALL
    (docs / "a.txt").unlink()
    put(docs / "a.txt", "mended")
    summary = build(index)
    assert became(summary)["a.txt"] == "changed"
    assert texts(index) == ALL | {"a.txt": "mended."}


def test_only_what_cannot_be_read_is_nothing_to_index(docs, index):
    for path in (docs / "a.txt", docs / "b.md", docs / "sub" / "c.txt"):
        fifo(path)
    (docs / "pipe.pdf").touch()
    expected = r"nothing to index in .*docs \(not a regular file; there is no reader for \.pdf\)$"
    with pytest.raises(NoDocuments, match=expected):
        build(index, [docs])


@needs_permissions
def test_what_may_not_be_read_is_reported_and_keeps_its_last_good_version(docs, index):
    build(index, [docs])
    put(docs / "a.txt", "secret")
    (docs / "a.txt").chmod(0)
    (docs / "sub").chmod(0)
    try:
        summary = build(index)
        assert reasons(summary) == {
            "a.txt": "Permission denied",
            "sub": "the folder cannot be read",
        }
        with pytest.raises(NoDocuments, match=r"c\.txt cannot be read: Permission denied"):
            build(index, [docs / "sub" / "c.txt"])
    finally:
        (docs / "sub").chmod(0o700)
    assert texts(index) == ALL


def test_documents_in_a_folder_that_cannot_be_listed_stay(docs, index, monkeypatch):
    build(index, [docs])
    real = os.scandir

    def closed(path):
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", closed)
        summary = build(index)
    assert reasons(summary) == {"sub": "the folder cannot be read"}
    assert (summary.generation, texts(index)) == (None, ALL)
    assert build(index).generation is None


def test_a_file_that_vanishes_meanwhile_stays_until_the_next_run(docs, index):
    build(index, [docs])
    put(docs / "b.md", "second")

    def vanish(outcome):
        (docs / "sub" / "c.txt").unlink(missing_ok=True)

    summary = build(index, [], vanish)
    assert reasons(summary) == {"c.txt": "No such file or directory"}
    assert texts(index) == ALL | {"b.md": "second."}
    assert became(build(index)) == {"a.txt": "unchanged", "b.md": "unchanged", "c.txt": "removed"}


def test_an_error_of_who_is_reported_to_is_no_files_fault(docs, index):
    def gone(_):
        raise BrokenPipeError

    build(index, [docs])
    put(docs / "a.txt", "second")
    with pytest.raises(BrokenPipeError):
        build(index, [], gone)
    assert texts(index) == ALL
    build(index)
    assert texts(index) == ALL | {"a.txt": "second."}


def test_a_file_without_a_reader_is_reported(docs, index):
    for name in ("report.pdf", "README", "b.TXT.bak"):
        (docs / name).write_text("words")
    put(docs / "d.TXT", "capitals")
    summary = build(index, [docs])
    assert reasons(summary) == {
        "report.pdf": "there is no reader for .pdf",
        "README": "there is no reader for files without suffix",
        "b.TXT.bak": "there is no reader for .bak",
    }
    assert texts(index) == ALL | {"d.TXT": "capitals."}


def test_a_folder_with_the_name_of_a_file_is_a_folder(docs, index):
    build(index, [docs])
    (docs / "a.txt").unlink()
    (docs / "a.txt").mkdir()
    put(docs / "a.txt" / "x.txt", "within")
    assert became(build(index)) == {
        "a.txt": "removed",
        "b.md": "unchanged",
        "c.txt": "unchanged",
        "x.txt": "added",
    }
    assert texts(index)["a.txt~x.txt"] == "within."


def test_hidden_files_and_folders_are_not_documents(docs, index):
    (docs / ".git").mkdir()
    put(docs / ".git" / "x.txt", "hidden")
    put(docs / ".hidden.txt", "hidden")
    (docs / ".link").symlink_to("sub", target_is_directory=True)
    assert set(became(build(index, [docs]))) == {"a.txt", "b.md", "c.txt"}
    assert texts(index) == ALL


def test_links_within_the_folder_are_followed_to_files_however_the_folder_is_named(docs, index):
    (docs / "link.txt").symlink_to("sub/c.txt")
    (docs.parent / "named").symlink_to("docs", target_is_directory=True)
    for root in (docs, docs.parent / "named", docs / ".." / "docs"):
        shutil.rmtree(index, ignore_errors=True)
        summary = build(index, [root])
        assert set(became(summary).values()) == {"added"}
        assert texts(index) == ALL | {"link.txt": ALL["sub~c.txt"]}


def test_a_root_that_is_a_link_is_remembered_as_it_is_named(docs, index):
    link = docs.parent / "latest"
    link.symlink_to(docs, target_is_directory=True)
    build(index, [link])
    shutil.copytree(docs, docs.parent / "newer")
    put(docs.parent / "newer" / "d.txt", "newer")
    link.unlink()
    link.symlink_to("newer", target_is_directory=True)
    assert build(index).count("added") == 1


# Ids.


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("a.txt", "a.txt"),
        ("sub/deep/a.txt", "sub~deep~a.txt"),
        ("with space.txt", "with_space.txt"),
        ("a~b.txt", "a_b.txt"),
        ("A-b_c.1.md", "A-b_c.1.md"),
        ("cafe\u0301.txt", "café.txt"),
        ("Москва.txt", "Москва.txt"),
        ("हिन्दी.txt", "हिन्दी.txt"),
        ("北京 2022.txt", "北京_2022.txt"),
        ("٣.txt", "٣.txt"),
        ("x²½.txt", "x__.txt"),
        ("😀<b>&\"'%#?:.txt", "__b________.txt"),
        ("line\nbreak\u202e.txt", "line_break_.txt"),
        pytest.param(os.fsdecode(b"\xff\xfe.txt"), "__.txt", marks=not_on_macos),
    ],
)
def test_an_id_is_made_of_the_path(docs, index, name, wanted):
    assert document_id(name) == wanted
    path = docs / name
    path.parent.mkdir(parents=True, exist_ok=True)
    put(path, "named")
    build(index, [docs])
    assert texts(index)[wanted] == "named."
    info = Snapshot.open(index).document(wanted).info
    assert info.path == os.fsencode(name).decode(errors="replace")
    assert build(index).generation is None


@not_on_macos
def test_a_file_whose_name_is_not_utf_8_may_give_its_title(docs, index):
    (docs / os.fsdecode(b"r\xe9sum\xe9.txt")).write_text("words, and no line like a title.\n" * 3)
    build(index, [docs])
    title = Snapshot.open(index).document("r_sum_.txt").paragraphs[0].text
    assert title.encode()


@pytest.mark.parametrize(
    ("taken", "found"),
    [
        (set(), "a"),
        ({"a"}, "a~~2"),
        ({"a", "a~~2", "a~~3"}, "a~~4"),
        ({"a", "a~~3"}, "a~~2"),
        ({"a~~2"}, "a"),
    ],
)
def test_an_id_that_is_taken_gets_a_number(taken, found):
    assert free_id("a", dict.fromkeys(taken, 1)) == found


COLLIDING = {"a_b.txt": "a b.txt", "a_b.txt~~2": "a_b.txt", "a_b.txt~~3": "a~b.txt"}


@pytest.fixture
def colliding(tmp_path, index):
    folder = tmp_path / "colliding"
    folder.mkdir()
    for name in COLLIDING.values():
        put(folder / name, name)
    build(index, [folder])
    assert texts(index) == {name: f"{text}." for name, text in COLLIDING.items()}
    return folder


def test_a_colliding_id_costs_no_date_of_a_name(tmp_path, index):
    folder = tmp_path / "colliding"
    folder.mkdir()
    for name in ("report 2022-02-10.txt", "report_2022-02-10.txt"):
        put(folder / name, "text")
    for name in ("many 1.jsonl", "many_1.jsonl"):
        (folder / name).write_text('{"id": "2021-05-06", "text": "A text."}')
    build(index, [folder])
    assert {info.id: info.date for info in Snapshot.open(index).infos(10, 0)} == {
        "report_2022-02-10.txt": "2022-02-10",
        "report_2022-02-10.txt~~2": "2022-02-10",
        "many_1.jsonl~2021-05-06": "2021-05-06",
        "many_1.jsonl~~2~2021-05-06": "2021-05-06",
    }


def test_colliding_ids_are_kept_when_the_other_goes_away(colliding, index):
    (colliding / "a b.txt").unlink()
    put(colliding / "a~b.txt", "changed")
    build(index)
    assert texts(index) == {"a_b.txt~~2": "a_b.txt.", "a_b.txt~~3": "changed."}
    put(colliding / "a%b.txt", "new")
    build(index)
    assert texts(index)["a_b.txt"] == "new."


@pytest.mark.parametrize("spoil", ["nothing", "version", "damage"])
def test_colliding_ids_are_kept_in_a_rebuild(colliding, index, spoil):
    (colliding / "a b.txt").unlink()
    put(colliding / "a!b.txt", "new")
    build(index)
    expected = {"a_b.txt": "new.", "a_b.txt~~2": "a_b.txt.", "a_b.txt~~3": "a~b.txt."}
    assert texts(index) == expected
    if spoil == "version":
        alter_manifest(index, format=99)
    if spoil == "damage":
        next(index.glob("*.arrays")).write_bytes(b"")
    summary = build(index, rebuild=spoil != "version")
    assert (summary.rebuilt, texts(index)) == (spoil == "version", expected)
    assert build(index).generation is None


def test_an_id_is_kept_in_a_rebuild_though_a_new_file_comes_first(tmp_path, index):
    folder = tmp_path / "colliding"
    folder.mkdir()
    put(folder / "a_b.txt", "old")
    build(index, [folder])
    put(folder / "a b.txt", "new")
    alter_manifest(index, format=99)
    build(index)
    assert texts(index) == {"a_b.txt": "old.", "a_b.txt~~2": "new."}


# Roots.


def test_of_several_roots_the_names_come_first(docs, index, tmp_path):
    (tmp_path / "more").mkdir()
    put(tmp_path / "more" / "a.txt", "more")
    put(tmp_path / "single.txt", "single")
    build(index, [docs, tmp_path / "more", tmp_path / "single.txt"])
    assert texts(index) == {
        "docs~a.txt": ALL["a.txt"],
        "docs~b.md": ALL["b.md"],
        "docs~sub~c.txt": ALL["sub~c.txt"],
        "more~a.txt": "more.",
        "single.txt": "single.",
    }
    assert build(index).generation is None


def test_a_file_as_root_goes_by_its_name(docs, index):
    build(index, [docs / "sub" / "c.txt"])
    assert texts(index) == {"c.txt": ALL["sub~c.txt"]}
    assert Snapshot.open(index).document("c.txt").info.path == "c.txt"


def test_roots_of_the_same_name_do_not_get_in_each_others_way(tmp_path, index):
    for parent in ("x", "y"):
        (tmp_path / parent / "docs").mkdir(parents=True)
        put(tmp_path / parent / "docs" / "a.txt", parent)
    build(index, [tmp_path / "x" / "docs", tmp_path / "y" / "docs"])
    assert texts(index) == {"docs~a.txt": "x.", "docs~a.txt~~2": "y."}


def test_a_root_named_twice_or_within_another_counts_once(docs, index, monkeypatch):
    monkeypatch.chdir(docs.parent)
    summary = build(index, [Path("docs"), docs, Path("docs/../docs/."), Path("./docs")])
    assert (summary.roots, texts(index)) == ((str(docs),), ALL)
    summary = build(index, [docs, docs / "sub"])
    assert (summary.documents, summary.count("unchanged")) == (3, 3)


def test_the_roots_are_remembered_and_replaced(docs, index, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    put(other / "x.txt", "other")
    build(index, [docs])
    summary = build(index, [other])
    assert (summary.roots, summary.replaced) == ((str(other),), (str(docs),))
    assert (summary.count("removed"), texts(index)) == (3, {"x.txt": "other."})
    assert (build(index).roots, build(index).replaced) == ((str(other),), ())
    assert build(index, [other, docs]).replaced == ()


def test_without_roots_there_is_nothing_to_do(index):
    with pytest.raises(NoDocuments, match=r"no documents are named, and .* remembers none; name a"):
        build(index)


@pytest.mark.parametrize("name", ["missing", "docs/a.txt/below", "x" * 300])
def test_a_root_that_is_not_there_leaves_no_trace(docs, index, name):
    with pytest.raises(NoDocuments, match=r"does not exist|cannot be read: "):
        build(index, [docs, docs.parent / name])
    assert not index.exists()


def test_a_remembered_root_that_is_gone_leaves_the_index_as_it_was(docs, index):
    build(index, [docs])
    docs.rename(docs.parent / "elsewhere")
    with pytest.raises(NoDocuments, match=r"docs does not exist"):
        build(index)
    assert texts(index) == ALL


def test_an_empty_folder_leaves_the_index_as_it_was(docs, index, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoDocuments, match=r"there is nothing to index in .*empty$"):
        build(index, [tmp_path / "empty"])
    build(index, [docs])
    with pytest.raises(NoDocuments, match=r"empty; the index is left as it was$"):
        build(index, [tmp_path / "empty"])
    for path in docs.rglob("*.*"):
        path.unlink()
    with pytest.raises(NoDocuments, match=r"docs; the index is left as it was$"):
        build(index)
    assert texts(index) == ALL


@pytest.mark.parametrize("way", ["docs/index", "link/index", "docs/sub/../index"])
def test_an_index_among_its_documents_is_not_one_of_them(docs, way):
    (docs.parent / "link").symlink_to("docs", target_is_directory=True)
    index = docs.parent / way
    for _ in range(3):
        summary = build(index, [docs])
        assert set(became(summary)) == {"a.txt", "b.md", "c.txt"}
    assert summary.generation is None


def test_an_index_is_no_document_of_itself(docs, index):
    build(index, [docs])
    with pytest.raises(NoDocuments, match="the index is left as it was"):
        build(index, [index])


# Rebuilding.


def alter_manifest(index, **changes):
    path = storage.manifest_path(index, storage.latest_generation(index))
    text = json.dumps(json.loads(path.read_bytes().partition(b"\n")[0]) | changes).encode()
    path.write_bytes(b"%b\n%08x\n" % (text, zlib.crc32(text)))


def test_a_rebuild_reads_everything_again(docs, index, reads):
    build(index, [docs])
    segments = set(index.glob("*.arrays"))
    reads.clear()
    summary = build(index, rebuild=True)
    assert reads == ["a.txt", "b.md", "c.txt"]
    assert (summary.count("changed"), summary.generation, summary.rebuilt) == (3, 2, False)
    assert texts(index) == ALL
    assert segments.isdisjoint(index.glob("*.arrays"))
    assert build(index).generation is None


def test_a_rebuild_keeps_what_can_no_longer_be_read(docs, index):
    build(index, [docs])
    binary(docs / "a.txt")
    (docs / "b.md").unlink()
    summary = build(index, rebuild=True)
    assert became(summary) == {"a.txt": "skipped", "b.md": "removed", "c.txt": "changed"}
    assert texts(index) == {name: text for name, text in ALL.items() if name != "b.md"}


def test_an_index_of_another_version_is_rebuilt_from_what_it_remembers(docs, index, reads):
    build(index, [docs])
    alter_manifest(index, format=99)
    binary(docs / "a.txt")
    reads.clear()
    summary = build(index)
    assert (summary.rebuilt, summary.generation, summary.roots) == (True, 2, (str(docs),))
    assert reads == ["a.txt", "b.md", "c.txt"]
    assert texts(index) == {name: text for name, text in ALL.items() if name != "a.txt"}
    assert not build(index).rebuilt


@pytest.mark.parametrize("changes", [{"files": None}, {"roots": 5}, {"roots": [], "files": {}}])
def test_an_index_of_another_version_may_remember_nothing(docs, index, changes):
    build(index, [docs])
    before = {path.name for path in index.iterdir()}
    alter_manifest(index, format=99, **changes)
    with pytest.raises(NoDocuments, match="no documents are named"):
        build(index)
    assert {path.name for path in index.iterdir()} == before
    summary = build(index, [docs])
    assert (summary.rebuilt, texts(index)) == (True, ALL)


@pytest.mark.parametrize("pattern", ["*.arrays", "_MAIN_*.toc", "manifest.*"])
@pytest.mark.parametrize("damage", [b"", b"PASSAGE2" + b"\0" * 100, None])
def test_a_damaged_index_is_rebuilt_when_that_is_asked_for(docs, index, pattern, damage):
    build(index, [docs])
    [path] = index.glob(pattern)
    path.unlink() if damage is None else path.write_bytes(damage)
    if damage is None and "toc" in pattern:
        return  # then there is no index
    with pytest.raises(Damaged, match="build it anew with: python -m index --rebuild --to"):
        build(index)
    summary = build(index, [docs], rebuild=True)
    assert (summary.generation, texts(index)) == (2, ALL)


@pytest.mark.parametrize(
    "changes", [{"files": []}, {"files": {"/a.txt": {}}}, {"roots": None}, {"files": {"/a.txt": 1}}]
)
def test_a_manifest_that_makes_no_sense_is_damage(docs, index, changes):
    build(index, [docs])
    alter_manifest(index, **changes)
    with pytest.raises(Damaged, match="the manifest"):
        build(index)
    assert build(index, [docs], rebuild=True).documents == 3


def test_a_killed_runs_files_are_removed_even_when_nothing_changed(docs, index):
    build(index, [docs])
    before = set(index.iterdir())
    for name in ("_MAIN_2.toc.1700000000.5", "MAIN_0123456789abcdef.arrays", "manifest.2"):
        (index / name).touch()
    assert build(index).generation is None
    assert set(index.iterdir()) == before


# The folder of the index.


def test_a_folder_of_other_things_is_refused(docs):
    with pytest.raises(Foreign, match=r"it holds a\.txt"):
        build(docs, [docs])
    assert sorted(path.name for path in docs.iterdir()) == ["a.txt", "b.md", "sub"]


def test_a_second_writer_is_refused(docs, index):
    with lock(index), pytest.raises(Locked, match=f"process {os.getpid()} "):
        build(index, [docs])


@needs_permissions
def test_a_folder_that_may_not_be_written_is_said(docs, index):
    build(index, [docs])
    put(docs / "a.txt", "new")
    index.chmod(0o500)
    try:
        with pytest.raises(NotWritten, match=r"could not write the index in .*: Permission denied"):
            build(index)
        with pytest.raises(NotWritten, match="cannot write to"):
            build(index / "below", [docs])
    finally:
        index.chmod(0o700)
    assert texts(index) == ALL


def test_the_seeds(index):
    summary = build(index, [SEEDS])
    assert (summary.documents, summary.paragraphs, summary.count("skipped")) == (2, 47, 0)
