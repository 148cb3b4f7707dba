"""Members that many declarations have."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

COMMIT = "1ec4c1f726a45a548b7dab59d089e9d76627366a"
BLOB = "0a216b414a5b4d1f2c3d4e5f60718293a4b5c6d7"

CommitId = Annotated[str, Meta(examples=[COMMIT])]
BlobId = Annotated[str, Meta(examples=[BLOB])]
LabelName = Annotated[str, Meta(examples=["main"])]
ApplicationName = Annotated[str, Meta(examples=["orders"])]
ProfileName = Annotated[str, Meta(examples=["prod"])]
FilePath = Annotated[str, Meta(examples=["orders/orders-prod.yml"])]
FilePaths = Annotated[tuple[str, ...], Meta(examples=[["orders/orders-prod.yml"]])]
Properties = Annotated[dict[str, Any], Meta(examples=[{"db.url": "postgresql://db/orders", "db.pool": 8}])]

Next = Annotated[str | None, Meta(description="The `cursor` of the next page.")]
Limit = Annotated[int, Meta(examples=[100])]
