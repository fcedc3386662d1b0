import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reader_cases import cases, outline

from index.errors import Unreadable
from index.readers import READERS, read

FRENCH = "Le garçon a mangé une crêpe près de la forêt, où sa mère était déjà."
POLISH = (
    "Naukowcy zauważyli, że zmiana rytmu snu w dni wolne od pracy prowadzi do różnych"
    " dolegliwości. Osoby, które śpią dłużej, częściej mają kłopoty ze zdrowiem i źle się czują."
)
CZECH = (
    "Vláda včera oznámila, že po schůzce s ministry přijme nová hospodářská opatření;"
    " lidé čekají na změny, které podle předsedy přijdou až v září příštího roku."
)
RUSSIAN = (
    "Министр обороны в четверг посетил Москву и встретился со своим российским коллегой."
    " Переговоры были откровенными и конструктивными."
)
GREEK = "Η κυβέρνηση ανακοίνωσε χθες ότι θα προχωρήσει σε νέα μέτρα για την οικονομία της χώρας."
TURKISH = (
    "Politik amaçlı eylemi gerçekleştiren grup, terör örgütüne karşı savaş açtığını"
    " duyurdu. Başbakan görüşmelerin önümüzdeki hafta süreceğini söyledi."
)
HEBREW = "הממשלה הודיעה אתמול כי תקדם צעדים חדשים לחיזוק הכלכלה לאחר פגישה עם השרים בירושלים."
ARABIC = "أعلنت الحكومة أمس أنها ستتخذ إجراءات جديدة لدعم الاقتصاد بعد لقاء مع الوزراء في العاصمة."
THAI = "รัฐบาลประกาศเมื่อวานนี้ว่าจะดำเนินมาตรการใหม่เพื่อเศรษฐกิจหลังจากการประชุมกับรัฐมนตรี"
CHINESE = "政府昨天宣布，将在与部长们会晤后采取新的经济措施。讨论还将继续。"
MIXED = (
    "当Sky Digital于1998年推出的时候，这一新闻服务使用的是位于28.5°E轨道位置的Astra 2A卫星，"
    "此后又应用了更多的Astra卫星以及Eutelsat的Eurobird 1（现在是Eutelsat 33C）。"
)
TAIWANESE = "政府昨天宣布，將在與部長們會晤後採取新的經濟措施。討論還將繼續，大家都在等待結果。"
JAPANESE = (
    "政府は昨日、閣僚との会談の後、経済のための新たな措置を講じると発表した。これからも議論は続く。"
)
KOREAN = "정부는 어제 장관들과의 회의 후 경제를 위한 새로운 조치를 취하겠다고 발표했다."
QUOTED = "The minister said: “It isn’t £5 million – it’s more.” A café owner agreed…"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def read_bytes(folder):
    def read_bytes(data, name="a_file.txt"):
        path = folder / name
        path.write_bytes(data)
        return next(read(path, "id"))

    return read_bytes


def body(draft):
    return [paragraph.text for paragraph in draft.paragraphs[1:]]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        *(("utf-8", QUOTED), ("utf-8-sig", QUOTED), ("utf-8", CHINESE), ("ascii", "Just this.")),
        *(("utf-16", QUOTED), ("utf-32", QUOTED), ("utf-16", CHINESE)),
        *(("cp1252", QUOTED), ("cp1252", FRENCH), ("cp1252", "It costs £19 million, he said.")),
        *(("cp1250", POLISH), ("iso8859_2", POLISH), ("cp1250", CZECH), ("iso8859_2", CZECH)),
        *(("cp1251", RUSSIAN), ("koi8_r", RUSSIAN), ("cp866", RUSSIAN), ("iso8859_5", RUSSIAN)),
        *(("cp1253", GREEK), ("iso8859_7", GREEK), ("cp1254", TURKISH), ("cp874", THAI)),
        *(("cp1255", HEBREW), ("iso8859_8", HEBREW), ("cp1256", ARABIC), ("iso8859_6", ARABIC)),
        *(("gb18030", CHINESE), ("gbk", CHINESE), ("gb18030", MIXED), ("big5", TAIWANESE)),
        *(("cp932", JAPANESE), ("euc_jp", JAPANESE), ("iso2022_jp", JAPANESE)),
        *(("cp949", KOREAN), ("euc_kr", KOREAN), ("iso2022_kr", KOREAN)),
    ],
)
def test_text_is_read_whatever_its_encoding(read_bytes, encoding, text):
    assert body(read_bytes(text.encode(encoding))) == [text]


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("width", [16, 32])
def test_a_byte_order_mark_tells_the_order(read_bytes, width, order):
    data = f"\ufeff{QUOTED}".encode(f"utf-{width}-{order}")
    assert body(read_bytes(data)) == [QUOTED]


