"""MIME: the exact bytes that leave, whatever was typed; and what any reader's program makes of them."""

import email
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.delivery import address, headers, mime, quoted
from newsletter.delivery.address import Undeliverable
from newsletter.errors import TemplateError, TransportError
from newsletter.model import Field, Message, Recipient

HTML = (
    '<!DOCTYPE html>\n<html lang="fr"><body>\n'
    "<p>Bonjour [[html:first_name]],</p>\n"
    '<p>À 14 h 30 : « Venez ! » <a href="[[html:unsubscribe]]">Se désinscrire</a>'
    '[[html:first_name]][[html:first_name]] <a href="[[html:online]]">lire en ligne</a></p>\n'
    '<a href="[[html:preferences]]">Mes préférences</a></body></html>\n'
)
TEXT = "Bonjour [[text:first_name]],\n\n.un point\nFrom ici \n\tvoilà\n\n[[text:online]]\n[[text:unsubscribe]]"
LETTER = Message(
    sender="Vie associative (exemple) <asso@malakoff.example>",
    reply_to="clva@malakoff.example",
    subject="La lettre des associations : décembre 2021",
    html=HTML,
    text=TEXT,
    domain="malakoff.example",
    date=datetime(2021, 12, 7, 9, 0, tzinfo=timezone(timedelta(hours=1))),
    headers=mime.letter_headers(
        "Lettre des associations", "associations.lettre.malakoff.example", "clva@malakoff.example"
    ),
)
LINKS = {
    Field.UNSUBSCRIBE: "https://lettre.malakoff.example/d/Abc.123-x_y",
    Field.PREFERENCES: "https://lettre.malakoff.example/p?j=Abc&k=1",
    Field.ONLINE: "https://lettre.malakoff.example/2021-12/associations",
}
MARIE = Recipient("k3J-x_9", "marie@asso.example", {Field.FIRST_NAME: "Marie", **LINKS})


def named(first_name: str) -> Recipient:
    return replace(MARIE, fields={**LINKS, Field.FIRST_NAME: first_name})


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(content: bytes, kind: str) -> str:
    body = parsed(content).get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def header(content: bytes, name: str) -> bytes:
    """The raw lines of one header."""
    match = re.search(
        rb"(?m)^" + name.encode() + rb":(?:.*\r\n)(?:[ \t].*\r\n)*", content.partition(b"\r\n\r\n")[0] + b"\r\n"
    )
    assert match is not None
    return match[0]


def filled(content: str, values: dict[Field, str], escape: bool) -> str:
    for field, value in values.items():
        value = headers.clean(value)
        if escape:
            for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#x27;")):
                value = value.replace(character, entity)
        content = content.replace(field.html, value).replace(field.text, value)
    return content


def assert_strict(content: bytes) -> None:
    """What no relay has a reason to touch."""
    assert content.endswith(b"\r\n")
    assert content.isascii()
    assert content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n")
    assert not re.search(rb"[^\x20-\x7e\t\r\n]", content)
    head, _, body = content.partition(b"\r\n\r\n")
    assert all(len(line) <= 78 or b"<http" in line or b"<mailto" in line for line in head.split(b"\r\n"))
    assert all(len(line) <= 998 and line.strip() for line in head.split(b"\r\n"))
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))


