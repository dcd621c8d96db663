"""Files: pictures, files of participatory budgets, and the vectors that two implementations share."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from PIL import Image


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), *, shade: int = 0) -> bytes:
    """A small picture that says which camera took it, and lies on its side."""
    image = Image.new("RGB", size, (shade, 80, 90))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter
    exif[0x010F] = "CAMERA-SECRET"
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    return out.getvalue()


def pb(
    *,
    kind: str = "approval",
    votes: tuple[str, ...] = ("1;a", "2;a,b", "3;c"),
    projects: tuple[str, ...] = ("a;60;Alpha", "b;50;Beta", "c;40;Gamma"),
    columns: str = "project_id;cost;name",
    **meta: str,
) -> str:
    """The text of a small file; keywords are keys of META."""
    known = {
        "description": "Small",
        "country": "Taiwan",
        "unit": "Invented",
        "instance": "2026",
        "num_projects": str(len(projects)),
        "num_votes": str(len(votes)),
        "budget": "100",
        "vote_type": kind,
        "rule": "greedy",
        "date_begin": "01.03.2026",
        "date_end": "2026",
    }
    lines = ["META", "key;value", *(f"{key};{value}" for key, value in {**known, **meta}.items())]
    header = "voter_id;vote;points" if votes and votes[0].count(";") == 2 else "voter_id;vote"
    return "\n".join([*lines, "PROJECTS", columns, *projects, "VOTES", header, *votes, ""])


def ballot_form_vectors() -> dict[str, Any]:
    """What every ballot form says of many choices: the same for Python and for the browser."""
    path = Path(__file__).parents[1] / "vectors" / "ballot_forms.json"
    vectors: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return vectors
