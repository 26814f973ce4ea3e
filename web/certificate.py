"""A certificate for an office without a domain: a small authority of our own, which speaks for this office only.

The authority is trusted once on each device; the server's certificate under it is renewed without anybody noticing.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LASTS = timedelta(days=3650)
#: Phones refuse certificates of a longer life.
CERTIFICATE_LASTS = timedelta(days=397)
RENEWED_BEFORE = timedelta(days=30)
#: Networks that belong to nobody outside: what the authority may speak for.
PRIVATE = (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"
)  # fmt: skip


@dataclass(frozen=True)
class LocalCertificate:
    """Where the parts of a local certificate lie.

    Parameters
    ----------
    authority
        The file that each device must trust.
    certificate, key
        What the server shows, and the secret that proves it.
    fingerprint
        SHA-256 of the authority, by which people see that they trust the right file.
    """

    authority: Path
    certificate: Path
    key: Path
    fingerprint: str


def local_certificate(folder: Path, names: list[str], *, now: datetime | None = None) -> LocalCertificate:
    """Return a certificate for some hosts, made at the first call and kept; renewed when it is old or a host is new.

    Parameters
    ----------
    folder
        Where it is kept; made when missing, closed to other users.
    names
        Host names and addresses that browsers may use; this computer's own name and loopback are always among them.
    now
        The present moment; tests bring their own.
    """
    now = now or datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    names = sorted({*names, "localhost", "127.0.0.1", "::1", *_own_names()})
    authority, authority_key = _authority(folder, names, now)
    files = folder / "server.crt", folder / "server.key"
    if not _serves(files, authority, names, now):
        _issue(files, authority, authority_key, names, now)
    return LocalCertificate(folder / "gridmap-ca.crt", *files, authority.fingerprint(hashes.SHA256()).hex(":").upper())


def _own_names() -> set[str]:
    name = socket.gethostname().split(".")[0].lower()
    # A name that cannot stand in a certificate is no name that a browser could ask for.
    return {name, f"{name}.local"} if name and name.isascii() and "_" not in name else set()


def _authority(folder: Path, names: list[str], now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Return the authority; a new one when there is none, its end is near, or it may not speak for one of the names."""
    file, key_file = folder / "gridmap-ca.crt", folder / "gridmap-ca.key"
    if authority := _read(file):
        kept = _read_key(key_file)
        lasts = authority.not_valid_after_utc - now > CERTIFICATE_LASTS
        if kept and kept.public_key() == authority.public_key() and lasts and _may_speak_for(authority, names):
            return authority, kept
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "GridMap"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"GridMap on {socket.gethostname()}"[:64]),
        ]
    )
    authority = (
        _builder(subject, subject, key, now, AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        # Whoever steals this key can pretend to be this office's server, and no other one in the world.
        .add_extension(
            x509.NameConstraints(permitted_subtrees=_permitted(names), excluded_subtrees=None), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _keep_secret(key_file, key)
    file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    return authority, key


def _issue(
    files: tuple[Path, Path],
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    names: list[str],
    now: datetime,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "GridMap")])
    certificate = (
        _builder(subject, authority.subject, key, now, CERTIFICATE_LASTS)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _keep_secret(files[1], key)
    pem = serialization.Encoding.PEM
    files[0].write_bytes(certificate.public_bytes(pem) + authority.public_bytes(pem))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks of phones differ
        .not_valid_after(now - timedelta(days=1) + lasts)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _serves(files: tuple[Path, Path], authority: x509.Certificate, names: list[str], now: datetime) -> bool:
    """Whether a certificate and its key are there, of this authority, for all hosts, and have some time left."""
    certificate, key = _read(files[0]), _read_key(files[1])
    if certificate is None or key is None or key.public_key() != certificate.public_key():
        return False
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, InvalidSignature):
        return False
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(named) >= {_general(name) for name in names} and certificate.not_valid_after_utc - now > RENEWED_BEFORE


def _read(file: Path) -> x509.Certificate | None:
    """Return a kept certificate; one that is missing or damaged is made anew."""
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _read_key(file: Path) -> ec.EllipticCurvePrivateKey | None:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), None)
    except (FileNotFoundError, ValueError):
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _permitted(names: list[str]) -> list[x509.GeneralName]:
    known = [_general(name) for name in names]
    own = [name for name in known if isinstance(name, x509.DNSName)]
    far = [_network(name.value) for name in known if isinstance(name, x509.IPAddress) and not _is_private(name.value)]
    return [*own, *(x509.IPAddress(ip_network(network)) for network in PRIVATE), *map(x509.IPAddress, far)]


def _may_speak_for(authority: x509.Certificate, names: list[str]) -> bool:
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    return set(constraints.permitted_subtrees or ()) >= set(_permitted(names))


def _is_private(address: object) -> bool:
    if not isinstance(address, IPv4Address | IPv6Address):
        return False
    return any(address in ip_network(network) for network in PRIVATE)


def _network(address: object) -> IPv4Network | IPv6Network:
    return ip_network(str(address))


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _keep_secret(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
