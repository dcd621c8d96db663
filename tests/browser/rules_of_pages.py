"""Taiwan's own rules (網站無障礙規範 110.07 and 115.11), by the community's checker ``a11y-moda``."""

from __future__ import annotations

import os
from typing import Final
from unittest import mock

from a11y_moda.models import Level, PageReport
from a11y_moda.rules import all_rules
from a11y_moda.rules.base import RuleContext
from bs4 import BeautifulSoup

WCAG: Final = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
"""What axe is asked."""


def faults(html: str, url: str) -> list[str]:
    """What a page breaks of level A and AA; ``url`` on loopback, from where its style sheet is read."""
    report = PageReport(url=url)
    soup, context = BeautifulSoup(html, "lxml"), RuleContext()
    with mock.patch.dict(os.environ, A11Y_ALLOW_PRIVATE_HOSTS="1"):
        for rule in all_rules():
            if rule.meta.level <= Level.AA and not rule.uses_llm:
                rule.check(soup, report, html=html, url=url, ctx=context)
    broken = [each for each in report.issues if each.status == "fail"]
    return [f"{each.rule_id}: {each.message} {each.snippet[:120]}" for each in broken]
