"""What an agency wrote, in other languages: a translation stands for exactly the text it was made from.

Kept with the call by language and by a digest of the Chinese text. A text that is changed has no
translation until somebody gives one: nobody ever reads, or agrees to, the translation of another text. The
same words (a district that is an area too) are translated once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.rules.instants import instant_text
from pbvote.core.types import Actor, Role
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries
from pbvote.rooms.calls.errors import TranslationChanged
from pbvote.rooms.calls.kinds import Line
from pbvote.rooms.calls.layout import Field
from pbvote.rooms.calls.queries import PRIVACY_NOTICE_FIELDS, CallView, text_digest
from pbvote.rooms.calls.values import Values, row_count, row_lists, single_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A text of a call that residents read; ``name``: of the first field that holds it."""

    digest: str
    name: str
    field: Field
    text: str
    translation: str = ""


def pieces(call: CallView, language: str) -> list[Piece]:
    """Every text of the call in the order of the form, with its translation where there is one.

    ``language``: a code such as ``en``. A title or name with an English field of its own is left out of
    English where that is filled in.
    """
    values = dict(call.draft)
    if call.notice is not None:
        values |= {f"notice.{name}": getattr(call.notice, name) for name in PRIVACY_NOTICE_FIELDS}
    found: dict[str, Piece] = {}
    for name, field in _translatable(values):
        kind = field.kind
        text = kind.kept(values.get(name, "")) if isinstance(kind, Line) else ""
        if not text or (language == "en" and values.get(f"{name}_en", "").strip()):
            continue
        digest = text_digest(text)
        given = call.translation(text, language)
        found.setdefault(digest, Piece(digest=digest, name=name, field=field, text=text, translation=given))
    return list(found.values())


def missing(call: CallView, language: str) -> list[Piece]:
    """The texts that have no translation in that language yet."""
    return [piece for piece in pieces(call, language) if not piece.translation]


def _translatable(values: Values) -> Iterator[tuple[str, Field]]:
    for field in single_fields():
        if field.translatable:
            yield field.name, field
    for rows in row_lists():
        for number in range(row_count(values, rows)):
            for field in rows.fields:
                if field.translatable:
                    yield f"{rows.name}.{number}.{field.name}", field


def save_translations(
    rt: Runtime,
    actor: Actor,
    call_id: str,
    language: str,
    *,
    typed: Mapping[str, str],
    shown: Mapping[str, str],
) -> CallView:
    """The texts typed for their digests are the translations; an empty one takes a translation back.

    ``shown``: what the page held when the officer began, so that a colleague's text is never overwritten
    unseen. Once the call is published, what a translation replaces is kept with the time.

    Raises:
        CallUnknown, RoleNeeded: not this actor's to translate.
        InvalidInput: texts that are too long, or that somebody else changed meanwhile, by digest.
    """
    now = rt.clock()
    with rt.main() as tx:
        row = queries.locked(tx, call_id)
        call = queries.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
        changes = _changes(pieces(call, language), typed, shown)
        if changes:
            kept = dict(row.translations)
            texts = dict(kept.get(language, {}))
            if call.published_at is not None:
                until = instant_text(now)
                kept["replaced"] = list(kept.get("replaced", [])) + [
                    {"language": language, "digest": digest, "text": texts[digest], "until": until}
                    for digest in changes
                    if digest in texts
                ]
            texts |= changes
            kept[language] = {digest: text for digest, text in texts.items() if text}
            row.translations = kept
            activity.record(
                tx,
                actor,
                Activity.CALL_TRANSLATE,
                at=now,
                call_id=call_id,
                language=language,
                texts=len(changes),
            )
            tx.flush()
        return queries.get_call(tx, call_id)


def _changes(known: list[Piece], typed: Mapping[str, str], shown: Mapping[str, str]) -> dict[str, str]:
    """What was typed and differs from what stands. Raises what is wrong with it, all at once."""
    changes: dict[str, str] = {}
    findings: list[InvalidInput] = []
    for piece in known:
        kind = piece.field.kind
        if piece.digest not in typed or not isinstance(kind, Line):
            continue
        text = kind.kept(typed[piece.digest])
        before = kind.kept(shown.get(piece.digest, ""))
        if text in (before, piece.translation):
            continue
        if piece.translation != before:
            findings.append(TranslationChanged(field=piece.digest, value=piece.translation))
            continue
        try:
            changes[piece.digest] = kind.read(text, field=piece.digest) if text else ""
        except InvalidInput as error:
            findings.append(error)
    raise_findings(findings)
    return changes
