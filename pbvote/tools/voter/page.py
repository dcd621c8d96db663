"""The few things that a client without a browser reads from a page: forms, marks, meta values."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from pbvote.tools.voter.errors import PageUnreadable

_CSRF_FIELD = "csrf_token"


@dataclass(slots=True)
class Form:
    """A form as the page offers it: where it goes and what it holds before anybody types."""

    action: str = ""
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)
    boxes: dict[str, str] = field(default_factory=dict)
    """Boxes that are not ticked, with the value that each would send."""

    def with_(self, typed: dict[str, str]) -> dict[str, str]:
        """The form's values with the typed ones over them."""
        return {**dict(self.fields), **typed}

    @property
    def names(self) -> set[str]:
        """The names of its fields."""
        return {name for name, _ in self.fields}


class Page(HTMLParser):
    """A page, read once."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.meta: dict[str, str] = {}
        self.marks: dict[str, dict[str, str]] = {}
        self.links: list[str] = []
        self.classes: set[str] = set()
        self._form: Form | None = None
        self._area = ""
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self._texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of forms, fields, metas, links and elements with an id."""
        values = {name: value or "" for name, value in attrs}
        self.classes.update(values.get("class", "").split())
        if "id" in values:
            self.marks[values["id"]] = values
        if tag == "meta" and "name" in values:
            self.meta[values["name"]] = values.get("content", "")
        elif tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag == "form":
            self._form = Form(action=values.get("action", ""), method=values.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag in {"input", "button", "textarea", "select", "option"}:
            self._take_field(tag, values)

    def _take_field(self, tag: str, values: dict[str, str]) -> None:
        if tag == "option":
            self._options.append((values.get("value", ""), "selected" in values))
            return
        name = values.get("name", "")
        if tag == "textarea":
            self._area, self._texts = name, []
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "input" and name and self._form is not None:
            kind = values.get("type", "text")
            chosen = kind not in {"checkbox", "radio"} or "checked" in values
            if kind == "checkbox" and not chosen:
                self._form.boxes[name] = values.get("value", "on")
            if chosen and kind not in {"submit", "button", "file"}:
                self._form.fields.append((name, values.get("value", "")))

    def handle_data(self, data: str) -> None:
        """Text inside a text area."""
        if self._area:
            self._texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Finish a form, a text area or a select."""
        if tag == "form":
            self._form = None
        elif tag == "textarea" and self._area:
            if self._form is not None:
                self._form.fields.append((self._area, "".join(self._texts).removeprefix("\n")))
            self._area = ""
        elif tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected] or [
                value for value, _ in self._options[:1]
            ]
            if self._form is not None and chosen:
                self._form.fields.append((self._select, chosen[0]))
            self._select = ""

    def form(self, *names: str, to: str = "") -> Form:
        """The first form to post that has these fields and, where ``to`` is given, posts there.

        A form without an action posts to its own page and fits any ``to``.

        Raises:
            PageUnreadable: there is none.
        """
        for form in self.forms:
            fits = not to or form.action in {"", to}
            if form.method == "post" and set(names) <= form.names and fits:
                return form
        raise PageUnreadable(missing=" ".join(names) or to or "form")

    def mark(self, element: str) -> dict[str, str]:
        """The attributes of the element with that id.

        Raises:
            PageUnreadable: there is none.
        """
        if element not in self.marks:
            raise PageUnreadable(missing=f"#{element}")
        return self.marks[element]

    @property
    def csrf(self) -> str:
        """The page's token against forged requests.

        Raises:
            PageUnreadable: it has none.
        """
        token = self.meta.get("csrf-token", "") or next(
            (dict(form.fields)[_CSRF_FIELD] for form in self.forms if _CSRF_FIELD in form.names), ""
        )
        if not token:
            raise PageUnreadable(missing="csrf-token")
        return token