def test_a_letter_byte_for_byte() -> None:
    short = replace(LETTER, html="<p>Été [[html:first_name]]</p>\n", text="Été [[text:first_name]]\n.\n")
    assert mime.eml(short, named("Zoé & <Cie>")).decode() == (
        '''From: "Vie associative (exemple)" <asso@malakoff.example>
Reply-To: clva@malakoff.example
Subject: =?utf-8?q?La_lettre_des_associations_=3A_d=C3=A9cembre_2021?=
To: marie@asso.example
Date: Tue, 07 Dec 2021 09:00:00 +0100
Message-ID: <k3J-x_9@malakoff.example>
MIME-Version: 1.0
List-Id: Lettre des associations <associations.lettre.malakoff.example>
List-Unsubscribe: <https://lettre.malakoff.example/d/Abc.123-x_y>,
 <mailto:clva@malakoff.example?subject=unsubscribe%20associations.lettre.malakoff.example>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
List-Owner: <mailto:clva@malakoff.example>
List-Post: NO
Auto-Submitted: auto-generated
Content-Type: multipart/alternative;
 boundary="=_bd3d2bdba466ae0f2bc6dba3384b9a28"

--=_bd3d2bdba466ae0f2bc6dba3384b9a28
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

=C3=89t=C3=A9=20=
Zo=C3=A9 & <Cie>=

=2E

--=_bd3d2bdba466ae0f2bc6dba3384b9a28
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>=C3=89t=C3=A9=20=
Zo=C3=A9 &amp; &lt;Cie&gt;=
</p>

--=_bd3d2bdba466ae0f2bc6dba3384b9a28--
'''.replace("\n", "\r\n")
    )  # fmt: skip


def test_a_letter_comes_back_as_it_went_in() -> None:
    content = mime.eml(LETTER, MARIE)
    assert_strict(content)
    assert part(content, "html") == filled(HTML, dict(MARIE.fields), escape=True)
    assert part(content, "plain") == filled(TEXT, dict(MARIE.fields), escape=False)
    message = parsed(content)
    assert [p.get_content_type() for p in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert message["Subject"] == LETTER.subject
    assert message["Date"].datetime == LETTER.date
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert not message.defects


def test_the_same_copy_is_the_same_bytes_and_another_has_another_number() -> None:
    assert mime.eml(LETTER, MARIE) == mime.compile.__wrapped__(LETTER).join(MARIE).content
    other = mime.eml(LETTER, replace(MARIE, delivery="autre-1"))
    assert header(other, "Message-ID") == b"Message-ID: <autre-1@malakoff.example>\r\n"


def test_a_notice_without_html_is_one_text_part() -> None:
    content = mime.eml(replace(LETTER, html=None, headers=(("Auto-Submitted", "auto-generated"),)), MARIE)
    assert_strict(content)
    assert parsed(content).get_content_type() == "text/plain"
    assert parsed(content).get_content().replace("\r\n", "\n").startswith("Bonjour Marie,\n\n.un point\n")


@pytest.mark.parametrize("text", ["Voici", "Voici\n", "Voici [[text:online]]", "", "a\n\nb", "fin.", "\r"])
def test_a_mail_ends_with_its_line_whatever_its_text_ends_with(text: str) -> None:
    """A server that waits for the dot of a last line that never ended waits for ever."""
    content = mime.eml(replace(LETTER, html=None, text=text, headers=()), MARIE)
    assert_strict(content)
    body = parsed(content).get_content().replace("\r\n", "\n")
    assert body.rstrip("\n") == text.replace("[[text:online]]", LINKS[Field.ONLINE]).rstrip("\r\n")


# ---- values ---------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=400) | st.text("\r\n\t .=<>&\"'Fromé🎄\u202f\u200d\x00[]:", max_size=300))
@example("\r\n.\r\nMAIL FROM:<x@y>")
@example("a" * 75 + "é" * 80)
@example("=" * 200 + " ")
@example("[[html:unsubscribe]]")
@example("\ud800\ue000\x85\u2028")
def test_any_value_comes_back_on_one_line_and_touches_nothing_else(value: str) -> None:
    recipient = named(value)
    content = mime.eml(LETTER, recipient)
    assert_strict(content)
    marked = value.replace("[[", "")  # a value that looks like a mark is only text: nothing fills it again
    if value == marked:
        assert part(content, "html") == filled(HTML, dict(recipient.fields), escape=True)
        assert part(content, "plain") == filled(TEXT, dict(recipient.fields), escape=False)
    assert len(parsed(content).items()) == len(parsed(mime.eml(LETTER, MARIE)).items())


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n .=é"), max_size=500))
@example("é" * 200 + " \n.\n From \nFrom \t")
def test_any_letter_comes_back(written: str) -> None:
    content = mime.eml(replace(LETTER, html=written + "|\n[[html:online]]", text=written), MARIE)
    assert_strict(content)
    meant = written.replace("\r\n", "\n").replace("\r", "\n")
    if "[[" not in written:
        assert part(content, "plain") == meant
        assert part(content, "html") == f"{meant}|\n{LINKS[Field.ONLINE]}"


def test_a_line_never_breaks_inside_a_character() -> None:
    for before in range(80):
        lines = quoted.encode("x" * before + "é🎄" * 40).split(b"=\r\n")
        for line in lines:
            re.sub(rb"=(..)", lambda m: bytes([int(m[1], 16)]), line).decode("utf-8")


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("Zoé\r\nBcc: voleur@exemple.fr", b"=\r\nZo=C3=A9 Bcc: voleur@exemple.fr=\r\n"),
        (".\r\n.\r\nQUIT", b"=\r\n=2E . QUIT=\r\n"),
        ("Zoé\x00\x1b[31m\u202eeoZ\u2066", b"=\r\nZo=C3=A9[31meoZ=\r\n"),
        ("From Zoé ", b"=\r\n=46rom Zo=C3=A9=\r\n"),
        ("a=b", b"=\r\na=3Db=\r\n"),
        ("", b"=\r\n=\r\n"),
    ],
)
def test_a_first_name_on_the_wire(value: str, wire: bytes) -> None:
    assert b"Bonjour=20" + wire + b"," in mime.eml(LETTER, named(value))


