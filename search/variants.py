"""Spellings of one word or name, among the words of an index: colour and color, Shoigu and Shoygu.

Two forms are variants if they have the same key: for words, what is left when the differences of
British, American and older English are taken out; for names, also those of transliteration.
A form counts as a name where its paragraphs write it with a capital: so that `coral` and
`corral` stay apart, `Philip` and `Phillip` do not.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from weakref import WeakKeyDictionary

from index.analysis import stem
from index.codec.segment import NOT_FOUND
from index.snapshot import Snapshot
from search import lexicon, typed
from search.engine import Suggestion
from search.execute import execute
from search.lexicon import Near
from search.query import parse
from search.typed import Typed

SHORTEST = 4
"""The shortest word that has variants."""

LONG = 6
"""From how many letters on two spellings may be two edits apart."""

MOST = 4
"""How many other spellings of a word are offered, and in a query of how many words."""

_NEAR = 256
"""How many of the forms near a word are looked at."""

_SELDOM = 1000
"""A spelling that is so many times rarer is not offered."""

_SAMPLE = 12
"""How many paragraphs of a segment are read to tell whether a form is a name."""

_COUNTED = 10_000
"""In up to how many paragraphs of a stem its forms are told apart for this."""

_KNOWN = 1 << 12
"""For how many words the variants are remembered."""

Rules = Sequence[tuple[re.Pattern[str], str]]


def _rules(*pairs: tuple[str, str]) -> Rules:
    return tuple((re.compile(pattern), new) for pattern, new in pairs)


_WORDS = _rules(
    (
        r"(?<=[a-z]{2})our"
        r"(?=(?:s|ed|ing|ings|er|ers|able|ably|ful|fully|less|ite|ites|hood|y|ly)?$)",
        "or",
    ),
    (r"(?<=[a-z]{3}[bcdghptv])(?<!timb)re(?=s?$)", "er"),
    (r"^(fib|sab|met|lit|mit|nit)re(?=s?$)", r"\1er"),
    (r"(?<=[a-z]{2}[bcdghptv])red$", "ered"),
    (r"(?<=[a-z]{3})is(?=(?:e|es|ed|ing|er|ers|ation|ations|able)$)", "iz"),
    (r"(?<=[a-z]{2})ys(?=(?:e|es|ed|ing|er|ers)$)", "yz"),
    (r"(?<=[a-z]{3})ence(?=(?:s|less)?$)", "ense"),
    (r"(?<=[aeiou][^aeiou])([aeiou])ll(?=(?:ed|ing|er|ers|or|ors|ous|en)$)", r"\1l"),
    (r"(?<=[aeiou][^aeiou][^aeiou])([aeiou])ll(?=(?:ed|ing|er|ers|or|ors|ous|en)$)", r"\1l"),
    (r"(?<=[a-z]{2})ll(?=(?:ful|fully|ment|ments)$)|(?<=[a-z]{4})ll$", "l"),
    (r"(?<=[a-z])ae(?=[a-z]{3})|^ae(?=[a-z]{4})", "e"),
    (r"(?<=[a-z])oe(?=[a-z]{4})|^oe(?=[a-z]{4})", "e"),
    (r"(?<=[a-z]{4})ogue(?=s?$)", "og"),
    (r"exion(?=s?$)", "ection"),
    (r"dgement", "dgment"),
    (r"^enquir", "inquir"),
    (r"^(?:en|em|im)(?=clos|trust|dors|bitter|dow|snar|twin|shrin|grain|gulf|wrap|throne)", "in"),
    (r"^despatch", "dispatch"),
    (r"(?<=[a-z]{2})ick$", "ic"),
    (r"(?<=[a-z]{3})amme(?=s?$)", "am"),
    (r"(?<=[gt])y(?=[pr][a-z])", "i"),
    (r"(?<=[sc])y(?=[prn][a-z])", "i"),
    (r"^(?:grey)", "gray"),
    (r"^(?:shew)", "show"),
    (r"^(?:plough)", "plow"),
    (r"^(?:sceptic)", "skeptic"),
    (r"^(m|sm|m)oul(?=[dt])", r"\1ol"),
    (r"^moustach", "mustach"),
    (r"^(?:waggon)", "wagon"),
    (r"^(?:ageing)", "aging"),
    (r"^(?:cosy)$", "cozy"),
    (r"^(?:storey)", "story"),
    (r"^(?:pyjama)", "pajama"),
    (r"^(?:alumini?um)", "aluminum"),
    (r"^(?:chequ)", "check"),
    (r"^(bur|mur|far)th(?=er|en|ing)", r"\1d"),
    (r"illity$", "ility"),
    (r"woollen", "woolen"),
    (r"^jewellery", "jewelry"),
    (r"(worship|kidnap)p(?=ed|er|ing)", r"\1"),
    (r"negoci", "negoti"),
    (r"^draught", "draft"),
    (r"^(?:czar|tzar)", "tsar"),
    (r"^pacha", "pasha"),
    (r"^rajah", "raja"),
    (r"^sheikh", "sheik"),
    (r"^caliph", "calif"),
    (r"^controul", "control"),
    (r"^chuse", "choose"),
    (r"^develope$", "develop"),
)  # fmt: skip

_NAMES = _rules(
    (r"([^aeiou])\1+", r"\1"),
    (r"^mac(?=[a-z]{3})", "mc"),
    (r"(?<=h)ar(?=in)", "er"),
    (r"burgh$", "burg"),
    (r"s?tch|tsch", "ch"),
    (r"sch", "sh"),
    (r"cz|ts|tz", "z"),
    (r"ck|q|kh|c(?=[aourlk])", "k"),
    (r"gh", "g"),
    (r"dj|zh", "j"),
    (r"ph", "f"),
    (r"w|f$", "v"),
    (r"(?<=[a-z])th(?=[a-z])", "t"),
    (r"s(?=[aeiou])", "z"),
    (r"ou|oo", "u"),
    (r"(?<=[a-z]{2})(?:ae|oe|ue)(?=[a-z]{2})", "e"),
    (r"iyi|iye|ie|ee|ei|ey|ij|y|j", "i"),
    (r"(.)\1+", r"\1"),
    (r"(?<=[aeiou])h$", ""),
)

_VARYING = str.maketrans(dict.fromkeys("abcdefghijklmnopqstuvwxyz", ""))
"""The letters that a rule may change: all but r, of two of which it leaves one."""

_FIRST = {c: both for both in ("ckqt", "aei", "fpvw", "djyz", "sz") for c in both}
"""Which letters words may begin with that are variants of one with a certain letter."""

_NUMERAL = re.compile("[ivxlcdm]+")

_known: WeakKeyDictionary[Snapshot, dict[str, tuple[str, ...]]] = WeakKeyDictionary()
_lock = threading.Lock()


def offered(snapshot: Snapshot, text: str, total: int) -> list[Suggestion]:
    """Give, for each word of a query with other spellings here, the query that finds all of them.

    `total` counts the paragraphs that the query finds; what finds no more is not offered.
    """
    offers: list[Suggestion] = []
    for word in typed.words(text):
        others = variants(snapshot, word.form)
        if not word.quoted:  # by stem, these are found already
            others = tuple(other for other in others if stem(other) != stem(word.form))
        if others and len(offers) < MOST:
            wider = _widened(text, word, others)
            found = execute(snapshot, parse(wider).tree, 0).total or 0
            if found > total:
                offers.append(Suggestion("variant", wider, found))
    return offers


def _widened(text: str, word: Typed, others: Sequence[str]) -> str:
    """Put all spellings of a word into a query: of a quoted one, the phrase in all of them."""
    written = text[word.start : word.end]
    spellings = [written, *(typed.in_case(other, written) for other in others)]
    before, after = text[word.opens : word.start], text[word.end : word.closes]
    alternatives = " OR ".join(f"{before}{each}{after}" for each in spellings)
    if text.strip() == text[word.opens : word.closes]:
        return alternatives
    return typed.replaced(text, word.opens, word.closes, f"({alternatives})")


def variants(snapshot: Snapshot, form: str) -> tuple[str, ...]:
    """Give the other spellings of a form in the index, the most frequent first, at most MOST."""
    if not _may_vary(form):
        return ()
    with _lock:
        known = _known.setdefault(snapshot, {})
    if form not in known:
        if len(known) >= _KNOWN:
            known.clear()
        known[form] = _found(snapshot, form)
    return known[form]


def _may_vary(form: str) -> bool:
    is_word = len(form) >= SHORTEST and form.isascii() and form.isalpha()
    return is_word and not _NUMERAL.fullmatch(form)


def _found(snapshot: Snapshot, form: str) -> tuple[str, ...]:
    first = _FIRST.get(form[0], form[0])
    near = lexicon.near(snapshot, form, 2 if len(form) >= LONG else 1, _NEAR, first=first)
    own = max((n.frequency for n in near if not n.errors), default=0)
    others = [n for n in near if n.errors and n.frequency * _SELDOM >= own > 0]
    alike = [n.form for n in sorted(others, key=_by_frequency) if _are_alike(form, n.form)]
    kept = [other for other in alike if word_key(other) == word_key(form)]
    if len(kept) < len(alike) and is_name(snapshot, form):
        kept = [other for other in alike if other in kept or is_name(snapshot, other)]
    return tuple(kept[:MOST])


def _by_frequency(near: Near) -> tuple[int, str]:
    return -near.frequency, near.form


def _are_alike(one: str, other: str) -> bool:
    alike = _may_vary(other) and _kept(one) == _kept(other)  # which tells most of them apart
    return alike and name_key(one) == name_key(other)


def _kept(form: str) -> str:
    return form.translate(_VARYING).replace("rr", "r")


@lru_cache(maxsize=1 << 14)
def word_key(form: str) -> str:
    """Give what all regular spellings of an English word have in common."""
    return _rewritten(form, _WORDS)


@lru_cache(maxsize=1 << 14)
def name_key(form: str) -> str:
    """Give what all transliterations of a name have in common."""
    return _rewritten(word_key(form), _NAMES)


def _rewritten(form: str, rules: Rules) -> str:
    for pattern, new in rules:
        form = pattern.sub(new, form)
    return form


def is_name(snapshot: Snapshot, form: str) -> bool:
    """Tell whether a form is written with a capital, in at least seven of eight places sampled."""
    written = Counter(
        word[0].isupper() for text in _sampled(snapshot, form) for word in _places(form, text)
    )
    return written[False] * 8 <= written.total() > 0


def _places(form: str, text: str) -> list[str]:
    return re.findall(rf"\b{form}\b", text, re.IGNORECASE)


def _sampled(snapshot: Snapshot, form: str) -> Iterator[str]:
    """Yield the texts of paragraphs that have a form, spread over each segment."""
    for segment in snapshot.segments:
        data = segment.data
        number = data.forms.find(form.encode())
        if number == NOT_FOUND:
            continue
        term, _, count = data.form(number)
        ordinals = data.paragraphs(term)
        if count * 2 < len(ordinals) <= _COUNTED:  # a sample of the stem's might not have it
            ordinals = ordinals[data.form_rows(number)[0]]
        step = max(1, len(ordinals) // _SAMPLE)
        yield from map(data.text, ordinals[::step][:_SAMPLE].tolist())
