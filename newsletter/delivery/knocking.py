"""Knocking: is there a way out today? Settings and secrets in; a sentence, or what is wrong. No mail leaves.

A relay is entered (TLS, login) and left; SendGrid is asked what its key may do; a folder must take files.
"""

import http.client
import json
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

from newsletter.config import Delivery
from newsletter.delivery import relay
from newsletter.delivery.loop import Loop, Talk
from newsletter.delivery.relay import Relay
from newsletter.delivery.wire import Dropped
from newsletter.errors import NewsletterError, TransportError

SECONDS = 20.0
SCOPE = "mail.send"


def knock(settings: Delivery, folder: Path, secrets: Mapping[str, str]) -> str:
    """What is ready. Raises TransportError with what to do."""
    if settings.transport == "smtp":
        return _relay(settings, secrets.get("SMTP_PASSWORD") or None)
    if settings.transport == "sendgrid":
        return _sendgrid(settings, secrets.get("SENDGRID_API_KEY", "").strip())
    return _folder(folder / settings.outbox)


def _folder(outbox: Path) -> str:
    near = next(place for place in (outbox, *outbox.parents) if place.exists())
    if not near.is_dir() or not os.access(near, os.W_OK | os.X_OK):
        raise TransportError(f"{near} : on ne peut pas y écrire ; vérifiez delivery.outbox et les droits")
    return f"rien ne part vraiment : chaque exemplaire devient un fichier dans {outbox}"


def _relay(settings: Delivery, password: str | None) -> str:
    smtp = settings.smtp
    where = Relay(smtp.host, smtp.port, smtp.security, smtp.user, password, timeout=SECONDS)
    faults: list[NewsletterError] = []
    ended = Event()
    loop = Loop(ended.set)
    try:
        loop.begin(_visit(where, faults, ended))
        if not ended.wait(SECONDS * 2):
            raise TransportError(f"le serveur {where} ne répond pas ; vérifiez delivery.smtp.host et le pare-feu")
    finally:
        loop.close()
    if faults:
        raise faults[0]
    return f"le serveur {where} accueille la connexion" + ("" if smtp.user is None else " et l’identifiant")


def _visit(where: Relay, faults: list[NewsletterError], ended: Event) -> Talk:
    try:
        session = yield from relay.enter(where, relay.context(where))
        try:
            yield from session.wire.command("NOOP")
        finally:
            session.wire.close()
    except Dropped as dropped:
        faults.append(TransportError(f"le serveur {where} ne peut pas être joint ({dropped}) ; vérifiez delivery.smtp"))
    except TransportError as fault:
        faults.append(fault)
    finally:
        ended.set()


def _sendgrid(settings: Delivery, key: str) -> str:
    if not key or not key.isascii() or not key.isprintable():
        raise TransportError("la clé de SendGrid manque ; mettez-la dans la variable SENDGRID_API_KEY")
    from newsletter.delivery.sendgrid.client import Account, connect  # 10 MB, for those who send by it

    client, _ = connect(Account(key, settings.sendgrid.region, settings.sendgrid.url))
    where = urlsplit(settings.sendgrid.url or client.host)
    status, body = _asked(where.scheme, where.netloc, key)
    if status in (401, 403):
        raise TransportError(f"SendGrid ne connaît pas cette clé ({status}) ; vérifiez SENDGRID_API_KEY et la région")
    try:
        scopes = json.loads(body)["scopes"] if status == 200 else None
    except (ValueError, LookupError, TypeError):
        scopes = None
    if not isinstance(scopes, list):
        raise TransportError(
            f"SendGrid ne dit pas ce que cette clé peut faire (réponse {status}) ; réessayez plus tard"
        )
    if SCOPE not in scopes:
        raise TransportError(f"cette clé de SendGrid ne peut pas envoyer ; donnez-lui le droit « {SCOPE} »")
    return "SendGrid accepte la clé, qui peut envoyer"


def _asked(scheme: str, host: str, key: str) -> tuple[int, bytes]:
    line = (
        http.client.HTTPConnection(host, timeout=SECONDS)
        if scheme == "http"
        else http.client.HTTPSConnection(host, timeout=SECONDS, context=ssl.create_default_context())
    )
    try:
        line.request("GET", "/v3/scopes", headers={"Authorization": f"Bearer {key}"})
        answer = line.getresponse()
        return answer.status, answer.read(1_000_000)
    except (OSError, http.client.HTTPException) as error:
        raise TransportError(f"SendGrid ({host}) ne peut pas être joint ({error}) ; vérifiez le pare-feu") from None
    finally:
        line.close()
