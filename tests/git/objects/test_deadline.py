import pytest

from gitconfig_server.errors import CheckTimeout, StorageBusy
from gitconfig_server.git.objects.deadline import BoundedReader, Deadline
from gitconfig_server.git.objects.reader import ObjectMap, make_blob


def test_reading_ends_when_the_time_is_over():
    now = [0.0]
    blob = make_blob(b"x")
    reader = BoundedReader(ObjectMap([blob]), Deadline(5, lambda: now[0]))
    assert reader.get_raw(blob.id) == (3, b"x")
    assert reader.contains_many([blob.id]) == {blob.id}
    now[0] = 5.1
    with pytest.raises(CheckTimeout, match="5 seconds"):
        reader.get_raw(blob.id)
    with pytest.raises(CheckTimeout):
        reader.contains_many([])


def test_another_thread_may_end_it():
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(StorageBusy):
        deadline.check()
