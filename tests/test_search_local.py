import random
import shutil
import threading
import time
from pathlib import Path

import pytest
from collections_on_disk import as_document, commit, texts, write
from whoosh import fields, index

import search.local
from index.writer import Writer, lock
from search.engine import MAX_OFFSET, ConcordanceRequest, Engine, Request, Span, Suggestion
from search.errors import SearchError, Unavailable, Unusable
from search.local import Local

LETTERS = [
    *(
        "War in Kyiv",
        "The ministers invaded nothing.",
        "# Treaty & talks",
        "A frank talk on <b>nato</b>.",
    ),
    *("Frank and constructive, nato said.", "# Peace", "Frank and candid treaties.", "putin"),
]


@pytest.fixture
def folder(tmp_path):
    return write(
        tmp_path, [texts("a.txt", *LETTERS), texts("b.txt", "Nato", "Putin on nato")]
    ).folder


@pytest.fixture
def engine(folder) -> Engine:
    local: Engine = Local(folder)
    return local


@pytest.fixture
def no_waiting(monkeypatch):
    """Let every call look for a new generation."""
    monkeypatch.setattr(search.local, "REFRESH", 0)


def ids(page):
    return [hit.paragraph.id for hit in page.hits]


def write_anew(folder: Path, *documents):
    """Commit an index that does not look at what stood there before."""
    with lock(folder), Writer(folder, None) as writer:
        for document in documents:
            writer.add(as_document(document))
        writer.commit({"roots": [], "files": {}})


# A page of an answer.


def test_a_page(engine):
    began = time.perf_counter()
    page = engine.search(Request("nato"))
    assert 0 < page.took_ms <= (time.perf_counter() - began) * 1000
    assert (page.query, page.interpreted, page.warnings) == ("nato", "nato", ())
    assert (page.total, page.documents, page.limit, page.offset) == (4, 2, 20, 0)
    assert (page.partial, page.relaxed, page.suggestions) == (False, False, ())
    assert page.generation == 1
    assert page.built_at.endswith("Z")
    assert sorted(ids(page)) == ["a.txt:3", "a.txt:4", "b.txt:0", "b.txt:1"]


def test_a_hit(engine):
    (hit,) = engine.search(Request("frank talks", context=1)).hits
    assert hit.rank == 1
    assert hit.score > 0
    assert (hit.document.id, hit.document.title, hit.document.paragraphs) == (
        "a.txt",
        "War in Kyiv",
        7,
    )
    assert (hit.paragraph.id, hit.paragraph.section) == ("a.txt:3", "Treaty & talks")
    assert hit.matches == (Span(2, 7), Span(8, 12))
    wanted = "A <mark>frank</mark> <mark>talk</mark> on &lt;b&gt;nato&lt;/b&gt;."
    assert hit.snippet_html == wanted
    assert [p.number for p in hit.before + hit.after] == [2, 4]


def test_hits_are_ranked_by_score_then_place(engine):
    hits = engine.search(Request("nato OR frank OR putin")).hits
    keys = [(-hit.score, hit.paragraph.document, hit.paragraph.number) for hit in hits]
    assert keys == sorted(keys)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


@pytest.mark.parametrize(
    ("limit", "offset", "ranks"),
    [
        (0, 0, []),
        (1, 0, [1]),
        (3, 0, [1, 2, 3]),
        (3, 3, [4]),
        (100, 0, [1, 2, 3, 4]),
        (100, 3, [4]),
        (20, 4, []),
        (20, 5, []),
        (0, 2, []),
        (100, MAX_OFFSET, []),
    ],
)
def test_paging(engine, limit, offset, ranks):
    page = engine.search(Request("nato", limit, offset))
    everything = engine.search(Request("nato", 100))
    assert [hit.rank for hit in page.hits] == ranks
    assert ids(page) == [ids(everything)[rank - 1] for rank in ranks]
    assert (page.total, page.documents, page.limit, page.offset) == (4, 2, limit, offset)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"limit": 101}, "limit is 0 to 100, not 101"),
        ({"offset": -1}, "offset is 0 to 2147483647, not -1"),
        ({"context": 3}, "context is 0 to 2, not 3"),
        ({"budget_ms": -1}, "budget_ms is 0 to 60000, not -1"),
        ({"sort": "date"}, "sort is one of score, date:desc, date:asc, document, not 'date'"),
        ({"facets": ("type", "colour")}, "not 'colour'"),
        ({"facets": "type"}, "not 't'"),
        ({"match": "some"}, "match is one of auto, all, any, not 'some'"),
    ],
)
def test_a_request_that_means_nothing_is_refused(asked, said):
    with pytest.raises(ValueError, match=said):
        Request("nato", **asked)


