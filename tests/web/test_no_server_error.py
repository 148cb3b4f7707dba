"""Whatever comes in, bad input is the client's fault."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from support.service import DictService

from gitconfig_server.settings import Settings
from gitconfig_server.web.app import create_app

APP = create_app(DictService({"main": {"orders.yml": {"a.b": 1, "a": 2}}}), Settings(), repository_uri="file:///r")

WORDS = (
    "orders prod main .. . .git a.lock -x @{ (_) HEAD %2e%2e %2F %00 %0a %ff ; ;x=1 , a,b # %23 %25 api v1 config "
    "actuator health labels sources environments files history problems application default orders.yml"
)
SEGMENT = st.one_of(st.sampled_from(WORDS.split()), st.binary(max_size=6).map(lambda raw: raw.decode("latin-1")))
PATHS = st.lists(SEGMENT, max_size=6).map(lambda parts: "/" + "/".join(parts))
API_PATHS = st.lists(SEGMENT, min_size=1, max_size=4).map(lambda parts: "/api/v1/" + "/".join(parts))
OPTION = st.tuples(
    st.sampled_from(
        ["label", "revision", "at", "limit", "cursor", "since", "shape", "origins", "application", "x", ""]
    ),
    st.one_of(st.sampled_from(["main", "1", "", "nested", "main~1", "%00", "%ff", "2026-01-01"]), st.text(max_size=5)),
)
QUERIES = st.lists(OPTION, max_size=3).map(lambda pairs: "&".join("=".join(pair) for pair in pairs))
METHODS = st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PUT", "TRACE"])
HEADERS = st.lists(
    st.tuples(
        st.sampled_from([b"accept", b"if-none-match", b"origin", b"content-length", b"x-request-id", b"range"]),
        st.one_of(
            st.sampled_from([b"*/*", b"*", b"http://[", b"-1", b"application/*+json;q=x"]), st.binary(max_size=8)
        ),
    ),
    max_size=3,
)


async def status_of(method, path, query, headers):
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode(errors="surrogatepass"),
        "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "scheme": "http",
        "http_version": "1.1",
    }
    statuses = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        statuses.append(message.get("status"))

    await APP(scope, receive, send)
    return statuses[0]


@settings(max_examples=300, deadline=None)
@given(METHODS, st.one_of(PATHS, API_PATHS), QUERIES, HEADERS)
def test_nothing_sent_is_a_server_error(method, path, query, headers):
    assert asyncio.run(status_of(method, path, query, headers)) < 500