def test_a_name_of_ten_thousand_characters_is_written_whole_in_short_lines() -> None:
    name = "Élodie-" * 1429
    content = mime.eml(LETTER, named(name))
    assert_strict(content)
    assert f"Bonjour {name}," in part(content, "plain")


def test_a_value_is_escaped_for_its_place_whatever_its_mark_says() -> None:
    content = mime.eml(replace(LETTER, html="<p>[[text:first_name]]</p>", text="[[html:first_name]]"), named("<b>&"))
    assert part(content, "html") == "<p>&lt;b&gt;&amp;</p>"
    assert part(content, "plain") == "<b>&"


def test_a_copy_without_its_unsubscribe_link_stops_everything() -> None:
    with pytest.raises(TransportError, match="unsubscribe"):
        mime.eml(LETTER, replace(MARIE, fields={Field.FIRST_NAME: "Zoé"}))


def test_a_first_name_nobody_knows_is_empty() -> None:
    assert "Bonjour ,\n" in part(mime.eml(LETTER, replace(MARIE, fields=LINKS)), "plain")


def test_a_mark_nobody_knows_is_a_template_at_fault() -> None:
    with pytest.raises(TemplateError, match="html:surname"):
        mime.compile(replace(LETTER, html="<p>[[html:surname]]</p>"))


# ---- headers --------------------------------------------------------------------------------------------------------

ATTACK = "Fin\r\nBcc: voleur@exemple.fr\r\n\r\n<script>\x00\u2028X-Y: z\u202e"