def test_a_request_for_a_concordance_that_means_nothing_is_refused():
    with pytest.raises(ValueError, match="width is 0 to 200, not 201"):
        ConcordanceRequest("nato", width=201)
    with pytest.raises(ValueError, match="right3, not 'date'"):
        ConcordanceRequest("nato", sort="date")


def test_a_folder_may_be_a_string(folder):
    assert Local(str(folder)).search(Request("nato")).total == 4


@pytest.mark.parametrize(
    ("query", "context", "before", "after"),
    [
        ("kyiv", 2, [], [1, 2]),
        ('"frank and constructive"', 0, [], []),
        ('"frank and constructive"', 1, [3], [5]),
        ('"frank and constructive"', 2, [2, 3], [5, 6]),
        ("putin -nato", 2, [5, 6], []),
    ],
)
def test_neighbours_stay_within_the_document(engine, query, context, before, after):
    (hit,) = engine.search(Request(query, context=context)).hits
    assert [p.number for p in hit.before] == before
    assert [p.number for p in hit.after] == after


@pytest.mark.parametrize(
    "query", ["", "  ", "...", "()", '""', "zzz", "-zzz -nato -the -zzz", "\ud800"]
)
def test_queries_of_little(engine, query):
    page = engine.search(Request(query))
    assert page.total >= len(page.hits)
    assert (page.total > 0) == query.startswith("-")
    assert all(hit.score == 0 and hit.matches == () for hit in page.hits)


def test_some_of_the_words_when_no_paragraph_has_all(engine):
    page = engine.search(Request("frank zelensky"))
    assert (page.total, page.relaxed) == (3, True)
    assert page.interpreted == "frank OR zelensky"
    assert page.warnings == ("no paragraph has all of frank and zelensky: these have some",)
    assert all(hit.snippet_html.count("<mark>") == 1 for hit in page.hits)


@pytest.mark.parametrize(
    ("query", "match", "total", "relaxed"),
    [
        ("frank nato", "auto", 2, False),
        ("frank nato", "all", 2, False),
        ("frank nato", "any", 5, False),
        ("frank zelensky", "auto", 3, True),
        ("frank zelensky", "all", 0, False),
        ("frank zelensky", "any", 3, False),
        ("zzz zelensky", "auto", 0, False),
        ("frank AND zelensky", "auto", 0, False),
        ("frank zelensky -constructive", "auto", 2, True),
        ("frank zelensky (-constructive)", "any", 2, False),
        ('"frank nato" zelensky candid', "auto", 1, True),
    ],
)
def test_match(engine, query, match, total, relaxed):
    page = engine.search(Request(query, match=match))
    assert (page.total, page.relaxed) == (total, relaxed)
    assert any("no paragraph has all" in warning for warning in page.warnings) == relaxed


@pytest.mark.parametrize(
    ("query", "suggestion", "total"),
    [
        ('"minister invade"', "minister invade", 1),
        ("“minister invade”", "minister invade", 1),
        ('"nato talking"', "nato talking", 1),
        ('"frank talks" -"nato"', None, 0),
        ('"frank talks" -"putin"', "(frank talks) -putin", 1),
        ('"frank talks" zelensky nato', None, 0),
        ('"frank talks" nato', "(frank talks) nato", 1),
        ('"zzz zelensky"', None, 0),
        ('"frank and"', None, 0),
        ("zzz", None, 0),
        ('""', None, 0),
    ],
)
def test_words_as_typed_that_find_nothing_are_offered_in_any_form(engine, query, suggestion, total):
    found = tuple(s for s in engine.search(Request(query)).suggestions if s.kind == "stemmed")
    assert found == ((Suggestion("stemmed", suggestion, total),) if suggestion else ())
    assert not suggestion or engine.search(Request(suggestion)).total == total


def test_rare_characters_of_another_unicode_are_warned_of(engine, monkeypatch):
    monkeypatch.setattr("index.snapshot.UNICODE", "1.1.5")
    warnings = engine.search(Request("nato")).warnings
    assert len(warnings) == 1
    assert "this Python knows 1.1.5" in warnings[0]


# Documents, paragraphs, status.


def test_documents(engine):
    def listed(limit, offset):
        found = engine.documents(limit, offset)
        return found.total, [info.id for info in found.documents]

    assert listed(20, 0) == (2, ["a.txt", "b.txt"])
    assert listed(1, 1) == (2, ["b.txt"])
    assert listed(0, 0) == (2, [])
    assert listed(20, 10**30) == (2, [])


