"""`preview`: the studio on this machine, for whoever is at it; a link opens it once."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from newsletter.cli import words
from newsletter.config import Config
from newsletter.errors import ConfigError
from newsletter.pipeline import studio
from newsletter.store import Store

HOST = "127.0.0.1"

Month = Annotated[str | None, typer.Argument(help="Le mois ; celui qui se prépare sinon.", metavar="[MONTH]")]
Port = Annotated[int | None, typer.Option(help="Le port ; site.port sinon.", min=1, max=65535)]


def register(app: typer.Typer) -> None:
    """Adds it."""
    app.command()(preview)


def preview(context: typer.Context, month: Month = None, port: Port = None) -> None:
    """Ouvre le studio sur cette machine, sans compte ni courriel : pour voir, arranger et approuver un mois."""
    from newsletter import web  # half a second of imports that no other command needs

    config: Config = context.obj.config
    chosen = port or config.site.port
    here = config.model_copy(update={"site": config.site.model_copy(update={"host": HOST, "port": chosen})})
    after = f"?mois={_month(month)}" if month else ""
    with Store.open(config.store.url, config.folder) as store:
        path = studio.open_here(config, store, _now())
        words.say(f"http://{HOST}:{chosen}{path}{after}")
        words.advice.print("Ce lien ouvre le studio une fois, dans un navigateur de cette machine ; Ctrl+C l'arrête.")
        web.serve(here, store, _now)


def _month(written: str) -> str:
    try:
        return f"{datetime.strptime(written, '%Y-%m').replace(tzinfo=UTC):%Y-%m}"
    except ValueError:
        raise ConfigError([f"« {written} » n'est pas un mois ; écrivez par exemple 2021-12"]) from None


def _now() -> datetime:
    return datetime.now(UTC)
