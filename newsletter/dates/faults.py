"""Faults: what a date cell does wrong, as French sentences that say what is wrong and what to type.

Days and words enter, `Fault` values leave. Nothing is read here, and nothing is raised. Codes are stable:

errors    unreadable impossible year range month_missing day_missing weekday_missing unset relative bound empty
warnings  weekday weekday_alone which_week year_missing start_missing ambiguous midnight hours hours_twice date_end
          words vacations moved too_many
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

About = Literal["date", "start", "end"]
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
FORMS = (
    "« samedi 4 décembre 2021 », « 04/12/2021 », « du 10 au 12 décembre 2021 », « tous les mardis jusqu'à fin juin »"
)
SOON = "« mi-janvier 2022 », « d'ici fin mars 2022 » ou « courant 2022 »"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell. An error: no occurrence can be printed; a warning: look at what was read."""

    severity: Literal["error", "warning"]
    code: str
    message: str
    about: About = "date"


def error(code: str, message: str) -> Fault:
    """The row can't be printed."""
    return Fault("error", code, message)


def warning(code: str, message: str, about: About = "date") -> Fault:
    """The row is printed: look at it."""
    return Fault("warning", code, message, about)


def spoken(day: date, with_weekday: bool = True) -> str:
    """« samedi 4 décembre 2021 »."""
    number = "1er" if day.day == 1 else str(day.day)
    plain = f"{number} {MONTHS[day.month - 1]} {day.year}"
    return f"{WEEKDAYS[day.weekday()]} {plain}" if with_weekday else plain


def clock(minutes: int) -> str:
    """« 14h30 »."""
    hour, minute = divmod(minutes, 60)
    return f"{hour}h{minute:02}" if minute else f"{hour}h"


def unreadable(suggestion: str | None = None) -> Fault:
    """Nothing in the text makes a date."""
    if suggestion:
        return error("unreadable", f"date illisible : vouliez-vous « {suggestion} » ?")
    return error("unreadable", f"date illisible ; écrivez par exemple {FORMS} ou « mi-février 2022 »")


def impossible(day: int, month: int, year: int | None) -> Fault:
    """A day or a month that no calendar has."""
    if not 1 <= month <= 12:
        swap = f" (par exemple « {month}/{day:02}/{year or 2022} »)" if 1 <= day <= 12 and 1 <= month <= 31 else ""
        return error(
            "impossible", f"cette date n'existe pas : il n'y a pas de mois {month} ; écrivez jour/mois/année{swap}"
        )
    name = MONTHS[month - 1]
    last = monthrange(year, month)[1] if year else monthrange(2024, month)[1]
    when = f"{name} {year}" if month == 2 and year else name
    if day < 1:
        return error("impossible", f"cette date n'existe pas : {name} commence le 1er ; corrigez le jour")
    return error("impossible", f"cette date n'existe pas : {when} a {last} jours ; corrigez le jour ou le mois")


def implausible(year: int) -> Fault:
    """A year no agenda speaks of."""
    return error("year", f"l'année {year} n'est pas plausible ; écrivez-la en quatre chiffres, par exemple « 2022 »")


def wrong_weekday(day: date, weekday: int) -> Fault:
    """The weekday and the day number don't agree: both readings."""
    shift = (weekday - day.weekday() + 3) % 7 - 3
    other = spoken(day + timedelta(shift))
    return warning(
        "weekday",
        f"le {spoken(day, False)} est un {WEEKDAYS[day.weekday()]}, pas un {WEEKDAYS[weekday]} ; "
        f"écrivez « {spoken(day)} » ou « {other} »",
    )


def past_by_weekday(day: date) -> Fault:
    """Only the weekday told the year."""
    return warning(
        "year_missing", f"l'année manque : lu « {spoken(day)} », déjà passé ; écrivez l'année si c'est une autre"
    )


def month_missing(number: int, weekday: int | None, today: date) -> Fault:
    """A day number alone, with the next such day as the example."""
    days = (today + timedelta(n) for n in range(1500))
    day = next((d for d in days if d.day == number and weekday in (None, d.weekday())), today)
    example = spoken(day, weekday is not None)
    return error("month_missing", f"le mois manque ; écrivez par exemple « {example} »")


