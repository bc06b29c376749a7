"""Who is told that somebody could not be told."""

from __future__ import annotations

from linli.kernel.matters.models import Matter
from linli.kernel.notices.models import Notice
from linli.kernel.people import duty, posts

# Of the program itself, not of a pack: it is about the office's own post
_REPORTER = {
    "zh": "{number} 的报事人没有收到通知（{channel}）。请打电话告诉他。",
    "en": "The person who reported {number} did not get a notice ({channel}). Please ring them up.",
}
_COLLEAGUE = {
    "zh": "{name} 没有收到关于 {number} 的通知（{channel}）。请当面或打电话告知。",
    "en": "{name} did not get a notice about {number} ({channel}). Please tell them yourself.",
}
_CHANNELS = {"file": {"zh": "短信", "en": "text message"}, "email": {"zh": "邮件", "en": "e-mail"}}


def shown_to(notice: Notice) -> int | None:
    """Whoever answers for the matter; if they are the one not reached, the nearest above them who leads. None for a
    notice about no matter, and for one that said nothing but this."""
    if notice.kind == "notice.given_up" or notice.matter_id is None:
        return None
    matter = Matter.objects.filter(id=notice.matter_id).only("id", "holder_id", "path").first()
    if matter is None:
        return None
    if matter.holder_id is not None and matter.holder_id != notice.person_id:
        return matter.holder_id
    above = [duty.holder(role, matter.path) for role in sorted(posts.leading())]
    fit = [holding for holding in above if holding is not None and holding.person_id != notice.person_id]
    return max(fit, key=lambda holding: (len(holding.path), holding.on_duty)).person_id if fit else None


def words_about(notice: Notice) -> dict[str, str]:
    """The sentence in both languages: the matter's number, and the name of a colleague but never of a reporter."""
    matter = Matter.objects.filter(id=notice.matter_id or 0).only("id", "day", "serial").first()
    number = matter.number if matter else "—"
    colleague = duty.name_of(notice.person_id) if not notice.address else ""
    form = _COLLEAGUE if colleague else _REPORTER
    return {
        lang: form[lang].format(
            number=number, name=colleague, channel=_CHANNELS.get(notice.channel, {}).get(lang, notice.channel)
        )
        for lang in ("zh", "en")
    }