@pytest.mark.parametrize(
    ("change", "name", "wire"),
    [
        ({"subject": ATTACK}, "Subject", b"Subject: Fin Bcc: voleur@exemple.fr <script> X-Y: z\r\n"),
        (
            {"sender": "Fin\r\nBcc: x@y.fr <asso@malakoff.example>"},
            "From",
            b'From: "Fin Bcc: x@y.fr" <asso@malakoff.example>\r\n',
        ),
        ({"sender": "asso@malakoff.example"}, "From", b"From: asso@malakoff.example\r\n"),
        (
            {"sender": '"Côté \\"assos\\"" <a@m.example>'},
            "From",
            b"From: =?utf-8?b?Q8O0dMOpICJhc3NvcyI=?= <a@m.example>\r\n",
        ),
        (
            {"reply_to": "Bureau, CLVA <clva@été.example>"},
            "Reply-To",
            b'Reply-To: "Bureau, CLVA" <clva@xn--t-9fab.example>\r\n',
        ),
        ({"subject": "=?utf-8?q?faux?="}, "Subject", b"Subject: =?utf-8?b?PT91dGYtOD9xP2ZhdXg/PQ==?=\r\n"),
        ({"subject": ""}, "Subject", b"Subject: \r\n"),
        (
            {"subject": "La lettre de tous les habitants de la ville, et de leurs associations aussi"},
            "Subject",
            b"Subject: La lettre de tous les habitants de la ville, et de leurs\r\n associations aussi\r\n",
        ),
        ({"headers": (("X-Note", ATTACK),)}, "X-Note", b"X-Note: Fin Bcc: voleur@exemple.fr <script> X-Y: z\r\n"),
        (
            {"headers": (("List-Id", "Côté assos, décembre <cote.malakoff.example>"),)},
            "List-Id",
            b"List-Id: =?utf-8?b?Q8O0dMOpIGFzc29zLCBkw6ljZW1icmU=?= <cote.malakoff.example>\r\n",
        ),
    ],
)
def test_headers_on_the_wire(change: dict[str, object], name: str, wire: bytes) -> None:
    content = mime.eml(replace(LETTER, **change), MARIE)  # type: ignore[arg-type] # a table of fields
    assert header(content, name) == wire
    assert b"\r\nBcc" not in content


@pytest.mark.parametrize("value", ["x" * 10_000, "é" * 10_000, "mot " * 2_500, "(" * 10_000, "🎄 " * 5_000])
def test_ten_thousand_characters_in_a_header_are_folded_and_come_back(value: str) -> None:
    message = replace(LETTER, subject=value, sender=f"{value} <asso@malakoff.example>")
    content = mime.eml(message, MARIE)
    assert_strict(content)
    assert parsed(content)["Subject"] == value.strip()
    name, _, _ = header(content, "From").decode().removeprefix("From: ").rpartition(" <")
    assert str(make_header(decode_header(name))) == value.strip()
    assert parsed(content)["From"].addresses[0].addr_spec == "asso@malakoff.example"


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=200))
@example("a  b   c" * 30)
@example("\u202f« été »\u202f! " * 20)
def test_any_subject_comes_back(subject: str) -> None:
    content = mime.eml(replace(LETTER, subject=subject.replace("[[", "")), MARIE)
    assert_strict(content)
    assert parsed(content)["Subject"] == headers.clean(subject.replace("[[", "")) or not subject.isprintable()


@pytest.mark.parametrize(
    ("link", "wire"),
    [
        (
            "https://a.example/d/x>,<mailto:voleur@b.example",
            b"<https://a.example/d/x%3E%2C%3Cmailto:voleur@b.example>,",
        ),
        ("https://a.example/d/x\r\nBcc: y", b"<https://a.example/d/x%20Bcc:%20y>,"),
        ("https://été.example/d/é", b"<https://%C3%A9t%C3%A9.example/d/%C3%A9>,"),
        ("https://a.example/d/" + "x" * 800, b"<https://a.example/d/" + b"x" * 800 + b">,"),
    ],
)
def test_an_unsubscribe_link_stays_whole_inside_its_brackets(link: str, wire: bytes) -> None:
    content = mime.eml(LETTER, replace(MARIE, fields={**LINKS, Field.UNSUBSCRIBE: link}))
    assert header(content, "List-Unsubscribe").split(b"\r\n")[0] == b"List-Unsubscribe: " + wire


def test_a_link_too_long_for_a_header_line_is_refused_aloud() -> None:
    with pytest.raises(TransportError, match="900"):
        mime.eml(LETTER, replace(MARIE, fields={**LINKS, Field.UNSUBSCRIBE: "https://a.example/" + "x" * 900}))


@pytest.mark.parametrize("name", ["Subject", "to", "Content-Type", "X Y", "X:Y", "X\r\nBcc", "Été", ""])
def test_a_header_of_ours_or_of_no_name_is_refused(name: str) -> None:
    with pytest.raises(TemplateError):
        mime.compile(replace(LETTER, headers=((name, "x"),)))


