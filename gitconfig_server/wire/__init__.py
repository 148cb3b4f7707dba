"""What goes over the wire: one declaration a noun gives encoding, strict decoding and the OpenAPI schema.

To add a noun: write its class in ``model/``, and in the file of its subject here a ``Declaration`` of it that lists
the members in the order they are sent, each with an example or a sentence where the name does not say enough::

    class LabelItem(Declaration[Label]):
        name: Annotated[str, Meta(examples=["main"])]
        commit: CommitId

``LabelItem.of(label)`` makes it from the noun, ``.noun()`` makes the noun again; both go by the names of members, so
override them only where the wire differs. The server answers ``encode(LabelItem.of(label))`` and names the class in its
route (``answers(LabelItem)``), which puts its schema into the OpenAPI document; the client reads with
``decode(body, LabelItem).noun()``; the command line prints ``LabelItem.of(label).members()``. What a client may send is
a ``Body``: it refuses members it does not know.
"""
