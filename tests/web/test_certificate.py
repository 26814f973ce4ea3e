"""The local certificate: made once, renewed in time, and able to speak for this office alone."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from web.certificate import AUTHORITY_LASTS, CERTIFICATE_LASTS, PRIVATE, LocalCertificate, local_certificate

NOW = datetime.now(UTC)


def names(certificate: LocalCertificate) -> set[str]:
    read = x509.load_pem_x509_certificate(certificate.certificate.read_bytes())
    kept = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in kept}


def shake_hands(server_files: tuple[Path, Path], authority: Path, host: str) -> None:
    """Connect as a browser does that trusts the authority; raises what the browser would complain about."""
    here, there = socket.socketpair()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(*map(str, server_files))

    def serve() -> None:
        try:
            with serving.wrap_socket(there, server_side=True):
                pass
        except (ssl.SSLError, OSError):
            pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        trusting = ssl.create_default_context(cafile=str(authority))
        trusting.verify_flags |= ssl.VERIFY_X509_STRICT  # the default of newer Pythons
        with trusting.wrap_socket(here, server_hostname=host):
            pass
    finally:
        here.close()
        thread.join()
        there.close()


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    first = local_certificate(tmp_path / "tls", ["192.168.1.20"], now=NOW)
    kept = {file.name: file.read_bytes() for file in (tmp_path / "tls").iterdir()}
    assert local_certificate(tmp_path / "tls", ["192.168.1.20"], now=NOW + timedelta(days=300)) == first
    assert {file.name: file.read_bytes() for file in (tmp_path / "tls").iterdir()} == kept


def test_secrets_are_closed_to_other_users(tmp_path: Path) -> None:
    local_certificate(tmp_path / "tls", [], now=NOW)
    assert (tmp_path / "tls").stat().st_mode & 0o077 == 0
    for key in ("gridmap-ca.key", "server.key"):
        assert (tmp_path / "tls" / key).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "192.168.1.20", "::1"])
def test_a_browser_that_trusts_the_authority_is_content(tmp_path: Path, host: str) -> None:
    made = local_certificate(tmp_path, ["192.168.1.20"])
    shake_hands((made.certificate, made.key), made.authority, host)


def test_a_browser_that_asks_for_another_host_is_not(tmp_path: Path) -> None:
    made = local_certificate(tmp_path, [])
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands((made.certificate, made.key), made.authority, "192.168.1.99")


def test_it_is_renewed_before_its_end_under_the_same_authority(tmp_path: Path) -> None:
    first = local_certificate(tmp_path, [], now=NOW)
    shown = first.certificate.read_bytes()
    later = local_certificate(tmp_path, [], now=NOW + CERTIFICATE_LASTS - timedelta(days=29))
    assert later.certificate.read_bytes() != shown
    assert later.fingerprint == first.fingerprint


def test_a_new_address_gets_a_new_certificate_under_the_same_authority(tmp_path: Path) -> None:
    first = local_certificate(tmp_path, ["192.168.1.20"], now=NOW)
    second = local_certificate(tmp_path, ["10.0.0.5"], now=NOW)
    assert "10.0.0.5" in names(second)
    assert second.fingerprint == first.fingerprint


def test_a_name_that_the_authority_may_not_speak_for_needs_a_new_authority(tmp_path: Path) -> None:
    first = local_certificate(tmp_path, [], now=NOW)
    second = local_certificate(tmp_path, ["map.office.test", "203.0.113.9"], now=NOW)
    assert second.fingerprint != first.fingerprint
    shake_hands((second.certificate, second.key), second.authority, "map.office.test")
    shake_hands((second.certificate, second.key), second.authority, "203.0.113.9")


def test_an_authority_near_its_end_is_replaced(tmp_path: Path) -> None:
    first = local_certificate(tmp_path, [], now=NOW)
    second = local_certificate(tmp_path, [], now=NOW + AUTHORITY_LASTS - timedelta(days=100))
    assert second.fingerprint != first.fingerprint


def test_whoever_steals_the_authority_cannot_speak_for_the_rest_of_the_world(tmp_path: Path) -> None:
    made = local_certificate(tmp_path, [])
    authority = x509.load_pem_x509_certificate(made.authority.read_bytes())
    stolen = serialization.load_pem_private_key((tmp_path / "gridmap-ca.key").read_bytes(), None)
    assert isinstance(stolen, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bank.test")]), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(stolen.public_key()), critical=False)
        .sign(stolen, hashes.SHA256())
    )
    files = tmp_path / "forged.crt", tmp_path / "forged.key"
    files[0].write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    pkcs8 = serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption()))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        shake_hands(files, made.authority, "bank.test")


def test_a_certificate_of_another_authority_is_made_anew(tmp_path: Path) -> None:
    first = local_certificate(tmp_path / "one", [], now=NOW)
    other = local_certificate(tmp_path / "two", [], now=NOW)
    first.certificate.write_bytes(other.certificate.read_bytes())
    first.key.write_bytes(other.key.read_bytes())
    again = local_certificate(tmp_path / "one", [])
    shake_hands((again.certificate, again.key), again.authority, "localhost")


@pytest.mark.parametrize("file", ["server.crt", "server.key", "gridmap-ca.crt", "gridmap-ca.key"])
@pytest.mark.parametrize("damage", [b"", b"-----BEGIN nonsense", None])
def test_what_is_damaged_or_missing_is_made_anew(tmp_path: Path, file: str, damage: bytes | None) -> None:
    local_certificate(tmp_path, [])
    (tmp_path / file).unlink()
    if damage is not None:
        (tmp_path / file).write_bytes(damage)
    again = local_certificate(tmp_path, [])
    shake_hands((again.certificate, again.key), again.authority, "localhost")


def test_phones_accept_how_long_it_lasts() -> None:
    assert timedelta(days=398) > CERTIFICATE_LASTS
    assert "192.168.0.0/16" in PRIVATE
