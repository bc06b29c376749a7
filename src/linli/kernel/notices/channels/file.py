"""Lines in files of the data folder: what stands for text messages until a gateway takes them from there.

``outbox/2026-03-04.txt``, one line a message: id, number, urgent or plain, words, with tabs between. Readable by the
program's own account only.
"""

from __future__ import annotations

import os
import threading

from django.conf import settings

from linli.kernel import ids, moment
from linli.kernel.notices.addresses import Reach
from linli.kernel.notices.channels.base import Channel, Letter, Retry, Undeliverable

_writing = threading.Lock()


class File(Channel):
    name = "file"

    def suits(self, reach: Reach, urgent: bool) -> bool:
        """Text messages cost money and attention: reporters get them, staff only what is urgent."""
        return reach.phone and (urgent or bool(reach.address))

    def deliver(self, letter: Letter) -> None:
        if not letter.to.phone:
            raise Undeliverable("no number")
        words = " ".join(letter.words.split())
        line = f"{ids.text(letter.notice_id)}\t{letter.to.phone}\t{'urgent' if letter.urgent else 'plain'}\t{words}\n"
        try:
            self._append(line.encode())
        except OSError as trouble:
            raise Retry(f"outbox: {trouble.strerror or type(trouble).__name__}") from trouble

    def _append(self, line: bytes) -> None:
        path = os.path.join(settings.DATA, "outbox", f"{moment.local(moment.now()):%Y-%m-%d}.txt")
        with _writing:
            number = self._opened(path)
            try:
                os.write(number, line)  # one write, so that lines of several processes never mix
            finally:
                os.close(number)

    def _opened(self, path: str) -> int:
        how = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            return os.open(path, how, 0o600)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True, mode=0o700)
            return os.open(path, how, 0o600)
