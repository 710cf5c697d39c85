"""Forms: what somebody wrote in; a wish or a choice out, or what to mend, field by field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from newsletter import audience
from newsletter.errors import TokenRefused
from newsletter.web.desk import Desk

LONGEST_ADDRESS, LONGEST_NAME = 254, 100
QUICKEST, LONGEST = timedelta(seconds=2), timedelta(days=1)  # between reading a form and sending it
FORM = "form"


@dataclass
class Written:
    """What was written, kept as it was for whoever mends it. `faults`: field → what to do, in the reader's words."""

    address: str = ""
    first_name: str = ""
    audiences: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    faults: dict[str, str] = field(default_factory=dict)


def read_address(desk: Desk, written: Written) -> None:
    """The address as it is kept, or what is wrong with it."""
    if not written.address.strip():
        written.faults["adresse"] = desk.gettext("Écrivez votre adresse de courriel.")
        return
    address, wrong = audience.check(written.address)
    if wrong or len(address) > LONGEST_ADDRESS or not address.isprintable():
        written.faults["adresse"] = desk.gettext(
            "Cette adresse n’est pas complète : vérifiez-la, lettre par lettre. Par exemple : prenom.nom@exemple.fr"
        )
    else:
        written.address = address


def read_name(desk: Desk, written: Written) -> None:
    """The name somebody is called by."""
    written.first_name = re.sub(r"\s+", " ", written.first_name).strip()
    if len(written.first_name) > LONGEST_NAME or not written.first_name.isprintable():
        written.faults["prenom"] = desk.gettext("Ce prénom est trop long, ou a des signes qui ne s’impriment pas.")


def known(chosen: Sequence[str], names: Sequence[str] | Mapping[str, object]) -> tuple[str, ...]:
    """Of what was ticked, what there is."""
    return tuple(name for name in names if name in chosen)


def opened(desk: Desk) -> str:
    """When a form was shown, signed: goes into it."""
    return desk.signer.sign(FORM, "", at=desk.at)


def was_read(desk: Desk, since: str) -> bool:
    """Whether a person had the time to read the form. A robot has not, or never asked for it."""
    try:
        desk.signer.read(FORM, since, at=desk.at - QUICKEST, max_age=LONGEST)
    except TokenRefused:
        return False
    return True


def wording(desk: Desk) -> str:
    """What somebody agrees to: the sentence, and a mark of the whole text it stands in, which changes with it."""
    whole = desk.text("mentions.html", {})
    return f"{desk.text('consent.html', {})} [texte {sha256(whole.encode()).hexdigest()[:12]}]"