def test_a_mark_in_a_subject_is_refused_aloud() -> None:
    with pytest.raises(TemplateError, match="objet"):
        mime.compile(replace(LETTER, subject="Bonjour [[text:first_name]]"))


def test_a_sender_that_cannot_be_read_is_refused_aloud() -> None:
    with pytest.raises(TemplateError, match="asso malakoff"):
        mime.compile(replace(LETTER, sender="asso malakoff"))


def test_what_makes_a_letter_leavable() -> None:
    made = dict(mime.letter_headers("T", "a.example", '"a b"@x.example', archive="https://l.example/archive"))
    assert made["List-Unsubscribe"] == (
        "<[[text:unsubscribe]]>, <mailto:%22a%20b%22@x.example?subject=unsubscribe%20a.example>"
    )
    assert made["List-Archive"] == "<https://l.example/archive>"
    assert made["List-Post"] == "NO"


# ---- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        ("marie@asso.example", "To: marie@asso.example"),
        ("Marie.O'Neil+lettre@Asso.example", "To: Marie.O'Neil+lettre@Asso.example"),
        ('"a b"@x.fr', 'To: "a b"@x.fr'),
        ('"a\\"b"@x.fr', 'To: "a\\"b"@x.fr'),
        ("élodie@exemple.fr", "To: élodie@exemple.fr"),
        ("e\u0301lodie@exemple.fr", "To: élodie@exemple.fr"),
        ("contact@théâtre.fr", "To: contact@xn--thtre-4qa2c.fr"),
        ("contact@THÉÂTRE.fr", "To: contact@xn--thtre-4qa2c.fr"),
        ("用户@例え.jp", "To: 用户@xn--r8jz45g.jp"),
        ("info@straße.example", "To: info@straße.example"),
    ],
)
def test_addresses_on_the_wire(written: str, wire: str) -> None:
    content = mime.eml(LETTER, replace(MARIE, address=written))
    assert header(content, "To").decode() == wire + "\r\n"


@pytest.mark.parametrize(
    "written",
    [
        "", "marie", "@x.fr", "marie@", "a b@x.fr", "a@b c.fr", "a@x..fr", "a@-x.fr", ".a@x.fr", "a..b@x.fr",
        "a@x.fr\r\nRCPT TO:<b@y.fr>", "a\r\n@x.fr", "a\x00@x.fr", "a@x.fr>", "<a@x.fr>", "a@x.fr SIZE=1",
        "a,b@x.fr", '"a"b"@x.fr', '"a\r\nb"@x.fr', "a@[127.0.0.1]", "a\u202eb@x.fr", "a\u00a0b@x.fr", "a\u200db@x.fr",
        "\ud800@x.fr", "é" * 40 + "@x.fr", "a" * 65 + "@x.fr", "a@" + "x." * 130 + "fr", "a@x。fr\u2028", "a@é é.fr",
    ],
)  # fmt: skip
def test_an_address_that_could_say_something_else_is_refused_without_being_told(written: str) -> None:
    with pytest.raises(Undeliverable) as refused:
        mime.eml(LETTER, replace(MARIE, address=written))
    assert not written or written not in str(refused.value)


def test_only_an_accented_address_asks_for_more_of_a_server() -> None:
    assert address.parse("élodie@exemple.fr").utf8
    assert address.parse("a@straße.example").utf8
    assert not address.parse("contact@théâtre.fr").utf8


def test_a_number_that_could_break_a_header_is_refused() -> None:
    with pytest.raises(Undeliverable):
        mime.eml(LETTER, replace(MARIE, delivery="1>\r\nBcc: x"))


def test_dates_are_written_with_their_zone() -> None:
    content = mime.eml(replace(LETTER, date=datetime(2022, 7, 4, 7, 5, tzinfo=UTC)), MARIE)
    assert header(content, "Date") == b"Date: Mon, 04 Jul 2022 07:05:00 +0000\r\n"