def backwards(first: date, last: date, borrowed: bool) -> Fault:
    """A range that ends before it starts. `borrowed`: its first day has no month of its own, « du 28 au 3 janvier »."""
    said = f"la fin ({spoken(last, False)}) est avant le début ({spoken(first, False)})"
    if not borrowed:
        return error("range", f"{said} ; corrigez l'une des deux dates")
    earlier = first.replace(day=1) - timedelta(1)
    earlier = earlier.replace(day=min(first.day, earlier.day))
    return error("range", f"{said} ; écrivez peut-être « du {spoken(earlier, False)} au {spoken(last, False)} »")


def winter(year: int) -> Fault:
    """Two winters touch one year."""
    return warning(
        "ambiguous",
        f"« hiver {year} » est lu de décembre {year} à mars {year + 1} ; "
        f"sinon écrivez « hiver {year - 1}-{year} » ou les mois",
    )


def short_year(day: date) -> Fault:
    """Two digits that make a year far away."""
    return warning(
        "ambiguous",
        f"lu jour/mois/année : « {spoken(day, False)} » ; écrivez l'année en quatre chiffres, "
        f"par exemple « {day:%d/%m}/{day.year} »",
    )


def lone_weekday(weekday: int, today: date) -> Fault:
    """A weekday without number or article."""
    name = WEEKDAYS[weekday]
    coming = spoken(today + timedelta((weekday - today.weekday()) % 7))
    return warning("weekday_alone", f"lu « tous les {name}s » ; pour un seul jour, écrivez par exemple « {coming} »")


def numberless(day: date) -> Fault:
    """A weekday that goes on from the day before it."""
    return warning("weekday_alone", f"« {WEEKDAYS[day.weekday()]} » est lu « {spoken(day)} » ; écrivez aussi le jour")


def weekday_missing() -> Fault:
    """« toutes les semaines », « tous les mois »."""
    return error("weekday_missing", "le jour manque ; écrivez par exemple « tous les mardis » ou « 2e samedi du mois »")


def which_week(day: date) -> Fault:
    """One week in two, but which."""
    name = WEEKDAYS[day.weekday()]
    return warning(
        "which_week",
        f"on ne sait pas de quelle semaine partir : lu à partir du {spoken(day, False)} ; "
        f"écrivez « un {name} sur deux à partir du {spoken(day, False)} »",
    )


def no_such_day(first: date, last: date) -> Fault:
    """A rule without a day between its bounds."""
    return error(
        "empty", f"aucun de ces jours entre le {spoken(first, False)} et le {spoken(last, False)} ; corrigez les dates"
    )


def start_missing() -> Fault:
    """« jusqu'au 30 janvier » alone."""
    return warning(
        "start_missing", "le début n'est pas écrit ; écrivez par exemple « du 4 décembre 2021 au 30 janvier 2022 »"
    )


def day_missing() -> Fault:
    """Hours without a day."""
    return error("day_missing", "le jour manque, il n'y a qu'une heure ; écrivez « samedi 4 décembre 2021 à 14h »")


def unset() -> Fault:
    """« à confirmer »."""
    return error("unset", f"la date n'est pas fixée ; écrivez au moins une période : {SOON}")


def relative() -> Fault:
    """« mardi prochain »."""
    return error("relative", "cette date dépend du jour où on la lit ; écrivez « mardi 7 décembre 2021 »")


def ends_before(start: int, end: int, about: About) -> Fault:
    """An end that comes before its start, or with it."""
    wrong = "est l'heure de début" if start == end else f"est avant le début ({clock(start)})"
    return warning("hours", f"la fin ({clock(end)}) {wrong} : seul le début est gardé ; corrigez l'heure de fin", about)


def hours_of_about(about: About) -> Fault:
    """An approximate day with an hour."""
    return warning("hours", "l'heure n'est pas gardée, car le jour est approximatif ; écrivez le jour exact", about)


def hour_missing(about: About) -> Fault:
    """« jusqu'à 18h » alone."""
    return warning("hours", "l'heure de début manque : l'heure de fin n'est pas gardée ; écrivez « 14h-18h »", about)


