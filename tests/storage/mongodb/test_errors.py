"""What MongoDB's errors mean here: its own words for elections, time-outs, rights and a full disk."""

import pytest
from pymongo import errors

from gitconfig_server.errors import RepositoryReadOnly, StorageBusy, StorageError, StorageFull, StorageUnreachable
from gitconfig_server.storage.mongodb.errors import translated

MEANINGS = [
    (errors.ServerSelectionTimeoutError("no primary"), StorageUnreachable),
    (errors.NotPrimaryError("not primary", {"code": 10107}), StorageUnreachable),
    (errors.AutoReconnect("connection closed"), StorageUnreachable),
    (errors.NetworkTimeout("timed out"), StorageUnreachable),
    (errors.WaitQueueTimeoutError("all connections are out"), StorageUnreachable),
    (errors.ExecutionTimeout("operation exceeded time limit", 50), StorageBusy),
    (errors.WTimeoutError("waiting for replication timed out", 64), StorageBusy),
    (errors.OperationFailure("not authorized", 13), RepositoryReadOnly),
    (errors.OperationFailure("out of disk space", 14031), StorageFull),
    (errors.OperationFailure("something else", 2), StorageError),
]


@pytest.mark.parametrize(("error", "meaning"), MEANINGS, ids=lambda one: type(one).__name__)
def test_each_error_has_its_meaning(error, meaning):
    with pytest.raises(meaning) as told, translated("mongodb://here/db"):
        raise error
    assert type(told.value) is meaning
    assert "mongodb://here/db" in str(told.value)
