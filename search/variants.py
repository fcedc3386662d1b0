"""Spellings of one word or name, among the words of an index: colour and color, Shoigu and Shoygu.

Two forms are variants if they have the same key: for words, what is left when the differences of
British, American and older English are taken out; for names, also those of transliteration.
A form counts as a name where the index never writes it small, as far as its best paragraphs go: so
that `coral` and `corral` stay apart, `Philip` and `Phillip` do not.
"""

import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from weakref import WeakKeyDictionary

from whoosh import query

from index.analysis import stem
from index.snapshot import Snapshot
from search import lexicon, typed
from search.engine import Suggestion
from search.execute import execute
from search.query import parse
from search.typed import Typed

SHORTEST = 4
"""The shortest word that has variants."""

LONG = 7
"""From how many letters on two spellings may be two edits apart."""

MOST = 4
"""How many other spellings of a word are offered, and in a query of how many words."""

_NEAR = 256
"""How many of the forms near a word are looked at."""

_SAMPLE = 8
"""How many paragraphs of a form are read to tell whether it is a name."""

_KNOWN = 1 << 12
"""For how many words the variants are remembered."""

Rules = Sequence[tuple[re.Pattern[str], str]]


def _rules(*pairs: tuple[str, str]) -> Rules:
    return tuple((re.compile(pattern), new) for pattern, new in pairs)


_WORDS = _rules(
    (r"(?<=[a-z]{2})our(?=(?:s|ed|ing|ings|er|ers|able|ably|ful|fully|less|ite|ites|hood|y|ly)?$)", "or"),
    (r"(?<=[a-z][bcdghptv])re(?=s?$)", "er"),
    (r"(?<=[bcdghptv])red$", "ered"),
    (r"(?<=[a-z]{3})is(?=(?:e|es|ed|ing|er|ers|ation|ations|able)$)", "iz"),
    (r"(?<=[a-z]{2})ys(?=(?:e|es|ed|ing|er|ers)$)", "yz"),
    (r"(?<=[a-z]{3})ence(?=(?:s|less)?$)", "ense"),
    (r"(?<=[aeiou][^aeiou])([aeiou])ll(?=(?:ed|ing|er|ers|or|ors|ous|en)$)", r"\1l"),
    (r"(?<=[aeiou][^aeiou][^aeiou])([aeiou])ll(?=(?:ed|ing|er|ers|or|ors|ous|en)$)", r"\1l"),
    (r"(?<=[a-z]{3})ll(?=(?:ful|fully|ment|ments)?$)", "l"),
    (r"(?<=[a-z])ae(?=[a-z]{3})|^ae(?=[a-z]{4})", "e"),
    (r"(?<=[a-z])oe(?=[a-z]{4})|^oe(?=[a-z]{4})", "e"),
    (r"(?<=[a-z]{4})ogue(?=s?$)", "og"),
    (r"exion(?=s?$)", "ection"),
    (r"dgement", "dgment"),
    (r"^enquir", "inquir"),
    (r"^(?:en|em|im)(?=(?:clos|trust|dors|bitter|dow|snar|twin|shrin|grain|gulf|wrap|throne))", "in"),
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
    (r"(?<=[a-z]{3}ill)ity$", "ity"),
    (r"^controul", "control"),
    (r"^chuse", "choose"),
    (r"^develope$", "develop"),
)  # fmt: skip

_NAMES = _rules(
    (r"s?tch|tsch", "ch"),
    (r"sch", "sh"),
    (r"cz|ts|tz", "z"),
    (r"ck|q|kh|c(?=[aourlk])", "k"),
    (r"dj|zh", "j"),
    (r"ph", "f"),
    (r"w", "v"),
    (r"ff?$", "v"),
    (r"(?<=[a-z])th(?=[a-z])", "t"),
    (r"s(?=[aeiou])", "z"),
    (r"ou|oo|u", "u"),
    (r"(?<=[a-z]{2})(?:ae|oe|ue)(?=[a-z]{2})", "e"),
    (r"iyi|iye|ie|ee|ei|ey|ij|y|j", "i"),
    (r"ii+", "i"),
    (r"(.)\1+", r"\1"),
    (r"(?<=[aeiou])h$", ""),
)

_VARYING = str.maketrans(dict.fromkeys("aeioucdfhjklmnpqstuvwxyzgb", ""))
"""What a rule may change: all but the r, and of doubled letters one.""" 

_FIRST = {c: both for both in ("ckqt", "ei", "ae", "vw", "djyzi", "sz", "pf") for c in both}
"""Which letters words may begin with that are variants of one with a certain letter."""

_known: WeakKeyDictionary[Snapshot, dict[str, tuple[str, ...]]] = WeakKeyDictionary()
_lock = threading.Lock()


def offered(snapshot: Snapshot, text: str, total: int) -> list[Suggestion]:
    """Give, for each word of a query with other spellings here, the query that finds all of them.

    `total` counts the paragraphs that the query finds; what finds no more is not offered.
    """
    offers = []
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
    if not (len(form) >= SHORTEST and form.isascii() and form.isalpha()):
        return ()
    with _lock:
        known = _known.setdefault(snapshot, {})
    if form not in known:
        if len(known) >= _KNOWN:
            known.clear()
        known[form] = _found(snapshot, form)
    return known[form]


def _found(snapshot: Snapshot, form: str) -> tuple[str, ...]:
    first = _FIRST.get(form[0], form[0])
    near = lexicon.near(snapshot, form, 2 if len(form) >= LONG else 1, _NEAR, first=first)
    alike = [n for n in near if n.errors and _are_alike(form, n.form)]
    alike.sort(key=lambda n: (-n.frequency, n.form))
    if not any(n.errors == 0 for n in near):
        return ()
    kept: list[str] = []
    for other in alike:
        if len(kept) < MOST and are_variants(snapshot, form, other.form):
            kept.append(other.form)
    return tuple(kept)


def _are_alike(one: str, other: str) -> bool:
    if len(other) < SHORTEST or not (other.isascii() and other.isalpha()):
        return False
    if one.translate(_VARYING) != other.translate(_VARYING):  # most are told apart by this
        return False
    return word_key(one) == word_key(other) or name_key(one) == name_key(other)


def are_variants(snapshot: Snapshot, one: str, other: str) -> bool:
    """Tell whether two forms of the index are spellings of one word or name."""
    if word_key(one) == word_key(other):
        return True
    return name_key(one) == name_key(other) and all(is_name(snapshot, f) for f in (one, other))


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
    """Tell whether a form is written with a capital in each of its best paragraphs."""
    found = execute(snapshot, query.Term("form", form), _SAMPLE, count=False, context=False)
    small = re.compile(rf"\b{re.escape(form)}\b")
    for ordinal in found.ordinals.tolist():
        segment, local = snapshot.locate(ordinal)
        if small.search(segment.data.text(local)):
            return False
    return len(found.ordinals) > 0
