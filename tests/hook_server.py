"""The pages on a port of 127.0.0.1, for tests and benches of what SendGrid posts; and its key, which signs."""

import base64
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import uvicorn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from newsletter.config import Config
from newsletter.pipeline.standing import Pulse
from newsletter.store import Store
from newsletter.web import application

SECRET = ec.generate_private_key(ec.SECP256R1())
KEY = base64.b64encode(SECRET.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
PATH = "/evenements/sendgrid"


def signed(body: bytes, at: datetime) -> dict[str, str]:
    """The headers SendGrid sends with these bytes."""
    timestamp = str(int(at.timestamp()))
    signature = SECRET.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        "Content-Type": "application/json",
    }


@contextmanager
def serving(config: Config, store: Store, clock: Callable[[], datetime], pulse: Pulse | None = None) -> Iterator[int]:
    """The port."""
    pages = application(config, store, clock, pulse)
    settings = uvicorn.Config(pages, port=0, access_log=False, log_level="error", lifespan="off")
    server = uvicorn.Server(settings)
    socket = settings.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield socket.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        socket.close()
