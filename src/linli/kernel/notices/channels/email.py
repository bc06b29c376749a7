"""E-mail over the mail server that ``LINLI_SMTP_URL`` names."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs, unquote, urlparse

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from linli.kernel import ids
from linli.kernel.notices.addresses import Reach
from linli.kernel.notices.channels.base import Channel, Letter, Retry, Undeliverable

SUBJECT = {"zh": "邻里通知", "en": "A notice from Linli"}
_TIMEOUT = 20


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    user: str
    password: str
    tls: bool
    ssl: bool
    sender: str


@cache
def server(address: str) -> Server:
    """``smtp://user:password@host:587/?from=office@host&tls=1``; ``smtps://`` speaks TLS from the first byte."""
    url = urlparse(address)
    asked = {key: values[-1] for key, values in parse_qs(url.query).items()}
    ssl = url.scheme == "smtps"
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise ValueError("a mail server is written smtp://user:password@host:port/?from=name@host")
    user = unquote(url.username or "")
    sender = asked.get("from") or (user if "@" in user else f"linli@{url.hostname}")
    return Server(
        url.hostname,
        url.port or (465 if ssl else 25),
        user,
        unquote(url.password or ""),
        asked.get("tls") == "1" and not ssl,
        ssl,
        sender,
    )


class Email(Channel):
    name = "email"

    def suits(self, reach: Reach, urgent: bool) -> bool:
        return reach.email

    def deliver(self, letter: Letter) -> None:
        if not letter.to.email:
            raise Undeliverable("no mail address")
        if not settings.SMTP_URL:
            raise Retry("no mail server is configured")
        there = server(settings.SMTP_URL)
        connection = get_connection(
            "django.core.mail.backends.smtp.EmailBackend",
            host=there.host,
            port=there.port,
            username=there.user,
            password=there.password,
            use_tls=there.tls,
            use_ssl=there.ssl,
            timeout=_TIMEOUT,
        )
        headers = {"Message-ID": f"<{ids.text(letter.notice_id)}@{there.sender.partition('@')[2]}>"}
        subject = SUBJECT["en" if letter.lang == "en" else "zh"]
        message = EmailMessage(
            subject, letter.words, there.sender, [letter.to.email], connection=connection, headers=headers
        )
        try:
            message.send()
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            if codes and all(500 <= code < 600 for code in codes):
                raise Undeliverable(f"refused with {codes[0]}") from refused
            raise Retry("recipient refused for now") from refused
        except smtplib.SMTPResponseException as answer:
            kind = Undeliverable if 550 <= answer.smtp_code <= 559 else Retry
            raise kind(f"the mail server said {answer.smtp_code}") from answer
        except (OSError, smtplib.SMTPException) as trouble:
            raise Retry(f"mail server: {type(trouble).__name__}") from trouble
