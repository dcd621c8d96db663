"""Headers of every answer."""

from __future__ import annotations

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

WITH_WORKER = CONTENT_SECURITY_POLICY.replace("trusted-types 'none'", "trusted-types pbvote-worker")
"""For booth and check-in, which begin a service worker: one policy of that name, which knows one address."""

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def with_map(origin: str) -> str:
    """The policy of a page with a map: pictures from the tiles' source, and markup that Leaflet builds.

    No page on which somebody identifies or votes gets this one.
    """
    parts = [part for part in CONTENT_SECURITY_POLICY.split("; ") if "trusted-types" not in part]
    return "; ".join(f"{part} {origin}" if part.startswith("img-src") else part for part in parts)


def allow_position(response: Response) -> Response:
    """The page may ask the device where it is; no other page may."""
    allowed = HEADERS["Permissions-Policy"].replace("geolocation=()", "geolocation=(self)")
    response.headers["Permissions-Policy"] = allowed
    return response


def install(app: Flask, content_policy: str = CONTENT_SECURITY_POLICY) -> None:
    """Send the headers with every answer, errors included; pages with a person on them stay uncached."""
    headers = HEADERS | {"Content-Security-Policy": content_policy}

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if app.config.get("SESSION_COOKIE_SECURE"):
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if "Cache-Control" not in response.headers and request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response
