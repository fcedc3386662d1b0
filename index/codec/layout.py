"""What a segment holds: its arrays with their types, and its counts (README.md says of what)."""

NONE = 0xFFFFFFFF
"""The ordinal that stands for no paragraph."""

META = {"unicode", "paragraphs", "with_tokens", "total_length"}

ARRAYS = {
    "terms.text": "|u1",
    "terms.text_start": "<u8",
    "terms.postings": "<u8",
    "terms.forms": "<u8",
    "terms.form": "<u4",
    "forms.text": "|u1",
    "forms.text_start": "<u8",
    "forms.term": "<u4",
    "forms.code": "<u2",
    "forms.df": "<u4",
    "postings.paragraph": "<u4",
    "postings.positions": "<u8",
    "positions.position": "<u4",
    "positions.code": "<u2",
    "paragraphs.length": "|u1",
    "paragraphs.number": "<u4",
    "paragraphs.kind": "|u1",
    "paragraphs.document": "<u4",
    "paragraphs.section": "<u4",
    "paragraphs.heading": "<u4",
    "paragraphs.start": "<u8",
    "paragraphs.end": "<u8",
    "paragraphs.page": "<u4",
    "paragraphs.text": "|u1",
    "paragraphs.text_start": "<u8",
    "sections.title": "<u4",
    "sections.heading": "<u4",
    "documents.first": "<u4",
    "documents.info": "|u1",
    "documents.info_start": "<u8",
    "documents.by_id": "<u4",
    "ids.text": "|u1",
    "ids.text_start": "<u8",
}
