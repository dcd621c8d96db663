"""Which voter ids of a Pabulib file stand in it more than once, in little memory."""

from __future__ import annotations


class VoterIds:
    """Voter ids seen so far; ids that count up from the first row take no memory."""

    def __init__(self) -> None:
        self._first = self._last = -1
        self._others: set[str] = set()
        self.again = 0
        self.first_again = ""

    def see(self, voter: str) -> None:
        """Take the id of a row."""
        number = int(voter) if voter.isascii() and voter.isdecimal() and str(int(voter)) == voter else -1
        if number >= 0 and self._first < 0:
            self._first = self._last = number
        elif number >= 0 and number == self._last + 1 and voter not in self._others:
            self._last = number
        elif voter in self._others or self._first <= number <= self._last != -1:
            self.again += 1
            self.first_again = self.first_again or voter
        else:
            self._others.add(voter)
