"""A certificate authority of the tests' own, with all that RFC 5280 wants of one: Python 3.13 looks."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """Writes ``ca.crt``, and pairs of certificate and key by name, into ``folder``."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("ca")
        self.certificate = folder / "ca.crt"
        basic = x509.BasicConstraints(ca=True, path_length=None)
        usage = x509.KeyUsage(*(index in (5, 6) for index in range(9)))  # signs certificates and lists of revoked ones
        made = self._builder(self._name, self._key).add_extension(basic, critical=True)
        made = made.add_extension(usage, critical=True).sign(self._key, hashes.SHA256())
        self.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str):
        """The paths of a certificate for 127.0.0.1 and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
        made = self._builder(_name(name), key).add_extension(names, critical=False).sign(self._key, hashes.SHA256())
        certificate, private = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        pem = serialization.PrivateFormat.PKCS8
        private.write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, serialization.NoEncryption()))
        return certificate, private

    def _builder(self, subject, key):
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )


def _name(text: str):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
