"""The same writes give the same commits on every storage."""

from datetime import timedelta

from support.storages import KINDS, Made
from support.writing import Desk

from gitconfig_server.model.writes import PutFile


def written(kind, folder):
    made = Made(kind, folder)
    desk = Desk(made().create("config"))
    for number in range(5):
        desk.now += timedelta(minutes=1)
        desk.change(PutFile(f"orders-{number % 2}.yml", f"value: {number}\n".encode()))
        desk.put("users/prod", {"name": f"n{number}"}, message="names")
    found = {label: desk.git.snapshot()[label] for label in desk.git.snapshot()}
    objects = set(desk.stored.objects)
    records = [(record.seq, record.updates, record.reason, record.actor) for record in desk.stored.journal()]
    made.close()
    return found, objects, records


def test_the_same_script_gives_the_same_ids(tmp_path):
    first, *others = [written(kind, tmp_path / kind) for kind in KINDS]
    assert len(first[1]) > 20
    for other in others:
        assert other == first
