"""Which transport config.toml names, opened with its settings and the secrets of the environment."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.config import Delivery
from newsletter.config import Smtp as SmtpSettings
from newsletter.delivery.files import Files
from newsletter.delivery.relay import Relay
from newsletter.delivery.smtp import Smtp
from newsletter.delivery.transport import Transport
from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from newsletter.delivery.sendgrid import Account


def _files(settings: Delivery, folder: Path, secrets: Mapping[str, str]) -> Transport:
    return Files(folder / settings.outbox)


def _smtp(settings: Delivery, folder: Path, secrets: Mapping[str, str]) -> Transport:
    smtp, password = settings.smtp, secrets.get("SMTP_PASSWORD") or None
    if smtp.user is not None and password is None:
        raise ConfigError(["delivery.smtp.user : son mot de passe manque ; mettez-le dans la variable SMTP_PASSWORD"])
    relay = Relay(smtp.host, smtp.port, smtp.security, smtp.user, password)
    return Smtp(relay, connections=smtp.connections, rate=settings.rate, sign=_signing(smtp, folder))


def _signing(smtp: SmtpSettings, folder: Path) -> Callable[[bytes], bytes] | None:
    if not (smtp.dkim_key and smtp.dkim_selector and smtp.dkim_domain):
        return None
    from newsletter.delivery import dkim  # 60 ms of imports, for those who sign

    return dkim.seal(folder / smtp.dkim_key, smtp.dkim_selector, smtp.dkim_domain).sign


def _sendgrid(settings: Delivery, folder: Path, secrets: Mapping[str, str]) -> Transport:
    from newsletter.delivery.sendgrid import SendGrid  # 10 MB, for those who send by it

    return SendGrid(_account(settings, secrets), rate=settings.rate)


def _account(settings: Delivery, secrets: Mapping[str, str]) -> "Account":
    from newsletter.delivery.sendgrid import Account

    key = secrets.get("SENDGRID_API_KEY", "").strip()
    if not key.isascii() or not key.isprintable() or not key:
        raise ConfigError(
            ["delivery.transport : « sendgrid » veut sa clé ; mettez-la dans la variable SENDGRID_API_KEY"]
        )
    return Account(key, settings.sendgrid.region, settings.sendgrid.url)


TRANSPORTS: Mapping[str, Callable[[Delivery, Path, Mapping[str, str]], Transport]] = {
    "files": _files,
    "smtp": _smtp,
    "sendgrid": _sendgrid,
}


def open_transport(settings: Delivery, folder: Path, secrets: Mapping[str, str]) -> Transport:
    """The transport of `settings`; relative paths start at `folder`. Raises ConfigError. To be closed."""
    opened = TRANSPORTS.get(settings.transport)
    if opened is None:
        known = ", ".join(TRANSPORTS)
        raise ConfigError(
            [f"delivery.transport : « {settings.transport} » ne sait pas encore envoyer ; au choix : {known}"]
        )
    return opened(settings, folder, secrets)


def open_sandbox(settings: Delivery, secrets: Mapping[str, str]) -> Transport | None:
    """The transport of `settings`, where it judges and sends nothing. None: it has no such place. To be closed."""
    if settings.transport != "sendgrid":
        return None
    from newsletter.delivery.sendgrid import SendGrid

    return SendGrid(_account(settings, secrets), sandbox=True)
