"""From the settings of a Spring Cloud Config Server to ours: what carries over, what needs nothing, what cannot."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from typing import Any

import yaml

from gitconfig_server.commands.spring.files import (
    Said,
    canonical,
    has_variables,
    in_shell,
    variables,
    with_defaults,
    without_index,
)
from gitconfig_server.commands.spring.keys import GIT, SERVER, Needless, Same
from gitconfig_server.commands.spring.matching import fill_in, find_fate, get, put, repository_key
from gitconfig_server.commands.spring.translation import Translation, TranslationNote
from gitconfig_server.model.environments import Value

REPOSITORY = "config.git"
"""Where the copy of a remote repository is kept, relative to where the server is started."""

_BRACKETED = re.compile(r"\[([^\]]*[^\]\d][^\]]*)\]")
_REMOTE = re.compile(r"(?:https?|ssh|git)://|[^/:]+@[^/:]+:")
_TEMPLATE = re.compile(r"\{(application|profile|label)\}")
_EXAMPLES = {"application": "orders billing", "profile": "dev prod", "label": "main"}
_KEY_STORE = ("encrypt", "key_store")
_PREFIX, _MONITOR = ("spring", "prefix"), ("monitor", "path")
_CONTEXT = "server.servlet.contextpath"
_FOLLOWED = ("upstream", "url")
_OVERRIDES = ("spring", "overrides")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def translate(said: Iterable[Said]) -> Translation:
    """Our settings for theirs. A global default label wins over that of their Git backend."""
    result = Translation()
    for one in sorted(said, key=lambda one: canonical(one.key) == canonical(f"{SERVER}.default-label")):
        _Translator(result, one).translate()
    _drop_idle(result)
    if result.settings and "host" not in result.settings:
        result.notes.append(
            TranslationNote(
                "server.address",
                "",
                "their server answers the network; ours asks nobody who is calling, and answers this machine alone",
                "to switch, set host: 0.0.0.0, allow_open_network: true, allowed_hosts: [the names it is called by]",
            )
        )
    return result


def _drop_idle(result: Translation) -> None:
    """Take away settings of following where nothing is followed: their server reads its repository with them too."""
    upstream = result.settings.get("upstream", {})
    if upstream and "url" not in upstream and "repository" in result.settings:
        del result.settings["upstream"]
        names = ", ".join(f"upstream.{name}" for name in upstream)
        reason = f"the repository is on this machine: it is read where it is, never fetched, so {names} would be idle"
        result.notes.append(TranslationNote(f"{GIT}.uri", "", reason))


class _Translator:
    """One of their settings."""

    def __init__(self, result: Translation, said: Said) -> None:
        self._result = result
        self._said = said
        key = _BRACKETED.sub(r".\1", said.key)
        is_override = canonical(key).startswith(f"{SERVER}.overrides.")
        self._plain_key = key if is_override else without_index(key)

    def translate(self) -> None:
        """Put it among ours, or say why not."""
        matched = find_fate(self._plain_key)
        uri = repository_key(self._plain_key)
        if uri is not None:
            self._repository(uri)
        elif matched is None:
            known = canonical(self._plain_key).startswith("spring.cloud.config.")
            self._note("is not known here", "see: gitcfg help settings" if known else "", stays_behind=known)
        elif isinstance(matched[0], Same):
            self._same(matched[0], matched[1])
        elif isinstance(matched[0], Needless):
            self._note(matched[0].reason)
        else:
            self._note(matched[0].reason, matched[0].way_out, stays_behind=True)

    def _same(self, fate: Same, names: tuple[str, ...]) -> None:
        ours = fill_in(fate.ours, names)
        value = self._value(fate, ours)
        if value is None:
            return
        if ours == ("upstream", "refresh") and (not isinstance(value, int | float) or value <= 0):
            self._note(
                "the remote is fetched on an interval, never inside a request",
                "set upstream.refresh (60s where nothing is said) and a webhook to /monitor",
            )
        elif ours[:2] == _KEY_STORE and _is_java_store(ours[2], str(value)):
            self._java_store(ours, str(value))
        elif fate.listed:
            self._listed(ours, value)
        elif ours in (_PREFIX, _MONITOR):
            self._prefixes(ours, str(value))
        elif ours == ("host",) and value not in _LOOPBACK:
            return  # what is to be done for that, every translation says
        else:
            if ours[:2] == _OVERRIDES and has_variables(str(value).replace("\\{", "")):
                self._note("clients fill it in, no more the server", "write the value itself, where it is the server's")
            put(self._result.settings, ours, value)

    def _java_store(self, ours: tuple[str, ...], value: str) -> None:
        """A store of Java's own kind cannot be read here; one in PKCS#12 with the same keys can."""
        made = f"{value.removesuffix('.jks')}.p12"
        if ours[2] == "location":
            put(self._result.settings, ours, made)
            source, made = (shlex.quote(path.removeprefix("file:")) for path in (value, made))
            way_out = f"keytool -importkeystore -srckeystore {source} -destkeystore {made} -deststoretype pkcs12"
        else:
            way_out = "turn it into PKCS#12 (keytool -importkeystore ... -deststoretype pkcs12), and name that file"
        self._note("stores of Java's own kind are not read here", way_out)

    def _listed(self, ours: tuple[str, ...], value: Value) -> None:
        items = [part.strip() for part in str(value).split(",") if part.strip()]
        put(self._result.settings, ours, [*get(self._result.settings, ours, []), *items])

    def _prefixes(self, ours: tuple[str, ...], value: str) -> None:
        """The context path comes before both paths; the file may hold them in any order."""
        is_context = canonical(self._plain_key) == _CONTEXT
        for path in (_PREFIX, _MONITOR) if is_context else (ours,):
            standing = get(self._result.settings, path, "")
            parts = [one.strip("/") for one in ((value, standing) if is_context else (standing, value))]
            put(self._result.settings, path, "".join(f"/{part}" for part in parts if part))
        if is_context:
            self._note("/actuator, /health and /metrics stay at the root", "point probes there")

    def _repository(self, name: str) -> None:
        at = ("spring", "repositories", name, "uri") if name else _main_setting(str(self._said.value))
        value = self._value(Same("", text=True), at)
        if value is not None and name:
            self._matched(at, name, str(value))
        elif value is not None:
            self._main(str(value))
        elif at == _FOLLOWED:
            put(self._result.settings, ("repository",), REPOSITORY)

    def _matched(self, at: tuple[str, ...], name: str, uri: str) -> None:
        if not _REMOTE.match(uri):
            put(self._result.settings, at, uri)
            return
        mirror = f"{name}.git".replace("*", "any")
        if _TEMPLATE.search(uri):
            self._mirrors(at, uri, mirror.removesuffix(".git"))
            return
        put(self._result.settings, at, mirror)
        self._note(
            "matched repositories are read from local folders",
            f"git clone --mirror {_without_password(uri)} {mirror}, and git -C {mirror} fetch from a timer",
        )

    def _mirrors(self, at: tuple[str, ...], uri: str, folder: str) -> None:
        """One repository for each application, profile or label: a mirror of each, beside the server."""
        names = list(dict.fromkeys(found[1] for found in _TEMPLATE.finditer(uri)))
        mirror = f"{folder}/{'-'.join(f'{{{name}}}' for name in names)}.git"
        put(self._result.settings, at, mirror)
        source, target = (_TEMPLATE.sub(r"$\1", one) for one in (_without_password(uri), mirror))
        script = f'git clone --mirror "{source}" "{target}"; done'
        for name in reversed(names):
            script = f"for {name} in {_EXAMPLES[name]}; do {script}" + ("; done" if name != names[-1] else "")
        self._note("is read from mirrors beside the server", f"with your own names: {script}")

    def _main(self, uri: str) -> None:
        if _REMOTE.match(uri) and _TEMPLATE.search(uri):
            self._mirrors(("repository",), uri, "mirrors")
        elif _REMOTE.match(uri):
            put(self._result.settings, _FOLLOWED, uri)
            put(self._result.settings, ("repository",), REPOSITORY)
            put(self._result.settings, ("repository_uri",), _without_password(uri))
            self._note("is followed from now on", f"git init --bare {REPOSITORY}: the server keeps its copy there")
        else:
            put(self._result.settings, ("repository",), uri)
            self._note(
                "what is not committed there is not served, and serve installs its hook there",
                f"git commit it; to leave it as it is, serve a copy: git clone --bare {shlex.quote(uri)} {REPOSITORY}",
            )

    def _value(self, fate: Same, ours: tuple[str, ...]) -> Any:
        """The value as ours wants it; None where it has to come from somewhere else."""
        value: Any = self._said.value
        if isinstance(value, str) and value.startswith("classpath:"):
            self._note("there is no class path", f"copy the file beside the server, and name it at {'.'.join(ours)}")
            return None
        if isinstance(value, str) and value.startswith("{cipher}"):
            self._note("is encrypted for the old server alone", f"have it decrypted there (/decrypt), {_way(ours)}")
            return None
        if isinstance(value, str) and has_variables(value) and ours[:2] != _OVERRIDES:
            value = self._without_variables(value, ours)
            if value is None:
                return None
        if fate.text:
            return value if isinstance(value, str) else _text(value)
        value = _typed(value) if isinstance(value, str) and not fate.listed else value
        return not value if fate.negated else value

    def _without_variables(self, value: str, ours: tuple[str, ...]) -> str | None:
        filled = with_defaults(value)
        if filled is None:
            self._note("comes from the environment", _way(ours, in_shell(value)))
        else:
            self._note(f"{variables(value)}: not looked up, the default is taken", f"{_way(ours)} for another value")
        return filled

    def _note(self, reason: str, way_out: str = "", *, stays_behind: bool = False) -> None:
        self._result.notes.append(TranslationNote(self._said.key, self._said.place, reason, way_out, stays_behind))


def _is_java_store(name: str, value: str) -> bool:
    return (
        value.lower() in ("jks", "jceks") if name == "type" else name == "location" and value.lower().endswith(".jks")
    )


def _main_setting(uri: str) -> tuple[str, ...]:
    """Which setting of ours an address is for; one that only variables tell is taken for a remote one."""
    text = in_shell(with_defaults(uri) or uri)
    unknown = text.startswith("${") and not text.startswith(("${HOME}", "${PWD}"))
    return _FOLLOWED if unknown or _REMOTE.match(text) else ("repository",)


def _way(ours: tuple[str, ...], value: str = "") -> str:
    """How a value that the file does not hold gets to its setting; there are no variables for parts of mappings."""
    if ours[:2] in (_OVERRIDES, ("spring", "repositories"), ("encrypt", "keys")):
        return f"write it at {'.'.join(ours)}"
    name = "GITCONFIG_" + "__".join(ours).upper()
    return f'export {name}="{value}"' if value else f"set {name}"


def _typed(text: str) -> Any:
    """What the text is in YAML; our settings say what is wrong with what is nothing there."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _without_password(uri: str) -> str:
    return re.sub(r"//[^/@]*@", "//", uri)
