"""What can go wrong with an index or its documents, said for people."""


class IndexFault(Exception):
    """The base of every error of this package; its text is one line for the user."""


class NoIndex(IndexFault):
    """The folder holds no index."""


class Damaged(IndexFault):
    """A file of the index is missing, cut or altered."""


class OtherVersion(IndexFault):
    """The index was written in another version of the format; `index` builds it anew."""


class Foreign(IndexFault):
    """The folder holds something that this program did not write."""


class Locked(IndexFault):
    """Another process is writing the index."""


class NotWritten(IndexFault):
    """The index could not be written; what was there before is still there."""


class NoDocuments(IndexFault):
    """There is nothing to index where the user pointed."""


class Unreadable(IndexFault):
    """A document could not be read; the text says why, without the file's name."""
