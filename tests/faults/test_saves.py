"""Many clients saving over HTTP to two workers: in line, none lost, and none where the server is killed."""

import os
import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
from support.git import git
from support.server import running_server

SAVES = 100 if os.environ.get("GITCONFIG_TEST_ALL") else 5
WRITERS = 8
KILLS = 50 if os.environ.get("GITCONFIG_TEST_ALL") else 3
LONGEST = 0.4


def new_repository(folder):
    repository = folder / "config.git"
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", repository.name)
    return repository


def count_up(client, saves):
    """Add one to a shared counter, stating what was seen, as often as told; the answers."""
    answers = []
    while len(answers) < saves:
        seen = client.get("/sources/shared/prod")
        properties = {"count": seen.json()["properties"]["count"] + 1}
        headers = {"If-Match": seen.headers["etag"]}
        answer = client.put("/sources/shared/prod", json={"properties": properties}, headers=headers)
        assert answer.status_code in (200, 412), answer.text
        if answer.status_code == 200:
            answers.append(answer.json())
    return answers


def save_blindly(client, saves):
    """Set a key of the same source to a few values, whatever stands there; the answers."""
    body = {"message": "blind"}
    answers = [
        client.put("/sources/blind/prod", json={"properties": {"value": number % 3}, **body}) for number in range(saves)
    ]
    assert {answer.status_code for answer in answers} <= {200}
    return [answer.json() for answer in answers]


def log_of(repository):
    return [line.split() for line in git(repository, "log", "--format=%H %P", "main").splitlines()]


def test_nothing_is_lost_and_every_commit_was_told(tmp_path):
    repository = new_repository(tmp_path)
    with running_server(repository, "--workers", "2") as server, ThreadPoolExecutor(2 * WRITERS) as pool:
        clients = [httpx.Client(base_url=f"{server.url}/api/v1", timeout=60) for _ in range(2 * WRITERS)]
        begun = [
            clients[0].put(f"/sources/{one}/prod", json={"properties": {"count": 0}}) for one in ("shared", "blind")
        ]
        counting = [pool.submit(count_up, client, SAVES) for client in clients[:WRITERS]]
        blind = [pool.submit(save_blindly, client, SAVES) for client in clients[WRITERS:]]
        answers = [answer.json() for answer in begun] + [one for done in (*counting, *blind) for one in done.result()]
        total = clients[0].get("/sources/shared/prod").json()["properties"]["count"]
        for client in clients:
            client.close()
    log = log_of(repository)
    told = {answer["commit"]: answer["previous"] for answer in answers if answer["changed"]}
    assert total == WRITERS * SAVES
    assert len(told) == sum(answer["changed"] for answer in answers) == len(log)
    assert {commit: parents for commit, *parents in log} == {
        commit: [previous] if previous else [] for commit, previous in told.items()
    }
    git(repository, "fsck", "--strict", "--no-dangling")


def save_until_it_fails(url, acknowledged):
    """Save number after number; the commits the server said yes to are put into ``acknowledged``."""
    with httpx.Client(base_url=f"{url}/api/v1", timeout=30) as client:
        while True:
            try:
                answer = client.put("/sources/orders/prod", json={"properties": {"number": len(acknowledged)}})
            except httpx.TransportError:
                return
            acknowledged.append(answer.json()["commit"])


def test_no_acknowledged_save_is_lost(tmp_path):
    chance = random.Random(20260131)
    repository, acknowledged = new_repository(tmp_path), []
    for _ in range(KILLS):
        with running_server(repository) as server:
            saving = threading.Thread(target=save_until_it_fails, args=(server.url, acknowledged))
            saving.start()
            threading.Event().wait(chance.uniform(0.05, LONGEST))
            os.killpg(server.process.pid, signal.SIGKILL)
            saving.join()
        if acknowledged:
            git(repository, "merge-base", "--is-ancestor", acknowledged[-1], "main")
    git(repository, "fsck", "--strict", "--no-dangling")
    with running_server(repository) as server:
        last = httpx.put(
            f"{server.url}/api/v1/sources/orders/prod", json={"properties": {"number": "last"}}, timeout=30
        )
    commits = {commit for commit, *_ in log_of(repository)}
    assert last.json()["changed"]
    assert {*acknowledged, last.json()["commit"]} <= commits
