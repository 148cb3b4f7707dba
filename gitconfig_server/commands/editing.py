"""Editing a stored file in the editor of one's choice: nothing is saved that cannot be read."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from gitconfig_server.commands.grammar import SourceName, read_source_name
from gitconfig_server.commands.session import Writing, ask
from gitconfig_server.commands.writing import WriteTarget
from gitconfig_server.config.names.file_names import check_path
from gitconfig_server.errors import FileNotFound, GitConfigError, InvalidContent, InvalidInput, SeveralFiles
from gitconfig_server.formats.reading.formats import READERS, extension_of, parse
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import PutFile, WriteResult
from gitconfig_server.service.base import ConfigService
from gitconfig_server.text.rendering import say
from gitconfig_server.text.results import tell


def edit(server: str, source: str, target: WriteTarget, writing: Writing, *, as_json: bool) -> None:
    """Open a source's file in an editor, and save what comes back, over what was opened and nothing else.

    A text that is refused can be edited again; where that is not wanted it stays in a file, which is named.
    """
    name = read_source_name(source)
    path, before, blob = ask(server, lambda service: _opened(service, name, target))
    options = replace(target.options(writing), if_match=frozenset([blob]) if blob else None, only_new=not blob)

    def save(content: bytes) -> WriteResult:
        if extension_of(path) in READERS:
            parse(path, content)

        async def work(service: ConfigService) -> WriteResult:
            change = PutFile(path, content)
            return await service.commit(writing.who, target.label, [change], options)

        return ask(server, work)

    result = _edited(path, before, save)
    if result is None:
        say(f"nothing changed: {path} was left as it is")
        return
    done = f"{'staged' if target.staged else 'saved'} {path} on {result.label}"
    tell(replace(result, paths=()), done, f"{path} is as it was", target.following(result), as_json=as_json)


async def _opened(service: ConfigService, name: SourceName, target: WriteTarget) -> tuple[str, bytes, str]:
    """The file to edit, what it says, and its blob; a path that is named and not there is to be a new file."""
    path = target.path or await _only_path(service, name, target.reading)
    check_path(path)
    try:
        file = await service.file(ANONYMOUS, path, target.reading)
    except FileNotFound:
        return path, b"", ""
    return path, file.content, file.blob


async def _only_path(service: ConfigService, name: SourceName, reading: Reading) -> str:
    """The source's file. Raises SeveralFiles, and SourceNotFound."""
    found = await service.source(ANONYMOUS, name.application, name.or_default, reading)
    paths = list(dict.fromkeys(item.path for item in found.items))
    if len(paths) > 1:
        raise SeveralFiles(str(name), tuple((path, None) for path in paths), "say which with --path")
    return paths[0]


def _edited(path: str, before: bytes, save: Callable[[bytes], WriteResult]) -> WriteResult | None:
    """What came of saving the text that comes back from the editor, None where it came back as it was."""
    folder = Path(tempfile.mkdtemp(prefix="gitcfg-"))
    file = folder / Path(path).name
    file.write_bytes(before)
    try:
        result = _saved(file, before, save)
    except BaseException:
        if file.exists() and file.read_bytes() != before:
            say(f"your text is in {file}")
        else:
            shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)
    return result


def _saved(file: Path, before: bytes, save: Callable[[bytes], WriteResult]) -> WriteResult | None:
    while True:
        _run_editor(file)
        content = file.read_bytes()
        if content == before:
            return None
        try:
            return save(content)
        except (InvalidInput, InvalidContent) as error:  # a conflict would stay one, whatever the text
            if not _again(error):
                raise


def _run_editor(file: Path) -> None:
    """Wait for the editor, as Git runs it: the words of a shell, with the file behind them."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        command = [*shlex.split(editor), str(file)]
        code = subprocess.run(command, check=False).returncode
    except (OSError, ValueError) as error:
        raise InvalidInput(f"the editor {editor!r} cannot be run: {error} (see VISUAL and EDITOR)") from error
    if code:
        raise InvalidInput(f"the editor {editor!r} gave up with {code}: nothing was saved")


def _again(error: GitConfigError) -> bool:
    """Whether a refused text is to be edited again; nobody is asked where nobody can answer."""
    say(str(error))
    print("edit it again? [Y/n] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    return bool(answer) and answer.strip().lower() in ("", "y", "yes")