def two_hours(first: int, second: int) -> Fault:
    """The date's hour and the hours' cell don't agree."""
    return warning(
        "hours_twice",
        f"la date dit {clock(first)} et l'horaire {clock(second)} : {clock(first)} est gardé ; n'écrivez qu'une heure",
        "start",
    )


def no_hours_on(day: date) -> Fault:
    """Hours for other weekdays than the date's."""
    message = f"ces horaires ne disent rien du {WEEKDAYS[day.weekday()]} : le jour seul est gardé"
    return warning("hours", f"{message} ; écrivez « 14h30 » ou « 14h30-17h »", "start")


def hours_unreadable(about: About) -> Fault:
    """A cell of hours without hours."""
    if about == "end":
        return warning("hours", "heure de fin illisible : elle n'est pas gardée ; écrivez par exemple « 17h »", about)
    return warning("hours", "heure illisible : le jour seul est gardé ; écrivez « 14h30 » ou « 14h30-17h »", about)


def midnight(day: date) -> Fault:
    """« minuit » as a start: of which day."""
    return warning(
        "midnight", f"« minuit » est lu comme le tout début du {spoken(day)} ; pour la nuit suivante, changez le jour"
    )


def too_many(most: int) -> Fault:
    """More days than anyone reads."""
    return warning("too_many", f"plus de {most} dates : seules les premières sont gardées ; écrivez une fin")


def words(written: str, about: About = "date") -> Fault:
    """What is in the cell besides a date."""
    message = f"« {written} » n'est pas compris ici et n'est pas imprimé ; mettez-le dans la description"
    return warning("words", message, about)


def vacations(written: str) -> Fault:
    """« hors vacances scolaires »."""
    return warning(
        "vacations",
        f"« {written} » n'est pas compris : toutes les dates sont imprimées ; écrivez les jours à sauter, "
        "« sauf du 20 au 31 décembre »",
    )


def moved(written: str) -> Fault:
    """« reporté au … »."""
    return warning("moved", f"« {written} » : seule la nouvelle date est gardée ; vérifiez-la")


def adjacent(written: str) -> Fault:
    """« 10h 12h »."""
    advice = "écrivez « 10h-12h » ou « 10h et 12h »"
    return warning("ambiguous", f"« {written} » est lu comme un début et une fin ; {advice}")


def slash(written: str) -> Fault:
    """« 3/10 mars »."""
    advice = "écrivez « 3 et 10 mars » ou « du 3 au 10 mars »"
    return warning("ambiguous", f"« {written} » est lu comme des jours séparés ; {advice}")


def end_refused(reason: str) -> Fault:
    """The cell of the last day can't be used."""
    return warning("date_end", f"la date de fin n'est pas gardée : {reason}", "end")


def end_twice(first: date, second: date) -> Fault:
    """The date and the cell of the last day don't agree."""
    return warning(
        "date_end",
        f"la date finit le {spoken(first, False)} et la date de fin dit {spoken(second, False)} : "
        "la première est gardée ; n'en écrivez qu'une",
        "end",
    )


def no_deadline_rule() -> Fault:
    """« tous les mardis » as a deadline."""
    return error("unreadable", "une date limite est un seul jour ; écrivez par exemple « 15 janvier 2022 »")


def no_such_hour(written: str) -> Fault:
    """« 25h »."""
    return warning("hours", f"« {written} » n'est pas une heure : le jour seul est gardé ; écrivez de 0h à 24h")


def two_ends(first: int, second: int) -> Fault:
    """A range in the start's cell, and another end in its own."""
    message = f"l'horaire finit à {clock(first)} et l'heure de fin dit {clock(second)} : {clock(first)} est gardé"
    return warning("hours_twice", f"{message} ; n'écrivez qu'une fin", "end")


def nothing_left() -> Fault:
    """« les 24 et 25 décembre sauf les 24 et 25 »."""
    return error("empty", "aucune date ne reste après les exceptions ; corrigez ce qui suit « sauf »")


def bound_unreadable() -> Fault:
    """« tous les mardis jusqu'aux vacances »."""
    return error(
        "bound", "le début ou la fin de ces dates est illisible ; écrivez « du 4 janvier 2022 au 28 juin 2022 »"
    )
