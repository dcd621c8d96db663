"""What else may win beside the winners so far: top n, exclusion sets (擇一), caps of groups (組別)."""

from __future__ import annotations

from pbvote.core.tally.outcome import Fate, Verdict
from pbvote.core.tally.profile import Project
from pbvote.core.tally.spec import CountSpec


class Limits:
    """The limits of a rule as the winners come in; none of them looks at the budget."""

    def __init__(self, spec: CountSpec) -> None:
        self._spec = spec
        self._winners: set[int] = set()
        self._taken = {group.name: 0 for group in spec.groups}
        self._money = {group.name: 0 for group in spec.groups}

    def obstacle(self, project: Project) -> Verdict | None:
        """The first limit that the project would break, in the order top n, exclusion, groups."""
        spec = self._spec
        if spec.most_winners and len(self._winners) >= spec.most_winners:
            return Verdict(fate=Fate.FULL)
        for exclusive in spec.exclusions:
            if project.number in exclusive:
                for other in exclusive:
                    if other in self._winners:
                        return Verdict(fate=Fate.EXCLUDED, by=other)
        for group in spec.groups:
            if project.number not in group.projects:
                continue
            if group.most and self._taken[group.name] >= group.most:
                return Verdict(fate=Fate.OVER_CAP, group=group.name)
            over = self._money[group.name] + project.cost - group.cap
            if group.cap and over > 0:
                return Verdict(fate=Fate.OVER_CAP, group=group.name, missing=over)
        return None

    def take(self, project: Project) -> None:
        """Count a winner in."""
        self._winners.add(project.number)
        for group in self._spec.groups:
            if project.number in group.projects:
                self._taken[group.name] += 1
                self._money[group.name] += project.cost
