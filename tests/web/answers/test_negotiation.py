import pytest

from gitconfig_server.web.answers.negotiation import V1, V2, negotiate, wants_bytes, wants_file


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", V1),
        ("*/*", V1),
        ("application/*", V1),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", V1),
        (V2, V2),
        (f"{V2}, application/json", V2),
        (f"application/json, {V2}", V1),
        (f"application/json;q=0.5, {V2}", V2),
        (f"{V2};q=0.9, */*;q=0.1", V2),
        (f"{V2};q=0, */*", V1),
        (f"{V2};q=x, application/json", V1),
        ("application/*+json", V2),
        ("application/json;charset=UTF-8", V1),
        ("application/vnd.spring-cloud.config-server.v1+json", V1),
        ("image/png", V1),
    ],
)
def test_the_best_type_that_is_accepted_is_given(accept, expected):
    assert negotiate(accept) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [("text/plain", True), ("text/html, application/xml", True), ("text/html, */*;q=0.1", False), ("", False)],
)
def test_who_names_types_but_json_wants_a_file(accept, expected):
    assert wants_file(accept) is expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/octet-stream", True),
        ("application/*", True),
        ("text/plain, application/octet-stream;q=0.5", True),
        ("image/png, text/*, application/octet-stream", True),
        ("application/octet-stream;q=0.1, */*;q=0.5", False),
        ("application/octet-stream;q=0, */*", False),
        ("text/plain", False),
        ("", False),
    ],
)
def test_a_file_is_bytes_to_who_names_bytes_and_nothing_better(accept, expected):
    assert wants_bytes(accept) is expected
