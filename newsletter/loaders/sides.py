"""How headers hang together: words that lean on their neighbours, columns to tick, words that don't count.

SIDES, PAIRS, BY_KIND   words that take their meaning from the kind of the source, or from the column before ("au")
FLAGS                   columns to tick ("Annulé ?"), and what oui and non stand for
UNTITLED                kinds whose text may be their title
THINGS, LITTLE          words left out before a header is looked up
"""

from collections.abc import Mapping

from newsletter.model import Kind

# What people keep in tables without titles: their text is the title then.
UNTITLED = (Kind.EXCHANGE, Kind.NEWS)

# Columns to tick: (header, what « oui » says, what « non » says) as a status.
FLAGS: tuple[tuple[str, str | None, str | None], ...] = (
    *((word, None, "Ne pas publier") for word in (
        "À publier", "À diffuser", "Publié", "Validé", "Publication", "Diffusable", "Bon à publier",
        "Bon pour publication", "Bon pour diffusion",
    )),
    ("Annulé", "Annulé", None),
    ("Annulation", "Annulé", None),
    ("Reporté", "Reporté", None),
    ("Complet", "Complet", None),
    ("Maintenu", None, "Annulé"),
    ("Confirmé", None, "À confirmer"),
)  # fmt: skip
YES = ("oui", "o", "x", "vrai", "ok", "yes", "true", "1", "✓", "✔")
NO = ("non", "n", "faux", "no", "false", "0", "✗", "✘")

# Words that say only which side of something: what of, the column before or the kind of the source tells.
SIDES: Mapping[str, tuple[str, ...]] = {
    "from": ("Du", "À partir du", "Dès le", "À compter du"),
    "to": ("Au", "Jusqu'au", "Jusqu'à", "Jusqu'à quand"),
    "begin": ("Début", "Start", "start_date", "Commence le", "Ouverture", "Date d'ouverture", "date_ouverture"),
    "finish": ("Fin", "End", "Termine le"),
    "of": ("De",),
    "till": ("À",),
}
# Fields whose next column may be their other side ("Heure", "à"); else the kind of the source tells (BY_KIND).
LEANT_ON = ("hours", "start", "publish_from")
# A side under a group title of two header rows, or right of such a field: (the field it goes with, the side).
PAIRS: Mapping[tuple[str, str], str] = {
    **{("date", side): "date" for side in ("from", "begin", "of")},
    **{("date", side): "date_end" for side in ("to", "finish", "till")},
    **{("hours", side): "start" for side in ("from", "begin", "of")},
    **{("hours", side): "end" for side in ("to", "finish", "till")},
    **{("start", side): "end" for side in ("to", "finish", "till")},
    **{("publish_from", side): "publish_from" for side in ("from", "begin", "of")},
    **{("publish_from", side): "publish_until" for side in ("to", "finish", "till")},
    **{("status", side): "publish_from" for side in ("from", "begin", "of")},
    **{("status", side): "publish_until" for side in ("to", "finish", "till")},
    **{("audiences", side): "publish_from" for side in ("from", "begin", "of")},
    **{("audiences", side): "publish_until" for side in ("to", "finish", "till")},
    **{("url", side): "deadline" for side in ("to", "finish", "till")},
}
_PUBLISHED = {"begin": "publish_from", "from": "publish_from", "finish": "publish_until", "to": "publish_until"}
_DATED = {"begin": "date", "from": "date", "finish": "date_end", "to": "date_end"}
BY_KIND: Mapping[Kind, Mapping[str, str]] = {
    Kind.NEWS: _PUBLISHED,
    Kind.EXCHANGE: _PUBLISHED,
    Kind.CALL: {"begin": "date", "from": "date", "finish": "deadline", "to": "deadline"},
    Kind.EVENT: _DATED,
    Kind.TRAINING: _DATED,
    Kind.MEETING: _DATED,
}
# Left out when a header is not known as it stands: "Contact de l'association", "Lien de l'évènement".
THINGS = (
    "évènement manifestation animation activité action rencontre réunion formation atelier stage séance session cours "
    "spectacle sortie projet appel candidature dispositif aide annonce offre information actualité article association "
    "asso structure"
)
LITTLE = (
    "de du des d la le les l un une et en votre vos notre nos ce cette s n no numero ou quel quelle quels quelles est "
    "sont merci indiquer indiquez preciser precisez veuillez lequel the"
)
