"""Kinds of what residents write."""

from __future__ import annotations

from enum import StrEnum


class CommentKind(StrEnum):
    """What somebody writes under a proposal."""

    COMMENT = "comment"
    QUESTION = "question"
    ANSWER = "answer"