def test_a_document_marks_the_paragraphs_that_match(engine):
    view = engine.document("a.txt", "frank nato")
    assert view.info.title == "War in Kyiv"
    assert [p.number for p in view.paragraphs] == list(range(8))
    assert [i for i, spans in enumerate(view.matches) if spans] == [3, 4]
    assert view.html[0] == "War in Kyiv"
    assert view.html[2] == "Treaty &amp; talks"
    assert view.html[3] == "A <mark>frank</mark> talk on &lt;b&gt;<mark>nato</mark>&lt;/b&gt;."


def test_a_document_of_a_later_segment_is_marked(folder, no_waiting):
    commit(folder, [texts("c.txt", "War", "talks"), texts("d.txt", "Nato", "war", "nato putin")])
    view = Local(folder).document("d.txt", "nato -putin")
    assert [len(spans) for spans in view.matches] == [1, 0, 0]


@pytest.mark.parametrize("query", ["", "zzz", "-frank", "...", '"'])
def test_a_document_without_marks(engine, query):
    assert not any(engine.document("a.txt", query).matches)


def test_a_document_is_marked_by_some_of_the_words_where_no_paragraph_has_all(engine):
    assert sum(map(len, engine.document("a.txt", "frank zelensky").matches)) == 3


def test_a_long_paragraph_is_never_shortened_in_its_document(tmp_path):
    write(tmp_path, [texts("a", "title", "nato " * 1000)])
    assert Local(tmp_path).document("a", "nato").html[1].count("<mark>") == 1000


def test_a_paragraph(engine):
    view = engine.paragraph("a.txt:4", 1)
    assert view.document.id == "a.txt"
    assert view.paragraph.text == LETTERS[4]
    assert [p.number for p in view.before + view.after] == [3, 5]
    assert [p.number for p in engine.paragraph("a.txt:4").before] == [2, 3]
    assert engine.paragraph("a.txt:0", 2).before == ()
    assert engine.paragraph("a.txt:7", 2).after == ()
    assert engine.paragraph("b.txt:0", 0).paragraph.kind == "title"


@pytest.mark.parametrize(
    "id",
    [
        *(
            "",
            ":",
            "a.txt",
            "a.txt:",
            ":0",
            "c.txt:0",
            "a.txt:8",
            "a.txt:-1",
            "a.txt:+1",
            "a.txt:01",
        ),
        *("a.txt: 1", "a.txt:1 ", "a.txt:1.0", "a.txt:1e0", "a.txt:0x1", "a.txt:٣", "a.txt:²"),
        *("a.txt:1:1", "a.txt:" + "9" * 5000, "\ud800:1", "a\0.txt:1", "../a.txt:1", "A.TXT:1"),
    ],
)
def test_ids_that_nothing_has(engine, id):
    assert engine.paragraph(id) is None
    assert engine.document(id if id != "a.txt" else "a.tx") is None


def test_status(engine):
    status = engine.status()
    assert (status.generation, status.documents, status.paragraphs) == (1, 2, 10)
    assert status.built_at == engine.search(Request("nato")).built_at


# No index, a damaged one, a foreign one.


def everything(engine):
    return [
        *(lambda: engine.search(Request("nato")), lambda: engine.documents(20, 0)),
        *(lambda: engine.document("a.txt"), lambda: engine.paragraph("a.txt:1"), engine.status),
    ]


def is_one_line(error):
    return str(error) and "\n" not in str(error) and "Traceback" not in str(error)


