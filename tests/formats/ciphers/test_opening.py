import shutil
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from pydantic import SecretStr
from support.components import absent

from gitconfig_server.errors import CannotDecrypt, InvalidSettings, UnknownKey
from gitconfig_server.formats.ciphers.opening import open_keys
from gitconfig_server.settings.encryption import EncryptSettings, KeyStoreSettings, RsaSettings

DATA = Path(__file__).parent.parent.parent / "spring" / "data"
PKCS1, PKCS8 = PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def openssl():
    if shutil.which("openssl") is None:
        absent("openssl")


def pem(key, form=PKCS8, password=None):
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, encryption)


def self_signed(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    builder = x509.CertificateBuilder().issuer_name(name).subject_name(name).public_key(key.public_key())
    times = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2050, 1, 1, tzinfo=UTC))
    return times.serial_number(1).sign(key, SHA256())


def opened(**settings):
    keys = open_keys(EncryptSettings(**settings))
    assert keys is not None
    return keys


def store(name, **settings):
    return opened(key_store=KeyStoreSettings(location=str(DATA / name), **settings))


def fault(**settings):
    with pytest.raises(InvalidSettings) as caught:
        open_keys(EncryptSettings(**settings))
    return str(caught.value)


def test_no_key_is_no_keys():
    assert open_keys(EncryptSettings()) is None
    assert open_keys(EncryptSettings(enabled=False, salt="no hex", rsa=RsaSettings(strong=True))) is None


def test_password_is_every_aliass_key():
    keys = opened(key="foo")
    sealed = "d1b2458ccede07c856ff952bd841638ff4dd12ed1d36812663c3c7262d57bf46"
    assert keys.decrypt(sealed) == keys.decrypt(f"{{key:any}}{{secret:thing}}{sealed}") == "SUPER SECRET"


@pytest.mark.parametrize("broken", ["\n", " ", "\\n", "\r\n", ""])
def test_rsa_key_in_one_setting(key, broken):
    text = pem(key, PKCS1).decode().strip().replace("\n", broken)
    cipher = opened(key=text).cipher({})
    assert cipher.public_key == key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def test_scheme_is_not_that_of_a_key_given_as_text(key):
    """Spring reads ``encrypt.rsa`` for key stores alone."""
    sealed = opened(key=pem(key, PKCS1).decode()).cipher({}).encrypt("x")
    other = opened(key=pem(key, PKCS1).decode(), rsa=RsaSettings(algorithm="OAEP", strong=True, salt="beef"))
    assert other.decrypt(sealed) == "x"


def test_pkcs8_as_text_is_a_password_as_in_spring(key):
    assert opened(key=pem(key).decode()).cipher({}).public_key is None


def test_key_file_is_read_without_its_last_line_break(tmp_path):
    file = tmp_path / "key"
    file.write_text("foo\n")
    assert opened(key_file=str(file)).decrypt(opened(key="foo").cipher({}).encrypt("x")) == "x"
    assert opened(key_file=f"file:{file}").default == ""


@pytest.mark.parametrize("kind", ["pkcs8", "pkcs1", "encrypted", "certificate and key"])
def test_private_key_in_pem_by_alias(key, kind, tmp_path):
    file = tmp_path / "key.pem"
    certificate = self_signed(key).public_bytes(Encoding.PEM)
    contents = {"pkcs8": pem(key), "pkcs1": pem(key, PKCS1), "encrypted": pem(key, password=b"letmein")}
    file.write_bytes(contents.get(kind, certificate + pem(key)))
    keys = opened(keys={"Mine": str(file)}, key_store=KeyStoreSettings(secret="letmein"))
    assert keys.decrypt("{key:MINE}" + keys.cipher({}).encrypt("x")) == "x"
    with pytest.raises(UnknownKey, match="'other'"):
        keys.cipher({"key": "other"})


@pytest.mark.parametrize("kind", ["spki", "pkcs1", "ssh", "certificate"])
def test_public_key_only_encrypts(key, kind, tmp_path):
    public = key.public_key()
    contents = {
        "spki": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "pkcs1": public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "ssh": public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b" me@here\n",
        "certificate": self_signed(key).public_bytes(Encoding.PEM),
    }
    (tmp_path / "public").write_bytes(contents[kind])
    cipher = opened(keys={"a": str(tmp_path / "public")}).cipher({})
    assert not cipher.can_decrypt
    (tmp_path / "private").write_bytes(pem(key))
    assert opened(keys={"a": str(tmp_path / "private")}).decrypt(cipher.encrypt("x")) == "x"


