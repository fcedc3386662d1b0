"""Markdown's links and images in plain text: their text stays, brackets and target go."""

import re

# Each alternative stops at the first character that cannot belong to it and gives nothing back
# (possessive), so that no input takes more than linear time.
_TOKEN = re.compile(
    r"""
    (?P<open> !?\[ ) \s*+
  | (?P<close> \] )
    (?P<target>
        \( \s*+
        (?: <[^<>\n]*+> | [^\s()<>]*+ (?: \( [^\s()<>]*+ \) [^\s()<>]*+ )*+ )
        (?: \s++ "[^"\n]*+" )?+
        \s*+ \)
    )?+
    """,
    re.VERBOSE,
)


def unlink(text: str) -> str:
    """Take the markup off `[text](target)` and `![text](target)`, nested ones too.

    The target has CommonMark's form, its parentheses one deep at most. A link without text stays
    as it is.
    """
    if "](" not in text:
        return text
    opened: list[re.Match[str]] = []
    markup: list[tuple[int, int]] = []
    for token in _TOKEN.finditer(text):
        if token["open"]:
            opened.append(token)
        elif opened:
            bracket = opened.pop()
            if token["target"] and bracket.end() < token.start():
                markup += [bracket.span("open"), token.span()]
    return _without(text, sorted(markup))


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    kept = []
    position = 0
    for start, end in spans:
        kept.append(text[position:start])
        position = end
    return "".join([*kept, text[position:]])
