from prometheus_client import CollectorRegistry, generate_latest

from gitconfig_server.service.upstream.status import Status, Trouble
from gitconfig_server.web.operations.upstream_metrics import UpstreamMetrics


def scraped(status):
    registry = CollectorRegistry(auto_describe=False)
    registry.register(UpstreamMetrics(lambda: status, lambda: 1000.0))
    lines = (line for line in generate_latest(registry).decode().splitlines() if line[0] != "#")
    return {name.removeprefix("gitconfig_upstream_"): float(value) for name, value in map(str.split, lines)}


def test_before_the_first_success_there_is_no_age():
    assert scraped(Status("r", failures=2)) == {"failures": 2, "unpushed_labels": 0}


def test_labels_are_counted_by_what_stands_in_their_way():
    troubles = (Trouble("a", "held", "x"), Trouble("b", "held", "x"), Trouble("c", "conflict", "x"))
    found = scraped(Status("r", fetched=940.0, troubles=troubles, unpushed=("c",)))
    assert found == {
        "age_seconds": 60,
        "failures": 0,
        'labels_in_trouble{rule="held"}': 2,
        'labels_in_trouble{rule="conflict"}': 1,
        "unpushed_labels": 1,
    }
