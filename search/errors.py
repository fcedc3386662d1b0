"""What can go wrong in a search, said for people."""


class SearchError(Exception):
    """The base of every error of this package; its text is one line for the user."""


class Unavailable(SearchError):
    """There is no index to answer from."""


class Unusable(Unavailable):
    """There is one, but it is damaged, of another version, or not of this program."""


class BadFilter(SearchError):
    """A filter that is none: `filter` as it was given, and the `reason`, in words."""

    def __init__(self, filter: str, reason: str) -> None:
        super().__init__(f"'{filter[:80]}' is no filter: {reason}")
        self.filter = filter
        self.reason = reason
