from datetime import timedelta

from support.writing import NOON, Desk

from gitconfig_server.model.writes import Idempotency, PutFile
from gitconfig_server.storage.requests import RecordedRequests


def save(desk, number, key=None):
    desk.now += timedelta(minutes=1)
    options = {"idempotency": Idempotency(key, "digest")} if key else {}
    return desk.change(PutFile("counter.txt", str(number).encode()), **options)


def reader(desk):
    return lambda after: desk.stored.journal(after=after)


def test_keys_are_found_again_and_belong_to_their_caller():
    desk = Desk()
    for number in range(20):
        save(desk, number, f"key-{number}" if number % 3 == 0 else None)
    answered = RecordedRequests(reader(desk))
    assert answered.find("ada", "key-6", desk.now).seq == 7
    assert answered.find("bob", "key-6", desk.now) is None
    assert answered.find("ada", "key-7", desk.now) is None


def test_what_others_journal_is_followed():
    desk = Desk()
    answered = RecordedRequests(reader(desk))
    assert answered.find("ada", "a", desk.now) is None
    save(desk, 1, "a")
    assert answered.find("ada", "a", desk.now).seq == 1
    save(desk, 2, "b")
    assert answered.find("ada", "b", desk.now).seq == 2


def test_more_keys_than_are_known_by_heart_are_found_in_the_journal():
    desk = Desk()
    answered = RecordedRequests(reader(desk), kept=3)
    for number in range(12):
        save(desk, number, f"key-{number}")
        assert answered.find("ada", f"key-{number}", desk.now)
    assert [answered.find("ada", f"key-{number}", desk.now).seq for number in range(12)] == list(range(1, 13))
    assert answered.find("ada", "another", desk.now) is None


def test_a_key_is_forgotten_after_a_day():
    for kept in (2, 100):
        desk = Desk()
        answered = RecordedRequests(reader(desk), kept=kept)
        for number in range(6):
            save(desk, number, f"key-{number}")
            answered.find("ada", "any", desk.now)
        later = NOON + timedelta(days=1, minutes=3, seconds=30)
        found = [answered.find("ada", f"key-{number}", later) for number in range(6)]
        assert [one.seq if one else None for one in found] == [None, None, None, 4, 5, 6]


def test_only_the_last_day_is_read():
    desk = Desk()
    for number in range(70):
        save(desk, number, f"key-{number}")
    asked = []

    def read(after):
        records = list(desk.stored.journal(after=after))
        asked.append(len(records))
        return iter(records)

    later = NOON + timedelta(days=1, minutes=65, seconds=30)
    assert RecordedRequests(read).find("ada", "key-66", later).seq == 67
    assert RecordedRequests(read).find("ada", "key-64", later) is None
    assert asked[-1] < 10


def test_a_key_that_is_used_again_after_a_day_is_the_new_one():
    desk = Desk()
    answered = RecordedRequests(reader(desk))
    save(desk, 1, "key")
    answered.find("ada", "key", desk.now)
    desk.now += timedelta(days=2)
    save(desk, 2, "key")
    assert answered.find("ada", "key", desk.now).seq == 2
