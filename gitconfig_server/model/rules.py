"""The words by which a push, a save or a check names what it found: one list, as the problem codes are one.

They stand in findings (``Finding.rule``), in the errors that refuse a ref or a file, and at the end of ``remote:``
lines; programs may rely on them. A word is never used for another thing later.
"""

from __future__ import annotations

REFS = {
    "checked-out": "The branch is checked out in the work tree of the served repository.",
    "default-label": "The default label cannot be deleted.",
    "deletion": "Labels are not deleted by a push, unless push.allow_deletion says so.",
    "denied": "Whoever moves the label may not do that.",
    "followed-label": "The label follows the upstream repository and is changed there.",
    "frozen": "Nobody saves, pushes or applies to the label until the freeze is over; going back is possible.",
    "invalid-content": "The tip holds files that cannot be read or are not allowed; the findings name them.",
    "name": "No label may have this name.",
    "name-conflict": "A label stands where this one would need a folder, or the other way round.",
    "non-fast-forward": "The label would lose commits; fetch first, or set push.allow_non_fast_forward.",
    "not-a-commit": "A branch must lead to a commit, and so must a tag.",
    "pending": "An apply that touches the same files awaits its confirmation.",
    "pinned": "Readers of the label get another revision, so nobody could try out an apply with a deadline.",
    "symbolic": "The ref leads to another one and is not moved itself.",
    "tag-moved": "A tag stays where it is, unless push.allow_non_fast_forward says otherwise.",
    "too-many-files": "The commit holds more files than push.max_files allows.",
    "too-many-refs": "The database holds no more refs a repository: delete some labels.",
    "too-much-at-once": "The database holds no record of so many moves: move fewer labels at once, or say less.",
}
"""Why a label was not moved."""

OBJECTS = {
    "collision": "Another object of the same id is stored already.",
    "duplicate-entry": "A folder names one entry twice.",
    "gitattributes": "A line of a .gitattributes is so long that Git would ignore the file.",
    "malformed-commit": "A commit is not written as Git writes it.",
    "malformed-tag": "A tag is not written as Git writes it.",
    "malformed-tree": "A folder is not written as Git writes it.",
    "missing": "An object that is referred to is neither in the push nor stored.",
    "mode": "The entry has a mode that Git does not write.",
    "null-id": "A folder gives an entry an id of zeros.",
    "path-depth": "Folders stand too deep in one another.",
    "path-name": "The name means something else on some file system, such as .git.",
    "submodule": "Submodules are not accepted.",
    "symlink": "Symbolic links are not accepted.",
    "tree-order": "The entries of a folder are not in Git's order.",
    "type": "An object is of another kind than what refers to it says.",
}
"""What is wrong with an object of a push."""

FILES = {
    "alias-cycle": "An alias of YAML contains itself.",
    "cipher": "An encrypted value cannot be found or read in the text.",
    "cloud-platform": "spring.config.activate.on-cloud-platform names no platform.",
    "complex-key": "A key of YAML is a list or a map.",
    "duplicate-key": "A key stands twice in one document.",
    "encoding": "The file is not in the encoding that its format asks for.",
    "import": "A spring.config.import cannot be understood.",
    "import-missing": "An imported file is not there.",
    "import-outside": "An import leads out of the repository, or to another kind of place.",
    "include-in-activated": "spring.profiles.include stands in a document that is active in some profiles only.",
    "json-syntax": "The file is no JSON.",
    "legacy-spring-profiles": "spring.profiles selects documents no more: write spring.config.activate.on-profile.",
    "list-gap": "A list of directives lacks an index.",
    "manifest": "gitconfig.yml says something that cannot be meant.",
    "not-a-mapping": "The file holds no keys at its top.",
    "on-profile": "spring.config.activate.on-profile is no profile expression.",
    "profile-group": "spring.profiles.group is not written as a list of profiles.",
    "profile-in-profile": "A document for some profiles chooses profiles itself.",
    "profile-name": "A profile has a name that Spring refuses.",
    "properties-escape": "An escape of a properties file is not complete.",
    "second-spelling": "A key stands in the document in another spelling too.",
    "similar-name": "The name differs from another in capitals or in the form of its Unicode alone.",
    "too-deep": "Maps and lists are nested too deep.",
    "too-large": "The file, or what it expands to, is over a limit.",
    "too-many-aliases": "YAML aliases are used so often that the file would explode.",
    "unknown-key": "gitconfig.yml holds a key that nobody knows.",
    "unknown-tag": "A tag of YAML that Spring's readers do not know either, such as !vault: put the value in quotes.",
    "xml-doctype": "The document type of an XML file declares something of its own.",
    "xml-not-properties": "The XML file is not one of Java's properties.",
    "xml-syntax": "The file is no XML.",
    "yaml-merge": "A merge key (<<) does not lead to maps.",
    "yaml-scalar": "A scalar of YAML cannot be read as what it looks like.",
    "yaml-syntax": "The file is no YAML.",
}
"""What is wrong, or odd, in a file."""

CHECKS = {
    "check-failed": "The check itself failed; the log has the cause.",
    "check-timeout": "The check took longer than it may.",
    "known-bad": "A value is set again that a restore or revert of the label took away.",
    "more-findings": "There are more findings than are listed.",
    "schema-invalid": "A schema of the repository is no JSON Schema.",
}
"""What concerns checking as a whole. A value that does not fit a schema is named schema-<keyword>: schema-type."""

RULES = REFS | OBJECTS | FILES | CHECKS
"""Every rule word, and in a sentence what it means."""