def test_rotation_by_alias(tmp_path, key):
    """A new key beside the old one: old values name theirs, new ones need not."""
    old, new = tmp_path / "old", tmp_path / "new.pem"
    old.write_text("a password of long ago")
    new.write_bytes(pem(key))
    before = opened(key_file=str(old)).cipher({}).encrypt("old secret")
    keys = opened(keys={"new": str(new), "old": str(old)}, rsa=RsaSettings(algorithm="oaep", strong=True))
    assert keys.decrypt("{key:old}" + before) == "old secret"
    assert keys.decrypt(keys.cipher({}).encrypt("new secret")) == "new secret"
    with pytest.raises(CannotDecrypt):
        keys.decrypt(before)


def test_store_of_several_aliases():
    one, two = (
        store("aliases.p12", password="letmein", alias="one"),
        store("aliases.p12", password="letmein", alias="TWO"),
    )
    assert (one.default, two.default, sorted(one.opened)) == ("one", "two", ["certonly", "one", "two"])
    assert one.decrypt("{key:two}" + two.cipher({}).encrypt("x")) == "x"
    assert one.decrypt(one.cipher({"key": "certonly"}).encrypt("x")) == "x"
    assert not one.cipher({"key": "certonly"}).can_decrypt
    with pytest.raises(CannotDecrypt):
        one.decrypt(two.cipher({}).encrypt("x"))


def test_secret_of_a_single_key():
    keys = store("secrets.p12", password="letmein", alias="open")
    sealed = store("secrets.p12", password="letmein", alias="locked", secret="changeme").cipher({}).encrypt("x")
    assert keys.decrypt("{key:locked}{secret:changeme}" + sealed) == "x"
    for pairs in ("{key:locked}", "{key:locked}{secret:letmein}", "{key:open}{secret:changeme}"):
        with pytest.raises(CannotDecrypt):
            keys.decrypt(pairs + sealed)


def test_store_made_by_cryptography(key, tmp_path):
    file = tmp_path / "s.p12"
    content = pkcs12.serialize_key_and_certificates(b"mine", key, None, None, BestAvailableEncryption(b"letmein"))
    file.write_bytes(content)
    settings = KeyStoreSettings(location=str(file), type="PKCS12", password="letmein")
    keys = opened(key_store=settings, rsa=RsaSettings(strong=True))
    assert (keys.default, keys.decrypt(keys.cipher({}).encrypt("x"))) == ("mine", "x")


@pytest.mark.usefixtures("openssl")
def test_store_made_by_openssl(key, tmp_path):
    (tmp_path / "key.pem").write_bytes(pem(key) + self_signed(key).public_bytes(Encoding.PEM))
    command = "openssl pkcs12 -export -in key.pem -out s.p12 -passout pass:letmein"
    subprocess.run(command.split(), cwd=tmp_path, check=True)
    keys = opened(key_store=KeyStoreSettings(location=str(tmp_path / "s.p12"), password="letmein"))
    assert (keys.default, keys.decrypt(keys.cipher({}).encrypt("x"))) == ("1", "x")


@pytest.mark.usefixtures("openssl")
@pytest.mark.parametrize("options", ["", " -legacy"])
def test_a_store_with_an_empty_password(key, tmp_path, options):
    (tmp_path / "key.pem").write_bytes(pem(key) + self_signed(key).public_bytes(Encoding.PEM))
    command = f"openssl pkcs12 -export -in key.pem -name One -out s.p12 -passout pass:{options}"
    subprocess.run(command.split(), cwd=tmp_path, check=True)
    keys = opened(key_store=KeyStoreSettings(location=str(tmp_path / "s.p12"), alias="one"))
    assert keys.decrypt(keys.cipher({}).encrypt("x")) == "x"


def test_store_in_pem(key, tmp_path):
    (tmp_path / "s.pem").write_bytes(pem(key, password=b"changeme"))
    settings = KeyStoreSettings(location=str(tmp_path / "s.pem"), alias="a", password="letmein", secret="changeme")
    assert opened(key_store=settings).cipher({"key": "a"}).can_decrypt


