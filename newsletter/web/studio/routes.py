"""The routes of the studio, in one table: what each does decides who may (model.studio.MAY). None: before coming in."""

from collections.abc import Awaitable, Callable

from fastapi import Depends
from fastapi.responses import Response
from fastapi.routing import APIRoute

from newsletter.model.studio import Act
from newsletter.web.studio import (
    approval,
    edition,
    entering,
    home,
    ledgers,
    letters,
    live,
    readers,
    review,
    sources,
    uploads,
    versions,
)
from newsletter.web.studio.room import AT, enter, invited, outside


class Route(APIRoute):
    """A route, and what it does. Nobody comes to its page but through the room, whatever the page asks for."""

    act: Act | None = None
    guest: bool = False


def _page(
    path: str, endpoint: Callable[..., Response | Awaitable[Response]], act: Act | None, method: str = "GET"
) -> Route:
    guest = path.startswith("/relire/")
    door = outside if act is None else invited if guest else enter
    route = Route(
        AT + path,
        endpoint,
        methods=[method],
        dependencies=[Depends(door)],
        response_model=None,
        include_in_schema=False,
    )
    route.act, route.guest = act, guest
    return route


ROUTES: list[Route] = [
    _page("/entrer", entering.form, None),
    _page("/entrer", entering.enter, None, "POST"),
    _page("/lien", entering.ask_link, None, "POST"),
    _page("/entrer/{token}", entering.check, None),
    _page("/entrer/{token}", entering.enter_by, None, "POST"),
    _page("/relire/{token}", review.read, Act.READ),
    _page("/relire/{token}", review.say, Act.COMMENT, "POST"),
    _page("/relire/{token}/lettre/{audience}", letters.show_guest, Act.READ),
    _page("/relire/{token}/reponse/{number:int}", review.reply, Act.COMMENT, "POST"),
    _page("", home.show, Act.READ),
    _page("/sortir", entering.leave, Act.READ, "POST"),
    _page("/compte", entering.own, Act.READ),
    _page("/compte", entering.choose_password, Act.READ, "POST"),
    _page("/comptes", ledgers.accounts, Act.ACCOUNTS),
    _page("/comptes", ledgers.add, Act.ACCOUNTS, "POST"),
    _page("/comptes/fermer", ledgers.remove, Act.ACCOUNTS, "POST"),
    _page("/journal", ledgers.log, Act.AUDIT),
    _page("/journal", ledgers.log_file, Act.AUDIT, "POST"),
    _page("/fichiers", sources.show, Act.READ),
    _page("/fichiers", sources.marked, Act.READ, "POST"),
    _page("/fichiers/deposer", uploads.drop, Act.UPLOAD, "POST"),
    _page("/fichiers/depot/{token}", uploads.show, Act.UPLOAD),
    _page("/fichiers/depot/{token}", uploads.decide, Act.UPLOAD, "POST"),
    _page("/fichiers/revenir", uploads.put_back, Act.UPLOAD, "POST"),
    _page("/{month}", edition.show, Act.READ),
    _page("/{month}/lettre/{audience}", letters.show, Act.READ),
    _page("/{month}/abonne", readers.form, Act.SUBSCRIBERS),
    _page("/{month}/abonne", readers.look, Act.SUBSCRIBERS, "POST"),
    _page("/{month}/flux", live.flux, Act.READ),
    _page("/{month}/composer", edition.compose, Act.COMPOSE, "POST"),
    _page("/{month}/textes", edition.texts, Act.ARRANGE, "POST"),
    _page("/{month}/annonce", edition.item, Act.ARRANGE, "POST"),
    _page("/{month}/essai", review.trial, Act.COMMENT, "POST"),
    _page("/{month}/relecture", review.show, Act.READ),
    _page("/{month}/remarques", review.comment, Act.COMMENT, "POST"),
    _page("/{month}/remarques/{number:int}/reponse", review.answer, Act.COMMENT, "POST"),
    _page("/{month}/remarques/{number:int}/regler", review.close, Act.CLOSE, "POST"),
    _page("/{month}/invitations", review.invite, Act.INVITE, "POST"),
    _page("/{month}/invitations/reprendre", review.uninvite, Act.INVITE, "POST"),
    _page("/{month}/accord", approval.show, Act.READ),
    _page("/{month}/accord", approval.approve, Act.APPROVE, "POST"),
    _page("/{month}/rouvrir", approval.reopen, Act.REOPEN, "POST"),
    _page("/{month}/envoi", approval.ask, Act.SEND),
    _page("/{month}/envoi", approval.send, Act.SEND, "POST"),
    _page("/{month}/annuler", approval.undo, Act.UNDO, "POST"),
    _page("/{month}/versions", versions.show, Act.READ),
]
