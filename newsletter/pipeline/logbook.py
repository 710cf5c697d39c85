"""The log as a file: what was done in, a CSV for a spreadsheet program out."""

import csv
import io
from datetime import datetime

from newsletter.audience.reading import computes
from newsletter.config import Config
from newsletter.model.studio import Act, Deed, Person
from newsletter.pipeline.arranging import allow
from newsletter.store import Store

HEADER = ("Date", "Qui", "Rôle", "Acte", "Édition", "Empreinte", "Détail")
ACTS = {
    "arrange": "modifié", "approve": "approuvé", "reopen": "rouvert", "send": "envoyé", "undo": "envoi défait",
    "comment": "remarque", "close": "remarque fermée", "invite": "invité à relire", "uninvite": "invitation reprise",
    "account": "compte", "password": "mot de passe choisi", "enter": "entré", "export": "journal exporté",
    "upload": "fichier remplacé", "put back": "fichier remis comme avant",
    "look": "vu ce que reçoit",
}  # fmt: skip


def export_audit(config: Config, store: Store, by: Person, at: datetime, *, month: str | None = None) -> str:
    """Every line of the log, or of one edition: semicolons, a byte order mark, no formula. Raises NotAllowed."""
    allow(by, Act.AUDIT)
    written = io.StringIO()
    written.write("\ufeff")
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for deed in store.audit.of(month):
        writer.writerow([_inert(cell) for cell in _cells(deed, config)])
    store.audit.write(Deed(at, by.name, by.role, "export", month))
    return written.getvalue()


def _cells(deed: Deed, config: Config) -> tuple[str, ...]:
    when = f"{deed.at.astimezone(config.town.zone):%d/%m/%Y %H:%M:%S}"
    act = ACTS.get(deed.act, deed.act)
    return when, deed.by, deed.role, act, deed.month or "", deed.digest or "", deed.detail.replace("\n", " ; ")


def _inert(cell: str) -> str:
    """What somebody typed is text, also when it looks like a formula."""
    return f"'{cell}" if computes(cell) else cell