def test_broken_utf8_stays_utf8(read_bytes):
    data = QUOTED.encode() + b" caf\xe9 " + "“so”.".encode()
    assert body(read_bytes(data)) == [f"{QUOTED} caf\ufffd “so”."]


def test_a_lone_surrogate_never_comes_out(read_bytes):
    data = FRENCH.encode("utf-16") + b"\x00\xd8"
    assert body(read_bytes(data)) == [f"{FRENCH}\ufffd"]
    assert body(read_bytes(("€ " * 9).encode() + b"\xed\xa0\x80")) == ["€ " * 9 + "\ufffd" * 3]


def test_a_doubled_carriage_return_is_one_line_end(read_bytes):
    data = b"A title\r\r\n\r\r\nAnn Example\r\r\nLondon\r\r\n"
    assert body(read_bytes(data)) == ["Ann Example London"]


def test_escapes_that_are_no_encoding_stay(read_bytes):
    assert body(read_bytes(b"costs \x1b$9 now")) == ["costs \x1b$9 now"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\n \t\r\n\f", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("\ufeff \n".encode("utf-16-le"), "empty"),
        (b"-----\n* * *\n", "no text"),
        (b"a\0b", "binary"),
        ("no mark".encode("utf-16-le"), "binary"),
        (b"\xff\xfea\0\0\0b\0", "binary"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
        (b"\x01\x02\x03\x04 some words", "binary"),
        (bytes(range(1, 256)), "binary"),
        (bytes(range(0x80, 0x100)), "encoding"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_what_is_not_text_is_unreadable_and_the_reason_is_said(read_bytes, name, data, reason):
    if reason == "no text" and name == "a.md":
        data = b"<!-- a comment -->\n\n[a]: b\n"
    with pytest.raises(Unreadable, match=reason) as caught:
        read_bytes(data, name)
    assert "\n" not in str(caught.value)
    assert name not in str(caught.value)


def test_readers_are_found_by_suffix_in_any_case(read_bytes):
    assert {".txt", ".md"} <= set(READERS)
    assert read_bytes(b"# A *b*", "A.MD").title == "A b"
    for name in ("a.exe", "a", "a.", ".md"):
        with pytest.raises(Unreadable, match="there is no reader"):
            read_bytes(b"text", name)


def test_errors_of_the_system_pass_through(folder):
    with pytest.raises(FileNotFoundError):
        next(read(folder / "absent.txt", "id"))
    (folder / "folder.md").mkdir()
    with pytest.raises(IsADirectoryError):
        next(read(folder / "folder.md", "id"))


def test_libraries_are_imported_when_first_used():
    program = (
        "import sys, index.readers; "
        "print({'markdown_it', 'charset_normalizer'} & set(sys.modules) or 'none')"
    )
    run = [sys.executable, "-c", program]
    result = subprocess.run(
        run, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    assert result.stdout == "none\n"


def test_a_plain_text_says_what_it_is(read_bytes):
    draft = read_bytes(f"A title\n\n{FRENCH}".encode())
    assert (draft.id, draft.type, draft.title) == ("id", "text", "A title")
    assert (draft.author, draft.date, draft.language) == (None, None, None)
    assert {p.document for p in draft.paragraphs} == {"id"}


@pytest.mark.parametrize(("text", "paragraphs"), cases("reader_markdown.txt"))
def test_markdown_is_cut_by_its_markup(read_bytes, text, paragraphs):
    assert outline(read_bytes(text.encode(), "a_file.md")) == paragraphs


def test_line_ends_of_markdown_are_made_one(read_bytes):
    assert body(read_bytes(b"# T\r\n\r\nOne\r\ntwo.\r\n\r\n\fThree.", "a.md")) == [
        "One two.",
        "Three.",
    ]


def test_markdown_has_sections_and_places(read_bytes):
    text = "# Title\n\nIntro.\n\n## A\n\nText.\n\n### B\n\n- item\n\n## C\n\n"
    text += "| x |\n|---|\n| y |\n\n```\nz\n```\n"
    draft = read_bytes(text.encode(), "a.md")
    assert draft.type == "markdown"
    assert [(p.text, p.section, text[p.start : p.end]) for p in draft.paragraphs] == [
        ("Title", None, "# Title"),
        ("Intro.", None, "Intro."),
        ("A", None, "## A"),
        ("Text.", "A", "Text."),
        ("B", "A", "### B"),
        ("item", "B", "- item"),
        ("C", None, "## C"),
        ("x", "C", "| x |"),
        ("y", "C", "| y |"),
        ("z", "C", "z"),
    ]


@pytest.mark.parametrize(
    ("front", "title", "author", "date"),
    [
        ("title: The Big: Report", "The Big: Report", None, None),
        ("title: \"Quoted\"  \nAuthor: 'Ann Example'", "Quoted", "Ann Example", None),
        ('x: y\nauthor: [An, "Bob"]\ndate: 2022-02-10 10:00', "Heading", "An, Bob", "2022-02-10"),
        ("date: 10 February 2022\ntitle:\nauthor: |\n  Ann", "Heading", None, "2022-02-10"),
        ("date: 2022-02-31\ntitle: ''", "Heading", None, None),
        ("title: heading", "Heading", None, None),
    ],
)  # fmt: skip
def test_front_matter_names_title_author_and_date(read_bytes, front, title, author, date):
    text = f"---\n{front}\n---\n\n# Heading\n\nText."
    draft = read_bytes(text.encode(), "a.md")
    assert (draft.title, draft.author, draft.date) == (title, author, date)
    assert outline(draft) == [title, *["# Heading"] * (title != "Heading"), "Text."]
    assert all(text[p.start : p.end].strip("# ") == p.text for p in draft.paragraphs)


@pytest.mark.parametrize(
    ("front", "language"),
    [
        ("language: en", "en"),
        ("lang: 'de-AT'", "de-at"),
        ("Language: pt_BR\nlang: en", "pt-br"),
        ("language: [en]", "en"),
        ("language: [en, de]", None),
        ("language: English and German", None),
        ("languages: en", None),
    ],
)
def test_front_matter_names_the_language(read_bytes, front, language):
    assert read_bytes(f"---\n{front}\n---\n\nText.".encode(), "a.md").language == language


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("---\n\nText.\n\n---\n\nMore.", ["a", "Text.", "More."]),
        ("---\ntitle: x\n\nText.", ["a", "title: x", "Text."]),
        ("----\na: b\n\n----", ["a", "a: b"]),
    ],
)
def test_what_only_begins_like_front_matter_is_text(read_bytes, text, paragraphs):
    assert outline(read_bytes(text.encode(), "a.md")) == paragraphs


UNITS = (
    "[",
    "![",
    "[a](",
    "*a ",
    "`",
    "<",
    "<!--\n",
    "> ",
    "- ",
    "|a",
    "\n",
    "&",
    "# a\n",
    "a,\n\n",
)


@pytest.mark.parametrize("unit", UNITS)
def test_hostile_markdown_is_read_in_the_end(read_bytes, unit):
    text = f"# It begins\n\n{unit * (20_000 // len(unit))}\n\nIt ends."
    assert read_bytes(text.encode(), "a.md").title == "It begins"


ODDMENTS = (
    *(
        "\n",
        "\n",
        "\n\n",
        " ",
        "    ",
        "\t",
        "\r",
        "\f",
        "\v",
        "\x1c",
        "\u2028",
        "a",
        "B",
        "中",
        "1",
    ),
    *("# ", "## ", "- ", "1. ", "> ", "```", "~~~", "---", "===", "***", "|", "|-|", "*", "_", "`"),
    *("[", "]", "(u)", "![", "[x]: y", "<b>", "</b>", "<!--", "-->", "<", "&amp;", "&#xD800;"),
    *("---\ntitle: x\n", "word ", "An end.", "the", "\\", "~~", "."),
)


@given(text=st.lists(st.sampled_from(ODDMENTS), max_size=50).map("".join))
def test_paragraphs_of_markdown_are_tidy_in_order_and_inside_the_text(read_bytes, text):
    try:
        paragraphs = read_bytes(text.encode(), "a.md").paragraphs
    except Unreadable:
        return
    text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    title, *rest = paragraphs
    position = 0
    for paragraph in rest:
        assert position <= paragraph.start < paragraph.end <= len(text)
        assert not (paragraph.start < title.end and title.start < paragraph.end)
        position = paragraph.end
    for paragraph in paragraphs:
        assert paragraph.text == " ".join(paragraph.text.split()) != ""
        paragraph.text.encode()


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "cp1251", "gb18030", "shift_jis")
ENCODED = st.tuples(st.text(), st.sampled_from(ENCODINGS)).map(
    lambda pair: pair[0].encode(pair[1], "ignore")
)
MARKED = st.tuples(
    st.sampled_from([b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\x1b$"]), st.binary()
)


@given(data=st.binary() | ENCODED | MARKED.map(b"".join), name=st.sampled_from(["a.txt", "a.md"]))
def test_reading_any_bytes_raises_nothing_but_unreadable(read_bytes, data, name):
    try:
        draft = read_bytes(data, name)
    except Unreadable:
        return
    for paragraph in draft.paragraphs:
        paragraph.text.encode()


def test_a_name_that_is_not_utf8_makes_a_title(folder):
    try:
        path = Path(str(folder) + "/caf\udce9.txt")
        path.write_text(FRENCH, "utf-8")
    except (OSError, UnicodeEncodeError):
        pytest.skip("the file system takes only names in UTF-8")
    assert next(read(path, "id")).title == "caf\ufffd"


SAMPLES = {
    "Big5": "big5",
    "iso-2022-kr": "iso2022_kr",
    "iso-8859-1": "cp1252",
    "iso-8859-2-croatian": "iso8859_2",
    "iso-8859-2-czech": "iso8859_2",
    "iso-8859-2-polish": "iso8859_2",
    "iso-8859-2-slovak": "iso8859_2",
    "iso-8859-2-slovene": "iso8859_2",
    "iso-8859-9-turkish": "iso8859_9",
    "utf-8": "utf-8",
    "windows-1250-croatian": "cp1250",
    "windows-1250-czech": "cp1250",
    "windows-1250-polish": "cp1250",
    "windows-1250-slovak": "cp1250",
    "windows-1252": "cp1252",
    "windows-1255-hebrew": "cp1255",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_real_files_in_older_encodings_are_read(data, read_bytes, name):
    (path,) = (data / "samples" / "chardet" / name).glob("*.txt")
    expected = path.read_bytes().decode(SAMPLES[name]).splitlines()
    read = " ".join(paragraph.text for paragraph in read_bytes(path.read_bytes()).paragraphs)
    assert all(line.split()[-1] in read for line in expected if line.strip())


def test_hostile_files_raise_nothing_but_unreadable(data, read_bytes):
    files = [path for path in (data / "samples").rglob("*") if path.is_file()]
    assert files
    for path in files:
        for name in ("a.txt", "a.md"):
            try:
                read_bytes(path.read_bytes(), name)
            except Unreadable:
                continue
