"""Forms of pages as classes: each field with its label, its hint and its kind, drawn by ``base/_forms.html``.

A class stands beside the view that uses it. Texts are marked with ``N_`` and translated when they are drawn.
Nothing is judged here: the services say what is wrong, and what was typed stays as it was typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from flask import request
from werkzeug.datastructures import CombinedMultiDict
from wtforms import FileField, Form, StringField

from pbvote.words.catalogue import translated

Choices = Iterable[tuple[str, str]]


class Text(StringField):  # type: ignore[misc]
    """One line, trimmed; ``attrs``: further attributes of its input."""

    drawn = "text"
    secret = False

    def __init__(
        self,
        label: str,
        *,
        hint: str = "",
        type: str = "text",
        autocomplete: str = "",
        inputmode: str = "",
        optional: bool = False,
        attrs: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(label, default="", description=hint, **more)
        self.input_type, self.autocomplete, self.inputmode = type, autocomplete, inputmode
        self.optional, self.attrs = optional, dict(attrs or {})

    def process_formdata(self, valuelist: list[str]) -> None:
        """As typed, without blanks at the ends and with line ends of one kind."""
        if valuelist:
            self.data = valuelist[0].strip().replace("\r\n", "\n")


class Secret(Text):
    """A password: neither trimmed nor ever shown again."""

    secret = True

    def __init__(self, label: str, *, autocomplete: str = "off", **more: Any) -> None:
        super().__init__(label, type="password", autocomplete=autocomplete, **more)

    def process_formdata(self, valuelist: list[str]) -> None:
        """As typed: blanks are part of it."""
        if valuelist:
            self.data = valuelist[0]


class OneTimeCode(Text):
    """The six digits of an authenticator: good once, so never shown again."""

    secret = True

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, autocomplete="one-time-code", inputmode="numeric", **more)


class Money(Text):
    """An amount in NT$; the page says what is read beside it."""

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, attrs={"data-money": ""}, **more)


class Area(Text):
    """Several lines."""

    drawn = "area"

    def __init__(self, label: str, *, rows: int = 6, **more: Any) -> None:
        super().__init__(label, **more)
        self.rows = rows


class Select(Text):
    """One of ``choices``, values with their words, which the view fills in."""

    drawn = "select"

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, **more)
        self.choices: Choices = ()


class Radios(Select):
    """A choice of which all values are to be seen at once."""

    drawn = "radios"


class Checks(Select):
    """Any number of ``choices``."""

    drawn = "checks"

    def process_formdata(self, valuelist: list[str]) -> None:
        """Every value that was ticked."""
        self.data: Any = valuelist


class Upload(FileField):  # type: ignore[misc]
    """A file, of which the form never knows the name; ``accept``: which ones the browser offers.

    ``camera``: a telephone takes a photograph at once.
    """

    drawn = "text"
    secret = True
    input_type, autocomplete, inputmode, optional = "file", "", "", False

    def __init__(self, label: str, *, accept: str, hint: str = "", camera: bool = False, **more: Any) -> None:
        super().__init__(label, description=hint, **more)
        self.attrs = {"accept": accept} | ({"capture": "environment"} if camera else {})

    def content(self, most: int = -1) -> bytes:
        """Its bytes, ``most`` of them; none where no file was chosen."""
        return bytes(self.data.stream.read(most)) if hasattr(self.data, "stream") else b""


class PageForm(Form):  # type: ignore[misc]
    """A form of a page: its fields, and the words around them, marked with ``N_``."""

    title: ClassVar[str] = ""
    lead: ClassVar[str] = ""
    button: ClassVar[str] = ""
    variant: ClassVar[str] = ""
    """How the button looks: ``danger``, ``quiet`` or ``wide``."""

    @classmethod
    def typed(cls, **start: str) -> Any:
        """The form as it was sent, or with what it starts with."""
        sent: CombinedMultiDict[str, Any] = CombinedMultiDict([request.files, request.form])
        return cls(sent if request.method == "POST" else None, data=start)

    @property
    def sends_files(self) -> bool:
        """Whether a file belongs to it."""
        return any(isinstance(field, Upload) for field in self)

    def label_of(self, name: str) -> str:
        """What the form calls a field, to the reader; nothing for one that it does not have."""
        return translated(str(self[name].label.text)) if name in self else ""
