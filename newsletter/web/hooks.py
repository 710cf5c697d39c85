"""Hooks: what programs post here, and no page. SendGrid's events in; 204 once they are on disk, so that it tells them
again until they are.
"""

import logging

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response

from newsletter import pipeline
from newsletter.errors import ConfigError, TokenRefused
from newsletter.web.desk import Office

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
NOBODY = "rien à cette adresse"

log = logging.getLogger(__name__)


async def sendgrid(request: Request) -> Response:
    """Events of copies. 403 when SendGrid didn't sign them, 404 when no key says how one knows."""
    office: Office = request.app.state.office
    headers = request.headers
    post = pipeline.Post(await request.body(), headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, ""))
    try:
        await run_in_threadpool(pipeline.hear_post, office.config, office.store, post, office.clock())
    except TokenRefused as error:
        log.warning("webhook_refused reason=%s", error)
        return PlainTextResponse(str(error), 403)
    except ConfigError as error:
        log.error("webhook_closed reason=%s", error)
        return PlainTextResponse(NOBODY, 404)
    return Response(status_code=204)
