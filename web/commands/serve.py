"""`gridmap serve`: the pages and the API for the office's browsers and phones."""

from __future__ import annotations

from urllib.parse import urlsplit

import click

from gridmap.settings import Settings
from web import server
from web.certificate import LocalCertificate, local_certificate
from web.commands import gridmap, opened, read_settings

EXAMPLE = """\b
Examples:
  gridmap serve
  gridmap serve --host 0.0.0.0 --port 8443 --tls
"""


@gridmap.command(epilog=EXAMPLE)
@click.option("--host", help="Where to listen; 0.0.0.0 is the whole office network. GRIDMAP_HOST when left out.")
@click.option("--port", type=click.IntRange(0, 65535), help="Where to listen. GRIDMAP_PORT when left out.")
@click.option("--workers", type=click.IntRange(1, 64), default=server.WORKERS, show_default=True, help="Processes.")
@click.option("--tls", is_flag=True, help="Serve https with a certificate of this office, made once and kept.")
def serve(host: str | None, port: int | None, workers: int, tls: bool) -> None:
    """Serve GridMap until it is stopped (Ctrl+C or SIGTERM)."""
    settings = read_settings()
    certificate = _certificate(settings, host or settings.host) if tls else None
    with opened() as database:
        server.run(settings, database, host=host, port=port, workers=workers, certificate=certificate)


def _certificate(settings: Settings, host: str) -> LocalCertificate:
    """Make or find the certificate, and say how devices come to trust it."""
    named = [host] if host not in {"0.0.0.0", "::"} else server.addresses()  # noqa: S104 - compared, not bound
    named += [name for name in (settings.trusted_hosts or "").split(",") if name and not name.startswith(".")]
    if public := urlsplit(settings.public_url or "").hostname:
        named.append(public)
    certificate = local_certificate(settings.data / "tls", named)
    click.echo(
        f"""Each device must trust this office's certificate once: {certificate.authority}
  SHA-256 {certificate.fingerprint}
  Windows  certutil -addstore -user Root gridmap-ca.crt
  Debian   cp gridmap-ca.crt /usr/local/share/ca-certificates/ && update-ca-certificates
  iPhone   send the file to the phone, install the profile, then Settings > General > About > Certificate Trust Settings
  Android  Settings > Security > Encryption & credentials > Install a certificate > CA certificate"""
    )
    return certificate
