import json
import os
import re
import shlex
import subprocess
import sys

import pytest
from collections_on_disk import texts, write
from conftest import ROOT

import passage
from index.version import VERSION
from search import objects
from search.__main__ import main
from search.engine import Request
from search.local import Local

ODD = "Nato \x1b[31m red\x07\x0b\r\x9b \u202e <b>[bold]x[/bold] :smile: 😀 ½ 北京 …"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One index for all: nothing here changes it."""
    documents = [
        texts("a.txt", "War in Kyiv", "# Talks", "Frank and constructive.", "The nato talks."),
        texts("b.txt", "Nato \x1b[1m", "Putin on NATO and Nato", ODD),
        texts("c.txt", "Many", *["many words"] * 150),
    ]
    return write(tmp_path_factory.mktemp("index"), documents).folder


@pytest.fixture
def run(folder, capsys):
    """Run the command in this process; give its exit code, and what it printed."""

    def run(*arguments):
        try:
            code = main([*arguments, "--index", str(folder)])
        except SystemExit as end:
            code = end.code
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def start(*arguments, **environment):
    """Run the command as its users do; give its exit code, and the bytes that it printed."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "search", *map(os.fsencode, arguments)],
        env=kept | environment,
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def refused(answer):
    """Give the one line that said why."""
    code, out, err = answer
    assert (code, out) == (1, "")
    assert err.startswith("search: ")
    assert err.count("\n") == 1
    return err


def test_what_is_found(run):
    code, out, err = run("frank constructive")
    assert (code, err) == (0, "")
    heading, text, empty, counts = out.splitlines()
    assert heading == "1. War in Kyiv · Talks · paragraph 2 of 3 · a.txt:2"
    assert (text, empty) == ("Frank and constructive.", "")
    assert counts.startswith("1 paragraph in 1 document, ")
    assert counts.endswith(" ms")


def test_counts(run):
    assert "\n4 paragraphs in 2 documents, " in run("nato")[1]
    assert "\n2 paragraphs in 1 document, " in run("constructive OR talks -nato")[1]
    assert run("nato", "--limit", "0")[1].startswith("4 paragraphs in 2 documents, ")
    assert run("zzz") == (0, "No paragraph matches.\n", "")
    assert run("") == (0, "No paragraph matches.\n", "")


def test_warnings_come_first_and_suggestions_last(run):
    assert run("kyiv zzz")[1].startswith(
        "note: no paragraph has all of kyiv and zzz: these have some\n1. War in Kyiv · "
    )
    assert run('"nato talk"')[1] == (
        'No paragraph matches.\ntry: nato talk (1)\ntry: "nato talks" (1)\n'
    )


@pytest.mark.parametrize(
    ("given", "shown"), [([], 10), (["--limit", "3"], 3), (["--limit=100"], 100)]
)
def test_limit(run, given, shown):
    out = run("many", *given)[1]
    assert out.count(" · c.txt:") == shown
    assert "151 paragraphs in 1 document, " in out


@pytest.mark.parametrize("limit", ["-1", "101", "1.5", "ten", "", "٣", "²", "9" * 5000])
@pytest.mark.parametrize("form", ["--limit={}", "--limit {}"])
def test_limits_that_are_none(run, limit, form):
    code, out, err = run("nato", *form.format(limit).split(" "))
    assert (code, out) == (2, "")
    assert "argument --limit: a number from 0 to 100 is wanted" in err


@pytest.mark.parametrize("budget", ["0", "60001", "1.5", "x"])
def test_budgets_that_are_none(run, budget):
    code, out, err = run("nato", "--budget-ms", budget)
    assert (code, out) == (2, "")
    assert "argument --budget-ms: a number from 1 to 60000 is wanted" in err


def test_a_budget_is_the_request_s(run, monkeypatch):
    asked = []
    search = Local.search
    monkeypatch.setattr(Local, "search", lambda self, r: [asked.append(r), search(self, r)][1])
    run("nato", "--budget-ms", "60000")
    run("nato")
    assert [request.budget_ms for request in asked] == [60000, 1000]


def test_json_is_what_the_api_answers(run, folder):
    code, out, err = run("nato talks OR putin~", "--json", "--limit", "2")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    request = Request("nato talks OR putin~", limit=2)
    wanted = objects.page(Local(folder).search(request), request)
    assert answer | {"took_ms": 0} == json.loads(json.dumps(wanted | {"took_ms": 0}))


