"""What can go wrong in a search, said for people."""


class SearchError(Exception):
    """The base of every error of this package; its text is one line for the user."""


class Unavailable(SearchError):
    """There is no index to answer from."""


class Unusable(Unavailable):
    """There is one, but it is damaged, of another version, or not of this program."""