@pytest.mark.parametrize("name", ["none", "none/none", "empty", "file"])
def test_without_an_index_then_with_one(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("not a folder")
    engine = Local(tmp_path / name)
    for ask in everything(engine):
        with pytest.raises(Unavailable, match=r"there is no index in .*python -m index") as caught:
            ask()
        assert is_one_line(caught.value)
        assert not isinstance(caught.value, Unusable)
    if name != "file":
        write(tmp_path / name, [texts("a.txt", "nato", "nato")])
        assert [bool(ask()) for ask in everything(engine)] == [True] * 5


def test_an_index_deleted_while_it_is_open(folder, engine, no_waiting):
    assert engine.status().generation == 1
    shutil.rmtree(folder)
    for ask in everything(engine):
        with pytest.raises(Unavailable, match="there is no index"):
            ask()
    write(folder, [texts("c.txt", "nato")])
    assert ids(engine.search(Request("nato"))) == ["c.txt:0"]


def test_an_index_deleted_and_built_anew_is_noticed(folder, engine, no_waiting):
    assert engine.search(Request("nato")).total == 4
    shutil.rmtree(folder)
    write(folder, [texts("c.txt", "nato")])
    page = engine.search(Request("nato"))
    assert (page.generation, ids(page)) == (1, ["c.txt:0"])


def damage(folder):
    for path in folder.glob("*.arrays"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.unlink()  # what has it mapped keeps the old bytes
        path.write_bytes(content)


def test_a_damaged_index(folder):
    damage(folder)
    for ask in everything(Local(folder)):
        with pytest.raises(Unusable, match="is altered") as caught:
            ask()
        assert is_one_line(caught.value)


def test_a_damaged_generation_leaves_the_older_one_served(folder, engine, no_waiting, capsys):
    assert engine.status().generation == 1
    write_anew(folder, texts("c.txt", "war"))
    damage(folder)
    for _ in range(3):
        assert (engine.status().generation, engine.search(Request("nato")).total) == (1, 4)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("search: still serving the older index: ")
    write_anew(folder, texts("d.txt", "war"))
    assert ids(engine.search(Request("war"))) == ["d.txt:0"]


def test_an_index_of_another_version(folder, monkeypatch):
    monkeypatch.setattr("index.storage.FORMAT", 1000)
    for ask in everything(Local(folder)):
        with pytest.raises(Unusable, match="python -m index") as caught:
            ask()
        assert is_one_line(caught.value)


def test_an_index_of_somebody_else(tmp_path):
    writer = index.create_in(tmp_path, fields.Schema(text=fields.TEXT(stored=True))).writer()
    writer.add_document(text="nato")
    writer.commit()
    with pytest.raises(Unusable) as caught:
        Local(tmp_path).status()
    assert is_one_line(caught.value)


def test_any_damaged_byte_is_an_error_of_this_program_or_none(folder, tmp_path):
    rng = random.Random(4)
    for number in range(120):
        copy = tmp_path.parent / f"{tmp_path.name}-{number}"
        shutil.copytree(folder, copy)
        path = rng.choice(sorted(copy.iterdir()))
        content = bytearray(path.read_bytes())
        start = rng.randrange(len(content) + 1)
        cut = rng.choice((start + 1, start + 4, len(content)))
        content[start:cut] = rng.choice((b"", rng.randbytes(4), b"\0"))
        path.write_bytes(content)
        engine = Local(copy)
        said = []
        for ask in everything(engine):
            try:
                ask()
            except SearchError as error:
                said.append(error)
        assert all(map(is_one_line, said))


# Following the commits.


def test_commits_are_followed(folder, engine, no_waiting):
    for number in range(2, 6):
        commit(folder, [texts("c.txt", "nato", *["nato"] * number)], ["c.txt"])
        page = engine.search(Request("nato", 100))
        assert (page.generation, page.total) == (number, 5 + number)
        assert engine.status().generation == number


def test_a_commit_is_followed_within_a_second(folder, engine):
    """Nobody waits longer than REFRESH; how long opening takes is not this test's business."""
    assert search.local.REFRESH <= 0.5
    assert engine.status().generation == 1
    commit(folder, [texts("c.txt", "nato")])
    give_up = time.monotonic() + 30
    while engine.status().generation == 1 and time.monotonic() < give_up:
        time.sleep(0.01)
    assert engine.status().generation == 2


def test_between_two_looks_the_folder_is_left_alone(folder, engine, monkeypatch):
    monkeypatch.setattr(search.local, "REFRESH", 1000)
    assert engine.status().generation == 1
    shutil.rmtree(folder)
    assert [bool(ask()) for ask in everything(engine)] == [True] * 5


def test_threads_see_whole_generations_while_commits_go_on(tmp_path, no_waiting):
    """Each generation has ten paragraphs with its own name; old ones go in the same commit."""
    size, last = 10, 25

    def document(number):
        return texts(f"d{number}.txt", "title", *[f"nato g{number}"] * size)

    write(tmp_path, [document(1)])
    engine, failures, done = Local(tmp_path), [], threading.Event()

    def look(latest):
        page = engine.search(Request("nato", 100, context=2))
        found = {hit.paragraph.text for hit in page.hits}
        assert (len(found), page.total, page.documents) == (1, size, 1)
        assert found == {f"nato g{page.generation}"}
        assert page.generation >= latest
        view = engine.document(page.hits[0].document.id, "nato")
        assert view is None or sum(map(len, view.matches)) == size
        assert engine.status().paragraphs == size + 1
        return page.generation

    def ask():
        latest = 1
        try:
            while not done.is_set():
                latest = look(latest)
        except BaseException as error:
            failures.append(error)
            done.set()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(2, last + 1):
        if not done.is_set():
            commit(tmp_path, [document(number)], [f"d{number - 1}.txt"])
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert look(1) == last


def test_many_threads_open_one_engine_together(folder):
    engine, found = Local(folder), []
    barrier = threading.Barrier(8)

    def ask():
        barrier.wait()
        found.append(engine.search(Request("nato")).total)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [4] * 8