def test_the_keys_of_the_json(run):
    answer = json.loads(run("nato", "--json", "--limit", "1")[1])
    assert list(answer) == [
        *("query", "interpreted", "warnings", "total", "documents", "limit", "offset", "next"),
        *("previous", "took_ms", "partial", "relaxed", "index", "suggestions", "facets", "hits"),
        *("filters", "sort", "group", "groups", "facets_more"),
    ]
    assert set(answer["index"]) == {"generation", "built_at"}
    (hit,) = answer["hits"]
    assert set(hit) == {
        *("id", "rank", "score", "url", "document", "paragraph", "text", "snippet_html"),
        *("matches", "context"),
    }
    assert set(hit["document"]) == {"id", "title", "date", "type"}
    assert set(hit["paragraph"]) == {"number", "of", "kind", "section", "anchor", "page"}
    assert set(hit["context"]) == {"before", "after"}
    assert hit["url"].startswith(f"/documents/b.txt/{hit['paragraph']['anchor']}?q=nato#p")
    assert answer["next"] == "/api/search?q=nato&limit=1&offset=1"
    assert answer["previous"] is None
    suggestion, _ = json.loads(run('"nato talk"', "--json")[1])["suggestions"]
    assert suggestion == {
        "kind": "stemmed",
        "text": "nato talk",
        "total": 1,
        "scope": "paragraph",
        "url": "/?q=nato+talk",
    }


@pytest.mark.parametrize(
    "query", ["smile", "(" * 8000, "<script>alert(1)</script>", "\0", "\ud800 nato"]
)
def test_odd_queries(run, query):
    for given in ([], ["--json"]):
        code, out, err = run(query, *given)
        assert (code, err) == (0, "")
        assert out
    assert json.loads(out)["query"] == query.replace("\ud800", "?")


def test_no_text_steers_the_terminal(run):
    out = run("red OR putin")[1]
    assert "\nNato �[31m red����" in out
    assert out.count(". Nato �[1m ") == 2
    assert "<b>[bold]x[/bold] :smile: 😀" in out
    assert not {c for c in out if ord(c) < 32} - {"\n"}


def test_help_and_version(run):
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    assert "example:\n  python -m search '" in out
    assert all(option in out for option in ("--limit", "--json", "--index", "--version"))
    assert run("--version") == (0, VERSION + "\n", "")
    code, out, err = run()
    assert (code, out) == (2, "")
    assert "required: query" in err


def test_the_example_of_the_help_works(run):
    line = run("--help")[1].splitlines()[-1]
    words = shlex.split(line)
    assert words[:3] == ["python", "-m", "search"]
    code, out, _ = run(*words[3:])
    assert code == 0
    assert "Frank and constructive." in out


def test_a_query_that_begins_with_a_minus_goes_behind_two(folder, monkeypatch, capsys):
    monkeypatch.setenv("PASSAGE_INDEX", str(folder))
    assert main(["--limit", "1", "--", "-nato"]) == 0
    assert "there are only exclusions" in capsys.readouterr().out


def test_the_installed_command(folder, capsys):
    assert passage.main(["search", "frank", "--index", str(folder)]) == 0
    assert "Frank and constructive." in capsys.readouterr().out


# Errors.


def test_without_an_index(tmp_path, capsys):
    code = main(["nato", "--index", str(tmp_path / "none")])
    said = refused((code, *capsys.readouterr()))
    assert "there is no index in" in said
    assert f"python -m index DOCS --to {tmp_path / 'none'}" in said


def test_the_folder_is_that_of_the_environment(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PASSAGE_INDEX", str(tmp_path / "elsewhere"))
    assert "elsewhere" in refused((main(["nato"]), *capsys.readouterr()))


@pytest.mark.parametrize("name", ["a" * 300, "file", "file/below"])
def test_folders_that_cannot_be_one(tmp_path, name, capsys):
    (tmp_path / "file").write_text("no folder")
    code = main(["nato", "--index", str(tmp_path / name)])
    printed = capsys.readouterr()
    refused((code, printed.out, printed.err))


def test_a_damaged_index(tmp_path, capsys):
    write(tmp_path, [texts("a.txt", "nato")])
    for path in tmp_path.glob("*.arrays"):
        path.write_bytes(path.read_bytes()[:-20])
    said = refused((main(["nato", "--index", str(tmp_path)]), *capsys.readouterr()))
    assert "is cut short" in said


def test_an_index_of_another_version(tmp_path, capsys, monkeypatch):
    write(tmp_path, [texts("a.txt", "nato")])
    monkeypatch.setattr("index.storage.FORMAT", 1000)
    said = refused((main(["nato", "--index", str(tmp_path)]), *capsys.readouterr()))
    assert "python -m index" in said


# As its users run it: pipes, terminals, encodings.


def test_a_process_says_in_one_line_what_is_wrong(tmp_path):
    code, out, err = start("nato", "--index", str(tmp_path))
    assert "there is no index" in refused((code, out.decode(), err.decode()))
    code, out, err = start("nato", "--index", os.fsencode(tmp_path) + b"/\xff")
    assert "there is no index" in refused((code, out.decode(), err.decode()))


def test_a_pipe_gets_no_escape_codes(folder):
    code, out, err = start("nato OR red", "--index", str(folder), COLUMNS="20")
    assert (code, err) == (0, b"")
    assert b"\x1b" not in out
    assert ODD.replace("\x1b", "�").split("\x07")[0] in out.decode()  # on one line, not folded


def test_colours_mark_the_matches(folder):
    out = start("red smile", "--index", str(folder), FORCE_COLOR="1", TERM="xterm")[1].decode()
    assert "�[31m \x1b[1;33mred\x1b[0m����" in out
    assert ":\x1b[1;33msmile\x1b[0m:" in out


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
    + [{"PYTHONIOENCODING": name} for name in ("ascii", "latin-1", "utf-8")],
)
@pytest.mark.parametrize("given", [[], ["--json"]])
def test_terminals_of_other_encodings(folder, environment, given):
    code, out, err = start("smile 北京", "--index", str(folder), *given, **environment)
    assert (code, err) == (0, b"")
    assert b"smile" in out
    if given:
        assert json.loads(out.decode("latin-1" if "latin-1" in environment.values() else "utf-8"))


