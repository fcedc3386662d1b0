"""What can go wrong with a request, and the status that it gets."""

from collections.abc import Mapping
from http import HTTPStatus

from search.errors import Unavailable


class Problem(Exception):
    """A request that cannot be answered as asked.

    `status` is HTTP's, `code` a short constant for programs, `detail` one line or two for people.
    These are the fields of RFC 9457; `headers` go with the answer.
    """

    def __init__(
        self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase


def bad_parameter(detail: str) -> Problem:
    """Refuse a parameter of the API that is unknown, repeated or out of its range."""
    return Problem(400, "bad_parameter", detail)


def nothing_here() -> Problem:
    """Refuse an address that no page and no object has."""
    return Problem(404, "not_found", "There is nothing at this address.")


def unknown_document(id: str) -> Problem:
    """Miss a document that the index does not hold."""
    return Problem(404, "unknown_document", f"The index has no document '{short(id)}'.")


def unknown_paragraph(id: str) -> Problem:
    """Miss a paragraph that the index does not hold."""
    return Problem(404, "unknown_paragraph", f"The index has no paragraph '{short(id)}'.")


def method_not_allowed() -> Problem:
    """Refuse a method other than GET and HEAD."""
    return Problem(
        405,
        "method_not_allowed",
        "This address answers GET and HEAD only.",
        {"Allow": "GET, HEAD"},
    )


def internal() -> Problem:
    """Own up to an error of this program; the server's log has it, the client does not."""
    return Problem(
        500,
        "internal_error",
        "Something went wrong in Passage itself. The server's log says what.",
    )


def unavailable(error: Unavailable) -> Problem:
    """Put off a request while there is no index; a new one is served as soon as it is there."""
    return Problem(503, "no_index", str(error), {"Retry-After": "5"})


def short(text: str) -> str:
    """Cut what a client sent to a length that can be said back."""
    return text if len(text) <= 80 else text[:79] + "…"
