"""The ballot forms (PRA-01), one module each; to add one, write it and list it here.

What else a form needs: words (``pbvote/words/ballot_forms.py`` and the catalogue), its rule in the browser
(``static/vote/choosing.js``), vectors (``tests/vectors/ballot_forms.json``) and a line in docs/protocol.md.
"""

from __future__ import annotations

from pbvote.core.rules.forms.base import BallotFormType
from pbvote.core.rules.forms.knapsack import Knapsack
from pbvote.core.rules.forms.plain import Between, Exactly, UpTo
from pbvote.core.rules.forms.points import Points
from pbvote.core.rules.forms.ranking import Ranking

FORMS: dict[str, BallotFormType] = {
    form.kind: form for form in (UpTo(), Exactly(), Between(), Knapsack(), Ranking(), Points())
}
