import os
import pty
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest
from conftest import ROOT

from index.__main__ import main
from index.snapshot import Snapshot
from index.version import VERSION
from index.writer import lock

COMMAND = [sys.executable, "-m", "index"]


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in ("a.txt", "b.md"):
        put(folder / name, f"first of {name}")
    return folder


@pytest.fixture
def index(tmp_path):
    return tmp_path / "index"


def put(path, text):
    path.write_text(f"A title of some words\n\n{text}.\n", "utf-8")


def run(*args, **options):
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | options.pop("env", {})
    return subprocess.run(
        [*COMMAND, *map(str, args)],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


SUMMARY = (
    r"{} documents, {} paragraphs: {} added, {} changed, {} removed, {} skipped, \d+\.\d seconds\."
)


def summary(*counts):
    return SUMMARY.format(*counts)


# What it prints.


def test_it_says_what_it_did(docs, index):
    first = run(docs, "--to", index)
    assert first.returncode == 0
    assert first.stderr == f"added {docs}/a.txt\nadded {docs}/b.md\n"
    assert re.fullmatch(summary(2, 4, 2, 0, 0, 0) + "\n", first.stdout)
    second = run("--to", index)
    assert (second.returncode, second.stderr) == (0, "")
    assert re.fullmatch(
        summary(2, 4, 0, 0, 0, 0) + "\nNothing has changed since last time\\.\n", second.stdout
    )


def test_changes_and_what_was_skipped_are_said_with_their_reasons(docs, index, capsys):
    main([str(docs), "--to", str(index)])
    put(docs / "a.txt", "second")
    (docs / "b.md").unlink()
    (docs / "c.txt").write_bytes(b"\0\1")
    for number in range(7):
        (docs / f"{number}.pdf").touch()
    capsys.readouterr()
    assert main(["--to", str(index)]) == 0
    printed = capsys.readouterr()
    assert f"removed {docs}/b.md\n" in printed.err
    assert f"changed {docs}/a.txt\n" in printed.err
    assert re.search(rf"^skipped {docs}/c\.txt: .*binary", printed.err, re.MULTILINE)
    lines = printed.out.splitlines()
    assert re.fullmatch(summary(1, 2, 0, 1, 1, 8), lines[0])
    shown = ", ".join(f"{docs}/{number}.pdf" for number in range(5))
    assert f"  skipped 7: there is no reader for .pdf ({shown}, …)" in lines
    assert len(lines) == 3


def test_other_roots_and_other_versions_are_said(docs, index, tmp_path, capsys, monkeypatch):
    (tmp_path / "more").mkdir()
    put(tmp_path / "more" / "x.txt", "more")
    main([str(docs), "--to", str(index)])
    main([str(tmp_path / "more"), "--to", str(index)])
    assert f"The index now holds {tmp_path}/more instead of {docs}.\n" in capsys.readouterr().out
    monkeypatch.setattr("index.storage.FORMAT", 99)
    assert main(["--check", "--to", str(index)]) == 1
    assert "build it anew with: python -m index --to" in capsys.readouterr().err
    main(["--to", str(index)])
    assert "The index was of another version and has been built anew." in capsys.readouterr().out
    assert main(["--rebuild", "--to", str(index)]) == 0
    assert ": 0 added, 1 changed, " in capsys.readouterr().out


def test_progress_is_shown_on_a_terminal(docs, index, monkeypatch, capsys):
    terminal, end = pty.openpty()
    with os.fdopen(end, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        monkeypatch.setenv("TERM", "xterm")
        assert main([str(docs), "--to", str(index)]) == 0
    shown = ""
    with suppress(OSError):  # how the end of a terminal reads on Linux
        while chunk := os.read(terminal, 4096):
            shown += chunk.decode()
    os.close(terminal)
    assert "indexing" in shown
    assert "2/2" in shown
    assert "a.txt" not in shown
    assert re.fullmatch(summary(2, 4, 2, 0, 0, 0) + "\n", capsys.readouterr().out)


HOSTILE = ["new\nline.pdf", "\x1b[2J.pdf", "\u202egnp.pdf", os.fsdecode(b"\xff.pdf"), "Москва.pdf"]
ESCAPED = [r"new\nline.pdf", r"\x1b[2J.pdf", r"\u202egnp.pdf", r"\udcff.pdf"]


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS allows names in UTF-8 alone")
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_names_that_a_terminal_cannot_show_or_would_obey_are_escaped(docs, index, encoding):
    for name in HOSTILE:
        (docs / name).touch()
    put(docs / os.fsdecode(b"\xfe\n.txt"), "text")
    done = run(docs, "--to", index, env={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0
    cyrillic = "Москва.pdf" if encoding == "utf-8" else ascii("Москва.pdf")[1:-1]
    for name in (*ESCAPED, cyrillic):
        assert f"skipped {docs}/{name}: there is no reader for .pdf\n" in done.stderr
        assert name in done.stdout
    assert rf"added {docs}/\udcfe\n.txt" in done.stderr
    assert len(done.stderr.splitlines()) == 8
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_when_nobody_reads_on_it_ends_without_a_word(docs, index, stream):
    reading, writing = os.pipe()
    os.close(reading)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | {stream: writing}
    environment = {key: text for key, text in os.environ.items() if key != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [*COMMAND, docs, "--to", index], check=False, cwd=ROOT, env=environment, **pipes
    )
    os.close(writing)
    assert (done.returncode, done.stderr or b"") == (
        1,
        b"" if stream == "stderr" else f"added {docs}/a.txt\nadded {docs}/b.md\n".encode(),
    )
    assert run(docs, "--to", index).returncode == 0
    assert Snapshot.open(index).document_count == 2


def test_it_runs_with_its_output_closed(docs, index):
    shell = '"$0" -m index "$1" --to "$2" >&- 2>&-'
    command = ["sh", "-c", shell, sys.executable, docs, index]
    assert subprocess.run(command, check=False, cwd=ROOT).returncode == 0
    assert Snapshot.open(index).document_count == 2


# Help, version, wrong use.


def test_the_help_has_an_example_and_the_version_is_told(capsys):
    helped = run("--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "example:\n  python -m index articles/" in helped.stdout
    assert run("--version").stdout == f"{VERSION}\n"
    assert re.fullmatch(r"Passage \d+\.\d+\.\d+", VERSION)


@pytest.mark.parametrize(
    "args",
    [["--unknown"], ["--to"], ["--check", "docs"], ["--check", "--rebuild"]],
    ids=" ".join,
)
def test_wrong_use_is_told_with_the_usage(capsys, args):
    with pytest.raises(SystemExit, match="2"):
        main(args)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("usage: python -m index ")
    assert "python -m index: error: " in printed.err.splitlines()[-1]


def test_the_folder_comes_from_the_environment(docs, tmp_path):
    named, default = tmp_path / "named", tmp_path / "var" / "index"
    assert run(docs, env={"PASSAGE_INDEX": str(named)}).returncode == 0
    assert Snapshot.open(named).document_count == 2
    assert run("docs", env={"PASSAGE_INDEX": ""}, cwd=tmp_path).returncode == 0
    assert Snapshot.open(default).document_count == 2


# Errors: one line, what happened and what to do, and the index is never lost.


def error_of(*args, **options):
    """Run a command that must fail; give its one line."""
    done = run(*args, **options)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("index: ")
    return line


def test_each_mistake_is_one_line(docs, index, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "does not exist" in error_of(tmp_path / "missing", "--to", index)
    assert not index.exists()
    assert "there is no index in" in error_of("--check", "--to", index)
    assert "name a file or folder: python -m index DOCS" in error_of("--to", index)
    assert "an empty name" in error_of("", "--to", index, cwd=docs)
    assert "an empty name" in error_of(docs, "", "--to", index, cwd=docs)
    assert not index.exists()
    assert "there is nothing to index in" in error_of(tmp_path / "empty", "--to", index)
    assert "name a file or folder: python -m index DOCS" in error_of("--to", index)
    assert "it holds a.txt; choose another" in error_of(docs, "--to", docs)
    assert "Not a directory" in error_of(docs, "--to", docs / "a.txt" / "below")
    assert "File exists" in error_of(docs, "--to", docs / "a.txt")
    assert "File name too long" in error_of("--check", "--to", "x" * 300)
    with lock(index):
        assert f"process {os.getpid()} is writing" in error_of(docs, "--to", index)


def test_a_full_disk_is_one_line_and_the_index_as_before(docs, index):
    run(docs, "--to", index)
    put(docs / "a.txt", "second")
    before = {path.name for path in index.iterdir()}

    def limited(blocks):
        shell = f'ulimit -f {blocks}; exec "$0" "$@"'
        command = ["sh", "-c", shell, *COMMAND, "--to", index]
        return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)

    [line] = limited(0).stderr.splitlines()
    assert re.fullmatch("index: cannot lock .*: File too large", line)
    done = limited(1)
    assert (done.returncode, done.stdout) == (1, "")
    assert "could not write the index" in done.stderr
    assert "it is as it was before" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert {path.name for path in index.iterdir()} == before
    assert Snapshot.open(index).generation == 1


def test_a_sound_index_is_checked_and_a_damaged_one_is_not_touched(docs, index):
    run(docs, "--to", index)
    checked = run("--check", "--to", index)
    expected = f"{index} is sound: generation 1, 2 documents, 4 paragraphs in 1 segment\n"
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, expected, "")
    [segment] = index.glob("*.arrays")
    altered = bytearray(segment.read_bytes())
    altered[len(altered) // 2] ^= 1
    segment.write_bytes(altered)
    for args in (["--check"], []):
        line = error_of(*args, "--to", index)
        assert f"{segment} is altered" in line
        assert f"build it anew with: python -m index --rebuild --to {index}" in line
    assert segment.read_bytes() == altered
    assert run("--rebuild", "--to", index).returncode == 0
    assert run("--check", "--to", index).returncode == 0


# Interrupted, killed.

READER = """
import sys
from pathlib import Path
from index.snapshot import Snapshot
folder, stop = map(Path, sys.argv[1:])
seen, snapshot, last = [], None, False
while not last:
    last = stop.exists()
    snapshot = Snapshot.open(folder, snapshot if len(seen) % 2 else None)
    if seen[-1:] != [snapshot.generation]:
        documents = [snapshot.document(info.id) for info in snapshot.infos(1000, 0)]
        [version] = {document.paragraphs[-1].text for document in documents}
        assert len(documents) == 200, len(documents)
        seen.append(snapshot.generation)
assert seen == sorted(seen), seen
print(seen[-1])
"""


@pytest.fixture
def many(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    rewrite(folder, 0)
    return folder


WORDS = ["war", "peace", "treaty", "talks", "army", "diplomat", "Москва", "co-ordinated"]


def rewrite(folder, version):
    """Change all of 200 files; their last paragraph names the version."""
    rng = random.Random(version)
    for number in range(200):
        paragraphs = [" ".join(rng.choices(WORDS, k=60)) + "." for _ in range(8)]
        text = "\n\n".join(["A title of some words", *paragraphs, f"Version {version}."])
        (folder / f"{number:03}.txt").write_text(text, "utf-8")


def version_of(index):
    snapshot = Snapshot.open(index)
    documents = [snapshot.document(info.id) for info in snapshot.infos(1000, 0)]
    [version] = {document.paragraphs[-1].text for document in documents}
    assert len(documents) == 200
    return version


@contextmanager
def started(*args, command=COMMAND):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([*command, *map(str, args)], env=environment, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def test_an_interrupt_is_one_line_and_the_index_as_before(docs, index):
    assert run(docs, "--to", index).returncode == 0
    before = {path.name for path in index.iterdir()}
    # So many and long lines that it must wait for us to read them.
    for number in range(400):
        put(docs / f"{'long' * 60}{number}.txt", "text")
    with started("--to", index) as process:
        assert process.stderr.readline().startswith("added ")
        process.send_signal(signal.SIGINT)
        lines = process.stderr.read().splitlines()
        assert process.wait() == 130
    assert lines[-1] == "index: stopped; the index is as it was before"
    assert all(line.startswith("added ") for line in lines[:-1])
    assert {path.name for path in index.iterdir()} == before


def test_killed_at_random_moments_it_damages_nothing(many, index, tmp_path):
    began = time.monotonic()
    assert run(many, "--to", index).returncode == 0
    duration, rng = time.monotonic() - began, random.Random(9)
    held, stop = "Version 0.", tmp_path / "stop"
    with started("-c", READER, index, stop, command=[sys.executable]) as reader:
        for version in range(1, 11):
            rewrite(many, version)
            with started("--to", index) as process:
                time.sleep(duration * rng.uniform(0.2, 1.2))
                process.kill()
            before, held = held, version_of(index)
            assert held in (before, f"Version {version}.")
            assert reader.poll() is None, reader.stderr.read()
        last = run("--to", index)
        assert (last.returncode, version_of(index)) == (0, "Version 10.")
        assert run("--check", "--to", index).returncode == 0
        stop.touch()
        printed, failed = reader.communicate(timeout=30)
    assert (failed, reader.returncode) == ("", 0)
    snapshot = Snapshot.open(index)
    assert printed == f"{snapshot.generation}\n"
    assert len(list(index.iterdir())) == 3 + len(snapshot.segments)


def test_a_first_start_says_that_it_compiles(tmp_path):
    (tmp_path / "a.txt").write_text("A title\n\nA text.")
    command = [sys.executable, "-m", "index", str(tmp_path / "a.txt"), "--to", str(tmp_path / "i")]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    said = [
        subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        ).stderr
        for _ in range(2)
    ]
    assert said[0].startswith("Compiling the inner loops of indexing (once)...\n")
    assert "Compiling" not in said[1]


# How much memory it takes.


def test_with_little_memory_the_index_has_several_segments(docs, index):
    rng = random.Random(1)
    for number in range(30):
        text = " ".join(f"word{rng.randrange(1000)}" for _ in range(8000))
        put(docs / f"{number}.txt", text)
    assert main([str(docs), "--to", str(index), "--memory", "1"]) == 0
    snapshot = Snapshot.open(index)
    assert len(snapshot.segments) > 1
    assert snapshot.document_count == 32
    assert main([str(docs), "--to", str(index.with_name("index-2"))]) == 0
    assert len(Snapshot.open(index.with_name("index-2")).segments) == 1


@pytest.mark.parametrize("memory", ["0", "-1", "much", "1.5", "1048577", "²", ""])
def test_a_memory_that_is_no_number_of_megabytes_is_said(docs, index, capsys, memory):
    with pytest.raises(SystemExit):
        main([str(docs), "--to", str(index), "--memory", memory])
    assert "a number from 1 to 1,048,576 is wanted" in capsys.readouterr().err
    assert not index.exists()


def test_a_check_compares_large_files_too(docs, index, capsys, monkeypatch):
    monkeypatch.setattr("index.codec.container.VERIFIED", 0)
    main([str(docs), "--to", str(index)])
    [path] = index.glob("*.arrays")
    whole = path.read_bytes()
    path.write_bytes(whole[:80] + bytes([whole[80] ^ 1]) + whole[81:])
    assert Snapshot.open(index).document_count == 2
    capsys.readouterr()
    assert main(["--check", "--to", str(index)]) == 1
    assert "does not match its checksum" in capsys.readouterr().err
