"""Which working branch belongs to which label: recorded when the branch is made, else told by its name."""

from __future__ import annotations

from gitconfig_server.git import ref_names
from gitconfig_server.git.repository import GitRepository

STAGED = ref_names.branch_ref("staged")
STAGED_OF = "staged-of"
"""Where the journal's details keep the label that a working branch was made for."""


def working_ref(git: GitRepository, label: str) -> bytes:
    """The ref, be it there or not, of what is staged for a branch label.

    ``staged`` for the default label, unless it was made for one that was the default one then.
    """
    refs = git.snapshot()
    own = ref_names.branch_ref(f"staged-{label}")
    found = next((ref for ref in (STAGED, own) if ref in refs and owner_of(git, ref) == label), None)
    if found:
        return found
    return STAGED if ref_names.branch_ref(label) == git.default_ref() and STAGED not in refs else own


def owner_of(git: GitRepository, ref: bytes) -> str:
    """The label that an existing working branch belongs to; one that was pushed says so by its name alone."""
    made = (record for record in reversed(git.log(ref)) for one in record.updates if one.ref == ref and not one.old)
    record = next(made, None)
    recorded = record.details.get(STAGED_OF) if record else None
    if recorded:
        return recorded
    by_name = (ref_names.label_of(ref) or "").removeprefix("staged").removeprefix("-")
    return by_name or ref_names.label_of(git.default_ref()) or ""
