"""Smaller answers: gzip for text, but never where a secret of the reader could be guessed by its size.

A page of somebody signed in carries a token beside words that others can choose (BREACH, Gluck, Harris
and Prado 2013): those pages go out as they are. Pages without a session hold no secret.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, request, session

_TEXTS = ("text/", "application/javascript", "application/json", "image/svg+xml")
_LEAST = 1024


def install(app: Flask) -> None:
    """Compress what may be compressed, at the end of every request."""

    @app.after_request
    def smaller(response: Response) -> Response:
        static = request.endpoint == "static"  # no file of ours holds a secret, whoever asks
        if not _may(response) or (app.config["SESSION_COOKIE_NAME"] in request.cookies and not static):
            return response
        if session.modified or "Set-Cookie" in response.headers:
            return response  # a session begins with this answer
        tag = response.get_etag()[0]
        if tag is not None:
            response.set_etag(f"{tag}-gzip")
            if request.if_none_match.contains(f"{tag}-gzip"):
                return _unchanged(response)
        content = _whole(response)
        if len(content) < _LEAST:
            return response
        response.set_data(_compressed(content) if static else gzip.compress(content, 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
        return response


@lru_cache(maxsize=64)
def _compressed(content: bytes) -> bytes:
    """The same files again and again: compressed once."""
    return gzip.compress(content, 9, mtime=0)


def _unchanged(response: Response) -> Response:
    """304: the reader has the compressed file already."""
    _whole(response)
    response.set_data(b"")
    response.status_code = 304
    response.headers.pop("Content-Length", None)
    response.vary.add("Accept-Encoding")
    return response


def _whole(response: Response) -> bytes:
    """The body, read into memory; a file that it came from is closed."""
    source = response.response
    response.direct_passthrough = False
    content = response.get_data()
    if hasattr(source, "close"):
        source.close()
    return content


def _may(response: Response) -> bool:
    return (
        response.status_code == 200
        and request.accept_encodings.quality("gzip") > 0
        and "Content-Encoding" not in response.headers
        and "Content-Range" not in response.headers
        and (response.mimetype or "").startswith(_TEXTS)
        and not response.headers.get("Content-Disposition", "").startswith("attachment")
    )
