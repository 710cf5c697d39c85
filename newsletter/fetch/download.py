"""One address → its bytes, or why not: within a time and a size, over checked addresses, redirects seen one by one.

httpx's transport is used without its client, which would log each address with its key.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from socket import SHUT_RDWR
from typing import Any

import httpx

from newsletter.fetch import guard, inflate
from newsletter.fetch.errand import FeedDown, Fetching

REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 5
ANSWERS = {
    401: "il demande une clé ou un mot de passe (réponse 401)",
    403: "il refuse de répondre (réponse 403) : vérifiez la clé, et que le partage est public",
    404: "il n'est plus à cette adresse (réponse 404)",
    410: "il n'est plus à cette adresse (réponse 410)",
    429: "il est trop demandé en ce moment (réponse 429)",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: `content` None says that nothing changed since the copy."""

    content: bytes | None
    headers: Mapping[str, str]


def get(address: str, fetching: Fetching, conditions: Mapping[str, str]) -> Answer:
    """Downloads an address. Raises FeedDown."""
    exchange = _Exchange(fetching, conditions)
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(exchange.get, address).result(timeout=fetching.patience)
    except TimeoutError:
        exchange.cut()
        raise FeedDown(f"il n'a pas fini de répondre en {fetching.patience:.0f} secondes") from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@dataclass(slots=True)
class _Exchange:
    """One download, which another thread may cut."""

    fetching: Fetching
    conditions: Mapping[str, str]
    streams: list[Any] = field(default_factory=list)

    def cut(self) -> None:
        """Ends it now, whatever it waits for."""
        for stream in self.streams:
            sock = stream.get_extra_info("socket")
            if sock.fileno() >= 0:
                sock.shutdown(SHUT_RDWR)

    def get(self, address: str) -> Answer:
        url = _url(address)
        with httpx.HTTPTransport() as transport:
            for _ in range(MOST_REDIRECTS + 1):
                response = self._ask(transport, url)
                try:
                    if response.status_code not in REDIRECTS:
                        return self._answer(response)
                    url = self._further(url, response)
                finally:
                    response.close()
        raise FeedDown("il renvoie sans fin d'une adresse à l'autre")

    def _further(self, url: httpx.URL, response: httpx.Response) -> httpx.URL:
        try:
            further = url.join(response.headers.get("Location", ""))
            guard.addresses(further, self.fetching.allow)
        except (httpx.InvalidURL, FeedDown) as refused:
            raise FeedDown(f"il renvoie vers une adresse qui n'est pas permise ({_why(refused)})") from None
        return further

    def _ask(self, transport: httpx.HTTPTransport, url: httpx.URL) -> httpx.Response:
        """Asks each address the host has, until one answers."""
        addresses = guard.addresses(url, self.fetching.allow)
        headers = {
            "Accept": "text/calendar, application/json, text/csv, */*;q=0.5",
            "Accept-Encoding": "gzip",
            "User-Agent": "newsletter",
            "Connection": "close",
            **self.conditions,
        }
        for address in addresses:
            request = httpx.Request("GET", url, headers=headers, extensions=self._extensions(url.host))
            request.url = url.copy_with(host=address, userinfo=b"")
            try:
                return transport.handle_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                reason = "son certificat n'est pas valable" if "CERTIFICATE" in str(error) else "il ne répond pas"
            except (httpx.HTTPError, OSError):
                raise FeedDown("il a coupé la conversation") from None
        raise FeedDown(reason if addresses else "la machine n'a pas d'adresse")

    def _extensions(self, host: str) -> dict[str, Any]:
        return {
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), self.fetching.patience),
            "sni_hostname": host,
            "trace": self._trace,
        }

    def _trace(self, event: str, values: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self.streams.append(values["return_value"])

    def _answer(self, response: httpx.Response) -> Answer:
        status = response.status_code
        if status == 304 and self.conditions:
            return Answer(None, response.headers)
        if status != 200:
            raise FeedDown(ANSWERS.get(status, f"il est en panne (réponse {status})"))
        try:
            encoding = response.headers.get("Content-Encoding", "")
            return Answer(inflate.whole(response.iter_raw(), encoding, self.fetching.largest), response.headers)
        except (httpx.HTTPError, OSError):
            raise FeedDown("il a été coupé en route") from None


def _url(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        raise FeedDown("l'adresse ne se lit pas") from None
    if not url.host:
        raise FeedDown("l'adresse ne se lit pas" if url.scheme == "https" else f"« {url.scheme}: » n'est pas permis")
    return url


def _why(refused: Exception) -> str:
    return str(refused) if isinstance(refused, FeedDown) else "illisible"
