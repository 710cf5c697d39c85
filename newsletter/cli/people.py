"""What the commands about readers say, in French."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from newsletter.cli.words import number, out, problems
from newsletter.pipeline import Kept, Taking

STATUSES = {"active": "inscrit", "left": "désinscrit", "erased": "effacé"}
ACTS = {
    "given": "accord donné",
    "withdrawn": "accord retiré",
    "changed": "préférences changées",
    "asked": "« Voulez-vous continuer ? » envoyé",
    "renewed": "a voulu continuer",
}
LEFT = {"": "toutes les lettres", "*": "toute autre lettre qu'une liste ajouterait"}


def taken(taking: Taking) -> None:
    """What an import changed, or would."""
    counts = taking.taken
    if not taking.kept:
        out.print("Essai : rien n'est changé. Cette liste donnerait :")
    out.print(
        f"{taking.file} : {number(counts.added, 'abonné ajouté', 'abonnés ajoutés')}, "
        f"{number(counts.updated, 'modifié')}, {number(counts.unchanged, 'inchangé')}, "
        f"{number(counts.left, 'désinscrit')}, {number(counts.suppressed, 'adresse écartée', 'adresses écartées')}"
    )
    problems(taking.problems)


def exported(file: Path, lines: int) -> None:
    """Where the list is."""
    out.print(f"{file} : {number(lines, 'ligne écrite', 'lignes écrites')}, une par accord donné.")


def erased(was_known: bool) -> None:
    """That nothing is known any more."""
    if was_known:
        out.print("Cette adresse est effacée : il n'en reste qu'une empreinte, pour qu'aucune liste ne la ramène.")
    else:
        out.print("Rien n'était su de cette adresse ; aucune liste ne pourra l'ajouter, seule la personne le peut.")


def known(told: Mapping[str, Any]) -> None:
    """All that is known of an address."""
    if told["status"] == "unknown":
        out.print(f"{told['address']} : rien n'est su de cette adresse.")
        return
    status = STATUSES.get(told["status"], told["status"])
    out.print(f"{told['address']} ({status}) : {', '.join(told['audiences']) or 'aucune lettre'}")
    _one("prénom", told["first_name"])
    _one("thèmes", ", ".join(told["themes"]))
    _one("depuis le", told["since"])
    for change in told["consents"]:
        _line(change["at"], ACTS.get(change["act"], change["act"]), change["audience"], change["origin"])
    for left in told["suppressions"]:
        _line(
            left["at"], f"ne reçoit plus {LEFT.get(left['audience'], left['audience'])}", left["reason"], left["said"]
        )
    for asked in told["signups"]:
        _line(asked["at"], "a demandé à s'inscrire", ", ".join(asked["audiences"]), asked["state"])
    for copy in told["copies"]:
        _line(copy["at"], f"lettre {copy['edition']}", copy["audience"], copy["state"])


def _one(what: str, value: str | None) -> None:
    if value:
        out.print(f"  {what} : {value}")


def _line(*words: str | None) -> None:
    out.print("  " + " · ".join(word for word in words if word))


def kept(done: Kept) -> None:
    """What retention did, or would."""
    gone = done.gone
    if not done.done:
        out.print("Essai : rien n'est changé. Il y aurait :")
    for line in (
        f"{number(gone.signups, 'inscription jamais confirmée effacée', 'inscriptions jamais confirmées effacées')}",
        f"{number(gone.notices, 'adresse effacée', 'adresses effacées')} des autres courriels",
        f"{number(gone.words, 'réponse effacée', 'réponses effacées')} de serveurs de courrier",
        f"{number(done.asked, 'personne', 'personnes')} à qui est demandé « Voulez-vous continuer ? »",
        f"{number(done.silent, 'inscription terminée', 'inscriptions terminées')} sans réponse",
    ):
        out.print(f"  {line}")
