"""What holds for every address: methods, headers, problems, files."""

import re
from dataclasses import dataclass
from typing import NoReturn

import pytest
from fake_engine import FakeEngine
from wsgi_client import Answer, Client

from search.errors import Unavailable
from web.app import create_app
from web.settings import Settings

TEXTS = {"a.txt": ["Talks in Moscow", "Talks were held."]}
ADDRESSES = (
    "/",
    "/?q=talks",
    "/documents",
    "/documents/a.txt",
    "/documents/a.txt/p1-00000000",
    "/help",
    "/api/search?q=talks",
    "/api/documents",
    "/api/documents/a.txt",
    "/api/paragraphs/a.txt:1",
    "/health",
)

client = Client(create_app(FakeEngine(TEXTS), Settings()))


@dataclass
class Failing:
    """An engine that raises the same, whatever it is asked."""

    error: Exception

    def __getattr__(self, name: str):
        return self._fail

    def _fail(self, *args: object, **kwargs: object) -> NoReturn:
        raise self.error


def of_programs(address: str) -> bool:
    return address.startswith(("/api/", "/health"))


def assert_problem(answer: Answer, address: str, status: int, code: str, detail: str) -> None:
    assert answer.status == status
    if of_programs(address):
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["code"] == code
        assert answer.json["type"] == "about:blank"
        assert detail in answer.json["detail"]
    else:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert detail in answer.text


def assert_strict(answer: Answer) -> None:
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in "".join(policy)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "Cache-Control" in answer.headers


@pytest.mark.parametrize("address", [*ADDRESSES, "/nothing", "/api/nothing", "/static/nothing"])
def test_every_answer_keeps_browsers_strict(address: str):
    assert_strict(client.get(address))


@pytest.mark.parametrize("address", ADDRESSES)
def test_head_answers_as_get_without_the_body(address: str):
    whole, head = client.get(address), client.call("HEAD", address)
    assert head.status == whole.status == 200
    assert head.body == b""
    assert head.headers["Content-Length"] == str(len(whole.body))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_other_methods_are_refused(address: str, method: str):
    answer = client.call(method, address, b"q=talks&limit=x")
    assert_problem(answer, address, 405, "method_not_allowed", "answers GET and HEAD only")
    assert answer.headers["Allow"] == "GET, HEAD"
    assert_strict(answer)


def test_a_body_means_nothing():
    assert client.call("GET", "/api/search?q=held", b"q=moscow").json["query"] == "held"


@pytest.mark.parametrize("address", ADDRESSES)
def test_without_an_index_every_address_says_so(address: str):
    answer = Client(create_app(Failing(Unavailable("no index <here>")), Settings())).get(address)
    detail = "no index <here>" if of_programs(address) else "no index &lt;here&gt;"
    assert_problem(answer, address, 503, "no_index", detail)
    assert int(answer.headers["Retry-After"]) > 0
    assert_strict(answer)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_unexpected_error_is_logged_and_not_shown(address: str):
    answer = Client(create_app(Failing(ZeroDivisionError("secret")), Settings())).get(address)
    assert_problem(answer, address, 500, "internal_error", "Something went wrong")
    assert b"secret" not in answer.body
    assert b"Traceback" not in answer.body
    assert_strict(answer)


@pytest.mark.parametrize(
    "address",
    [
        "/%FF",
        "/documents/%FF",
        "/documents/a%FF.txt",
        "/documents/a.txt%0A",
        "/a/b/c",
        "/%00",
        "//",
    ],
)
def test_odd_paths_are_not_found(address: str):
    assert_problem(client.get(address), address, 404, "not_found", "")


def test_files_may_be_kept_for_ever_and_change_their_address_with_their_content():
    page = client.get("/").text
    files = set(re.findall(r'"(/static/[^"]+)"', page))
    assert {re.sub(r"-\w{12}\.", ".", file) for file in files} == {
        "/static/app.css",
        "/static/app.js",
        "/static/favicon.svg",
        "/static/suggest.js",
    }
    for file in files:
        answer = client.get(file)
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"].startswith(("text/", "image/svg+xml"))


@pytest.mark.parametrize("key", ["app.css", "app-000000000000.css", "..%2fapp.py", "../app.py", ""])
def test_no_other_file_is_served(key: str):
    assert client.get(f"/static/{key}").status == 404
