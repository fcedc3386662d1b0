"""What a segment holds: its arrays with their types, and its counts (README.md says of what)."""

NONE = 0xFFFFFFFF
"""The number that stands for nothing: no paragraph, no bitmap."""

HEADLINE = 0x80000000
"""Set in the section of a title or a heading: it belongs there, but gets no context from it."""

MAX_CODES = 1 << 16
"""How many forms a term has at most."""

META = {"unicode", "paragraphs", "with_tokens", "total_length"}

ARRAYS = {
    "terms.text": "|u1",
    "terms.text_start": "<u4",
    "terms.df": "<u4",
    "terms.block": "<u4",
    "terms.best": "<f4",
    "terms.forms": "<u4",
    "terms.form": "<u4",
    "terms.headlines": "<u4",
    "forms.text": "|u1",
    "forms.text_start": "<u4",
    "forms.prefix": "|u1",
    "forms.term": "<u4",
    "forms.code": "<u2",
    "forms.df": "<u4",
    "blocks.last": "<u4",
    "blocks.positions": "<u4",
    "blocks.paragraph_width": "|u1",
    "blocks.tf_width": "|u1",
    "blocks.position_width": "|u1",
    "blocks.max": "<f4",
    "postings.packed": "|u1",
    "positions.packed": "|u1",
    "pairs.term": "<u4",
    "pairs.key": "<u8",
    "bitmaps.term": "<u4",
    "bitmaps.bits": "<u8",
    "bitmaps.ranks": "<u4",
    "headlines.paragraph": "<u4",
    "paragraphs.length": "|u1",
    "paragraphs.signature": "<u8",
    "runs.first": "<u4",
    "runs.section": "<u4",
    "sections.title": "<u4",
    "sections.heading": "<u4",
    "documents.first": "<u4",
    "documents.by_id": "<u4",
    "ids.text": "|u1",
    "ids.text_start": "<u4",
    # By what documents are told apart: see facts.py.
    "values.text": "|u1",
    "values.text_start": "<u4",
    "documents.type": "<u4",
    "documents.language": "<u4",
    "documents.author": "<u4",
    "documents.folder": "<u4",
    "documents.date": "<u4",
    # Stored paragraphs and what is kept of documents: see store.py, descriptions.py.
    "paragraphs.stored": "|u1",
    "paragraphs.stored_start": "<u8",
    "paragraphs.stored_first": "<u4",
    "documents.stored": "|u1",
    "documents.stored_start": "<u8",
    "documents.stored_first": "<u4",
    "words.text": "|u1",
    "words.start": "<u4",
}
