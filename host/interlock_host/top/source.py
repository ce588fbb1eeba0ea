"""Where `interlock top` reads: /metrics of one host, over HTTP or HTTPS."""

from __future__ import annotations

import dataclasses
import http.client
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from interlock_host.cli.certificates import client_context
from interlock_host.config import OFF, ConfigError
from interlock_host.errors import PERMISSION_DENIED, UNAUTHENTICATED, UNAVAILABLE, UNIMPLEMENTED
from interlock_host.security.tokens import check_token
from interlock_host.server.address import Address, parse_address

PATH = "/metrics"
ACCEPT = "application/openmetrics-text; version=1.0.0"
LONGEST_BYTES = 64 << 20
TIMEOUT_SECONDS = 5.0
_OTHER_NAME = (62, 64)
"""X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL."""
_TLS_HINTS = {
    "WRONG_VERSION_NUMBER": "it may speak plain HTTP: leave out --ca, and write http://",
    "CERTIFICATE_REQUIRED": "it wants a client's certificate: add --cert and --key",
    "UNKNOWN_CA": "it does not trust the certificate of --cert",
}
_CODES = {401: UNAUTHENTICATED, 403: PERMISSION_DENIED}


class ScrapeError(Exception):
    """There were no metrics: the message says what to do about it.

    Attributes:
        code: The gRPC code that fits, for the exit code.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclasses.dataclass(frozen=True)
class Source:
    """One host's metrics, and what is shown to it."""

    address: Address
    path: str = PATH
    tls: ssl.SSLContext | None = None
    token: str | None = dataclasses.field(default=None, repr=False)

    def __str__(self) -> str:
        return str(self.address)

    def read(self) -> str:
        """Return the metrics, in the OpenMetrics format.

        Raises:
            ScrapeError: Nobody answers, or not with metrics.
        """
        connection = self._connection()
        headers = {"Accept": ACCEPT} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        try:
            # No redirect is followed, and no proxy asked: the token is for this host alone.
            connection.request("GET", self.path, headers=headers)
            response = connection.getresponse()
            body = response.read(LONGEST_BYTES + 1)
        except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
            raise self._no_metrics(f"the connection was closed; {self._closed()}") from None
        except http.client.HTTPException as error:
            raise self._no_metrics(
                f"what answers there does not speak HTTP ({type(error).__name__})"
            ) from None
        except ssl.SSLError as error:
            raise ScrapeError(UNAVAILABLE, f"no TLS with {self}: {why_no_tls(error)}") from None
        except OSError as error:
            why = error.strerror or error
            start = f"; start one with: interlock serve --metrics {self}" if self.address.private else ""
            raise ScrapeError(UNAVAILABLE, f"no host answers at {self}: {why}{start}") from None
        finally:
            connection.close()
        return self._checked(response, body)

    def _closed(self) -> str:
        if self.tls is None:
            return "if it speaks TLS, add --ca FILE or write https://"
        return "it may want a client's certificate, --cert and --key, or be a port of calls"

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self.address.host, self.address.port
        if self.tls is None:
            return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=self.tls)

    def _checked(self, response: http.client.HTTPResponse, body: bytes) -> str:
        if response.status in _CODES:
            why = body[:200].decode("utf-8", "replace").strip()
            raise ScrapeError(_CODES[response.status], f"{self} wants another --token: {why}")
        kind = response.headers.get("Content-Type", "")
        if response.status != 200 or not kind.startswith("application/openmetrics-text"):
            raise self._no_metrics(f"{self.path} answers {response.status}, {kind or 'of no type'}")
        if len(body) > LONGEST_BYTES:
            raise self._no_metrics(f"{self.path} has more than {LONGEST_BYTES >> 20} MiB")
        return body.decode("utf-8", "replace")

    def _no_metrics(self, why: str) -> ScrapeError:
        where = "the ready line of `interlock serve` names the address"
        return ScrapeError(UNIMPLEMENTED, f"{self} serves no metrics of Interlock: {why}; {where}")


def source_of(
    text: str,
    token: str | None = None,
    ca: Path | None = None,
    cert: Path | None = None,
    key: Path | None = None,
) -> Source:
    """Return the source that is meant by HOST:PORT or a URL.

    Raises:
        ConfigError: It is neither, or what it is told must not be sent there.
    """
    if text == OFF:
        raise ConfigError(
            "this host's metrics are off; serve them with: interlock serve --metrics 127.0.0.1:9464"
        )
    url = urlsplit(text if "://" in text else f"http://{text}")
    if url.scheme not in ("http", "https") or url.username or url.query:
        raise ConfigError(
            f"{text!r} is not an address; write HOST:PORT, http://HOST:PORT or https://HOST:PORT"
        )
    secure = url.scheme == "https" or ca is not None
    default = ":443" if secure else ":80"
    has_port = url.netloc.rpartition("]")[2].find(":") >= 0
    if text.startswith("unix:"):
        raise ConfigError(f"{text!r}: /metrics has a port, not a Unix socket; write HOST:PORT")
    address = parse_address(url.netloc + ("" if has_port else default))
    if bool(cert) != bool(key) or (cert and not secure):
        raise ConfigError("--cert and --key go together, and with --ca or https://")
    if token is not None:
        check_token(token)
        if not secure and not address.private:
            raise ConfigError(f"a token is not sent to {address} in the clear; add --ca, or write https://")
    path = PATH if url.path in ("", "/") else url.path
    return Source(address, path, client_context(ca, cert, key) if secure else None, token)


def why_no_tls(error: ssl.SSLError) -> str:
    """What went wrong, and what to do about it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        other_name = error.verify_code in _OTHER_NAME
        hint = "" if other_name else "; --ca names the authorities that may vouch for it"
        return f"{error.verify_message.rstrip('.')}{hint}"
    reason = error.reason or str(error)
    hints = (f"; {hint}" for part, hint in _TLS_HINTS.items() if part in reason)
    return reason.replace("_", " ").lower() + next(hints, "")