def test_a_query_that_is_no_text(folder):
    for given in ([], ["--json"]):
        code, out, err = start(b"\xff\xfe nato", "--index", str(folder), *given)
        assert (code, err) == (0, b"")
        assert b"Putin" in out
    assert json.loads(out)["query"] == "?? nato"


@pytest.mark.parametrize(
    "given",
    [[], ["--json"], ["--all"], ["--all", "--json"], ["--csv"], ["--concordance", "left"]],
)
def test_a_reader_that_stops_early(folder, given):
    """As `head` does: the pipe is closed while there is more to print."""
    arguments = ["many", "--limit", "100", "--index", str(folder), *given]
    read, wrote = os.pipe()
    os.close(read)
    with os.fdopen(wrote, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "search", *arguments],
            cwd=ROOT,
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"")


# Filters, orders, and all that is found.


def test_filters_facets_and_groups(run):
    code, out, _ = run(
        "talks", "--filter", "type:text", "--facets", "type,document", "--limit", "1"
    )
    assert code == 0
    assert re.search(r"^type: text \(\d\)$", out, re.MULTILINE)
    code, out, _ = run("talks", "--group", "document", "--sort", "document")
    assert re.match(r"1\. .* · \d paragraphs?\n", out)


def test_a_filter_that_is_none(run):
    assert "'kind:text' is no filter" in refused(run("talks", "--filter", "kind:text"))
    assert "is no filter" in refused(run("talks", "--all", "--filter", "year:soon"))


def test_all_that_is_found(run):
    total = json.loads(run("talks OR war", "--json", "--limit", "0")[1])["total"]
    lines = run("talks OR war", "--json", "--all")[1].splitlines()
    assert [json.loads(line)["rank"] for line in lines] == list(range(1, total + 1))
    table = run("talks OR war", "--csv")[1].lstrip("\ufeff").split("\r\n")
    assert len(table) == total + 2
    assert run("talks OR war", "--all")[1].count(" · paragraph ") == total


@pytest.mark.parametrize(
    "words", [("--facets", "kind"), ("--sort", "date"), ("--group", "x"), ("--offset", "-1")]
)
def test_what_is_no_order(run, words):
    code, _, err = run("talks", *words)
    assert code == 2
    assert words[0] in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--all", "--explain"], "--explain does not go with --all"),
        (["--csv", "--group", "document"], "--group does not go with --csv"),
        (["--csv", "--json"], "--json does not go with --csv"),
        (["--suggest", "--csv"], "--csv does not go with --suggest"),
        (["--concordance", "left", "--facets", "type"], "--facets does not go with --concordance"),
        (["--suggest", "--match", "any"], "--match does not go with --suggest"),
        (["--width", "5"], "--width goes with --concordance"),
        (["--context", "3"], "a number from 0 to 2 is wanted"),
    ],
)
def test_what_would_be_ignored_is_refused(run, arguments, said):
    code, out, err = run("talks", *arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_all_any_and_neighbours(run):
    assert "No paragraph matches" in run("frank", "zebra", "--match", "all")[1]
    assert "Frank and" in run("frank", "zebra", "--match", "any")[1]
    alone, beside = (run("frank", "--context", number)[1] for number in "01")
    assert "nato talks" in beside
    assert "nato talks" not in alone