def test_wrong_settings_name_themselves(tmp_path, key):
    files = {
        "ec": ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PKCS8, NoEncryption()),
        "locked": pem(key, password=b"letmein"),
        "empty": b"\n",
        "binary": b"\xff\xfe",
        "large": b"x" * (1024 * 1024 + 1),
        "jks": b"\xfe\xed\xfe\xed\x00\x00",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    def in_keys(name):
        return fault(keys={"A": str(tmp_path / name)}).replace(str(tmp_path), "")

    def in_store(name, **settings):
        return fault(key_store=KeyStoreSettings(location=str(tmp_path / name), **settings)).replace(str(tmp_path), "")

    assert in_keys("ec") == "encrypt.keys.A: /ec holds no RSA key that can be read"
    assert in_keys("empty") == "encrypt.keys.A: /empty is empty"
    assert in_keys("binary") == "encrypt.keys.A: /binary is neither PEM nor UTF-8 text"
    assert in_keys("large") == "encrypt.keys.A: /large is larger than 1048576 bytes, which no key is"
    assert in_keys("none") == "encrypt.keys.A: cannot read /none: No such file or directory"
    assert in_keys("locked") == "encrypt.key_store.secret: does not open the key 'a', nor does the password"
    assert "keytool -importkeystore -srckeystore /jks -destkeystore /jks.p12 -deststoretype pkcs12" in in_store("jks")
    assert in_store("binary") == "encrypt.key_store.location: /binary is no PKCS#12 store"
    assert in_store("locked", type="pkcs12") == "encrypt.key_store.location: /locked is no PKCS#12 store"
    assert in_store("empty", type="pem") == "encrypt.key_store.location: /empty holds no RSA key that can be read"
    assert fault(key_store=KeyStoreSettings(location="classpath:/s.jks")).endswith(
        "there is no classpath here, give the file's path"
    )


def test_wrong_settings_of_a_store():
    def of(name, **settings):
        return fault(key_store=KeyStoreSettings(location=str(DATA / name), **settings)).replace(f"{DATA}/", "")

    assert of("aliases.p12", password="no") == "encrypt.key_store.password: opens no key of aliases.p12"
    several = "encrypt.key_store.alias: which key is meant? aliases.p12 has certonly, one, two"
    assert of("aliases.p12", password="letmein") == several
    unknown = "encrypt.key_store.alias: there is no 'x': aliases.p12 has certonly, one, two"
    assert of("aliases.p12", password="letmein", alias="x") == unknown
    secret = "encrypt.key_store.secret: does not open the key 'locked', nor does the password"
    assert of("secrets.p12", password="letmein", alias="locked", secret="x") == secret


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"key": "a", "key_file": "b"}, "set one of them"),
        ({"key": "a", "key_store": KeyStoreSettings(location="b")}, "set one of them"),
        ({"key": "a", "salt": "no hex"}, "encrypt.salt: expected hexadecimal digits, an even number, got 'no hex'"),
        ({"key": "a", "salt": ""}, "encrypt.salt: must not be empty"),
        ({"key": "ssh-rsa AAAA"}, "encrypt.key: a public key cannot decrypt"),
        ({"key": "-----BEGIN PUBLIC KEY-----"}, "encrypt.key: a public key cannot decrypt"),
        ({"key": "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n"}, "encrypt.key: not an RSA private key"),
        ({"key": "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"}, "not an RSA private key"),
    ],
    ids=lambda value: None if isinstance(value, str) else "-".join(value),
)
def test_wrong_settings_of_the_only_key(settings, expected):
    assert expected in fault(**settings)
    assert "AAAA" not in fault(**settings)


@pytest.mark.filterwarnings("ignore:PKCS#12 bundle could not be parsed as DER")
@pytest.mark.parametrize("at", [0, 4, 40, 60, 70, 150, 400, 2000, 3000, 5000, 5500])
def test_damaged_stores_are_refused_or_read(at, tmp_path):
    content = (DATA / "aliases.p12").read_bytes()
    for damaged in (content[:at], content[:at] + bytes([content[at] ^ 0x80]) + content[at + 1 :]):
        (tmp_path / "s.p12").write_bytes(damaged)
        settings = KeyStoreSettings(location=str(tmp_path / "s.p12"), password="letmein", alias="one")
        with suppress(InvalidSettings):  # anything else would be a failure nobody foresaw
            assert open_keys(EncryptSettings(key_store=settings))


@pytest.mark.parametrize("store", [{"alias": "a"}, {"password": SecretStr("b")}, {"secret": SecretStr("c")}])
def test_a_store_without_its_file_is_no_silent_pass_through(store):
    with pytest.raises(InvalidSettings, match=r"key_store\.location"):
        open_keys(EncryptSettings(key_store=KeyStoreSettings(**store)))


def test_nothing_secret_is_shown(key):
    keys = opened(key="pass-word")
    assert "pass-word" not in repr(keys) + repr(EncryptSettings(key="pass-word"))
    keys.decrypt(keys.cipher({}).encrypt("plain-text"))
    assert "plain-text" not in repr(keys)
