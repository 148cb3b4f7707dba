"""Every setting of Spring Cloud Config Server that we know of, and what becomes of it here.

The keys are those of ``ConfigServerProperties``, ``JGitEnvironmentProperties``, ``AbstractScmAccessorProperties``,
``NativeEnvironmentProperties`` and ``KeyProperties`` in spring-cloud-config 5.0.5. A part ``*`` stands for any name.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

SERVER = "spring.cloud.config.server"
GIT = f"{SERVER}.git"


class Same(Struct, frozen=True):
    """Our setting of the same meaning; names that stood for ``*`` are put in for ``*``."""

    ours: str
    listed: bool = False
    """Ours is a list; theirs may be text with commas."""
    text: bool = False
    """Ours is text, whatever theirs looks like in YAML."""
    negated: bool = False
    """Ours is true where theirs is false."""


class Needless(Struct, frozen=True):
    """Nothing has to be set here; ``reason`` says why."""

    reason: str


class _Unsupported(Struct, frozen=True):
    """There is no such thing here: why, and the way out."""

    reason: str
    way_out: str


Fate = Same | Needless | _Unsupported

_NEVER_CHECKED_OUT = Needless("files are read from Git's objects, nothing is ever checked out")
_ONE_KIND = "configuration is kept in Git alone"
_IN_FRONT = "let the proxy in front of the server do it"
_BACKEND = _Unsupported(_ONE_KIND, "export it to files once, commit them, and keep secrets as {cipher} values")

FATES: Mapping[str, Fate] = {
    "server.port": Same("port"),
    "server.address": Same("host", text=True),
    "server.servlet.context-path": Same("spring.prefix", text=True),
    "server.ssl.**": _Unsupported("this server speaks HTTP", _IN_FRONT),
    f"{SERVER}.prefix": Same("spring.prefix", text=True),
    f"{SERVER}.default-label": Same("default_label", text=True),
    f"{SERVER}.default-application-name": Needless("no route lacks the application's name"),
    f"{SERVER}.default-profile": Needless("no route lacks the profile"),
    f"{SERVER}.accept-empty": Same("spring.accept_empty"),
    f"{SERVER}.strip-document-from-yaml": Same("spring.strip_document_from_yaml"),
    f"{SERVER}.overrides.**": Same("spring.overrides.**", text=True),
    f"{SERVER}.reverse-location-order": Same("spring.reverse_location_order"),
    f"{SERVER}.fail-on-composite-error": Needless("there are no composite repositories"),
    f"{SERVER}.bootstrap": _Unsupported(
        "this server takes its settings from a file, the environment and flags", "name them in the settings file"
    ),
    f"{SERVER}.encrypt.enabled": Same("encrypt.enabled"),
    f"{SERVER}.encrypt.plain-text-encrypt": Same("encrypt.plain_text_encrypt"),
    f"{SERVER}.encrypt.prefix-invalid-properties": Same("encrypt.prefix_invalid_properties"),
    f"{SERVER}.health.**": _Unsupported(
        "health looks at the repository itself, not at single environments",
        "probe /ready, or fetch the environment that matters to you",
    ),
    f"{SERVER}.monitor.*.enabled": Same("monitor.*.enabled"),
    "spring.cloud.config.monitor.endpoint.path": Same("monitor.path", text=True),
    "spring.profiles.validate": Same("spring.validate_profiles"),
    f"{GIT}.search-paths": Same("spring.search_paths", listed=True),
    f"{GIT}.default-label": Same("default_label", text=True),
    f"{GIT}.try-master-branch": Same("spring.try_master_branch"),
    f"{GIT}.continue-on-multiple-label-failure": Same("spring.continue_on_multiple_label_failure"),
    f"{GIT}.username": Same("upstream.username", text=True),
    f"{GIT}.password": Same("upstream.password", text=True),
    f"{GIT}.timeout": Same("upstream.timeout"),
    f"{GIT}.refresh-rate": Same("upstream.refresh"),
    f"{GIT}.known-hosts-file": Same("upstream.known_hosts", text=True),
    f"{GIT}.strict-host-key-checking": Same("upstream.strict_host_key_checking"),
    f"{GIT}.host-key": _Unsupported(
        "host keys are read from a file", "put the key into the file that upstream.known_hosts names"
    ),
    f"{GIT}.host-key-algorithm": Needless("ssh agrees on the algorithm by the known hosts"),
    f"{GIT}.private-key": _Unsupported(
        "keys are read from files", "save it to a file of mode 600 and name that in upstream.ssh_key"
    ),
    f"{GIT}.passphrase": _Unsupported(
        "a key that is asked for has no one to answer", "use a key without one, readable by the server alone"
    ),
    f"{GIT}.ignore-local-ssh-settings": Needless("where upstream.ssh_key is set, that key alone is offered"),
    f"{GIT}.preferred-authentications": Needless("ssh with a key is the one way"),
    f"{GIT}.skip-ssl-validation": Same("upstream.verify", negated=True),
    f"{GIT}.proxy.**": _Unsupported("there is no setting for a proxy", "set HTTPS_PROXY and NO_PROXY"),
    f"{GIT}.basedir": _NEVER_CHECKED_OUT,
    f"{GIT}.force-pull": _NEVER_CHECKED_OUT,
    f"{GIT}.clone-on-start": Needless("the remote is fetched at every start, in the background"),
    f"{GIT}.delete-untracked-branches": Needless("labels that the remote has deleted are deleted here"),
    f"{GIT}.clone-submodules": _Unsupported(
        "submodules are never looked into", "commit the files themselves, or merge the histories with git subtree"
    ),
    f"{GIT}.order": Needless("there are no composite repositories"),
    f"{GIT}.repos.*.pattern": Same("spring.repositories.*.pattern", listed=True),
    f"{GIT}.repos.*.search-paths": Same("spring.repositories.*.search_paths", listed=True),
    f"{GIT}.repos.*.default-label": _Unsupported(
        "matched repositories have the default label of all", "set default_label, or name the label in the client"
    ),
    **{
        f"{GIT}.repos.*.{name}": Needless("a mirror is kept up to date by whoever makes it")
        for name in ("clone-on-start", "force-pull", "basedir", "timeout", "refresh-rate", "delete-untracked-branches")
    },
    f"{GIT}.repos.*.**": _Unsupported(
        "matched repositories are read from local folders",
        "keep a mirror beside the server (git clone --mirror, git fetch from a timer) and name it as uri",
    ),
    f"{SERVER}.native.**": _Unsupported(
        _ONE_KIND, "make a repository of the folder: git init, git add --all, git commit; search paths stay"
    ),
    f"{SERVER}.svn.**": _Unsupported(_ONE_KIND, "bring the history over once with git svn clone"),
    f"{SERVER}.composite.**": _Unsupported(
        "there are no composite repositories", "merge them into one, or tell them apart by spring.repositories"
    ),
    **{f"{SERVER}.{kind}.**": _BACKEND for kind in ("jdbc", "redis", "vault", "credhub", "awss3", "mongodb")},
    **{
        f"{SERVER}.{kind}.**": _BACKEND
        for kind in ("aws-secretsmanager", "aws-parameterstore", "gcp-secret-manager", "accelerator")
    },
    "encrypt.key": Same("encrypt.key", text=True),
    "encrypt.salt": Same("encrypt.salt", text=True),
    "encrypt.key-store.location": Same("encrypt.key_store.location", text=True),
    "encrypt.key-store.password": Same("encrypt.key_store.password", text=True),
    "encrypt.key-store.alias": Same("encrypt.key_store.alias", text=True),
    "encrypt.key-store.secret": Same("encrypt.key_store.secret", text=True),
    "encrypt.key-store.type": Same("encrypt.key_store.type", text=True),
    "encrypt.rsa.algorithm": Same("encrypt.rsa.algorithm", text=True),
    "encrypt.rsa.strong": Same("encrypt.rsa.strong"),
    "encrypt.rsa.salt": Same("encrypt.rsa.salt", text=True),
    "encrypt.fail-on-error": Needless("it is a setting of clients"),
    "spring.security.**": _Unsupported(
        "this server asks nobody for a password yet, and listens on loopback alone", _IN_FRONT
    ),
    "spring.main.cloud-platform": Same("spring.cloud_platform", text=True),
    "spring.profiles.active": Needless("what the file says for that profile has been taken; see --profile"),
    "spring.application.name": Needless("it names the old server"),
    "spring.cloud.bus.**": _Unsupported(
        "there is no message bus", "clients refresh by themselves, or are told by what calls /monitor"
    ),
    "spring.rabbitmq.**": _Unsupported("there is no message bus", "nothing has to be done where no client listens"),
    "spring.kafka.**": _Unsupported("there is no message bus", "nothing has to be done where no client listens"),
    "spring.config.activate.**": Needless("what the document says for that profile has been taken; see --profile"),
    "spring.config.**": _Unsupported("only the named file is read", "name the other files too, the strongest last"),
    "management.server.port": _Unsupported(
        "health and metrics are where everything else is", "point probes at the server's own port"
    ),
    "management.endpoints.web.base-path": _Unsupported("/actuator stays where it is", "point probes at it"),
    "management.**": Needless("/actuator/health, /liveness, /readiness and /info are always there, also /metrics"),
    "logging.**": Needless("see log.level and log.format"),
    "eureka.**": _Unsupported("the server does not register itself", "give clients its address, or a name in DNS"),
    "spring.cloud.discovery.**": _Unsupported(
        "the server does not register itself", "give clients its address, or a name in DNS"
    ),
}
"""Key -> fate. ``**`` at the end stands for all that follows."""
