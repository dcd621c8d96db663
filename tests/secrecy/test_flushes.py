"""Whoever compares two states of the box sees ballots of at least K people of one style mixed (S7)."""

from __future__ import annotations

from tests.secrecy.whole_poll import EVERY, STYLES, Flush, Held, K


def appended(flush: Flush, held: Held) -> dict[str, set[bytes]]:
    """What the log holds afterwards and did not hold before, by style."""
    assert flush.log_after[: len(flush.log_before)] == flush.log_before
    known = {voter.entry: voter for voter in held.voters}
    found: dict[str, set[bytes]] = {style: set() for style in STYLES}
    for entry in flush.log_after[len(flush.log_before) :]:
        if entry in known:
            found[known[entry].style].add(known[entry].entry_hash)
    return found


def test_every_flush_mixes_at_least_k_and_keeps_k_of_the_style_back(held: Held) -> None:
    seen = 0
    for flush in held.flushes[:-1]:
        for style, names in appended(flush, held).items():
            waiting = flush.waiting_before.get(style, set())
            kept = flush.waiting_after.get(style, set())
            assert names | kept == waiting
            assert not names & kept
            if names:
                seen += 1
                assert len(waiting) >= 2 * K
                assert len(names) >= K
                assert len(kept) == K
            else:
                assert kept == waiting
    assert seen >= 2 * len(STYLES)


def test_the_last_flush_takes_all_and_at_least_k_of_each_style(held: Held) -> None:
    last = held.flushes[-1]
    assert last.waiting_after == {}
    for style, names in appended(last, held).items():
        assert names == last.waiting_before[style]
        assert len(names) >= K


def test_each_ballot_enters_the_log_once(held: Held) -> None:
    entries = [entry for entry in held.flushes[-1].log_after if entry[:1] == b"\x02"]
    assert len(entries) == len(set(entries)) == len(held.voters)


def test_those_held_back_are_drawn_by_chance_and_not_by_arrival(held: Held) -> None:
    """If the newest (or the oldest) always stayed, two states of the log would tell the others apart."""
    newest = oldest = rounds = 0
    for flush in held.flushes[:-1]:
        for style, names in appended(flush, held).items():
            if not names:
                continue
            rounds += 1
            by_rank = sorted(flush.waiting_before[style], key=lambda name: held.voter_of(name).rank)
            kept = flush.waiting_after[style]
            newest += kept == set(by_rank[-K:])
            oldest += kept == set(by_rank[:K])
    assert rounds >= 4
    assert newest < rounds - 1
    assert oldest < rounds - 1


def test_an_attacker_who_sees_each_round_cannot_tell_new_from_old(held: Held) -> None:
    """A batch holds ballots that came since the last flush and ballots that had been held back before.

    Over the whole poll, at least one batch mixes ballots of different rounds: being absent from one
    state of the log and present in the next does not date a ballot.
    """
    mixed = 0
    for flush in held.flushes:
        for names in appended(flush, held).values():
            rounds = {held.voter_of(name).rank // EVERY for name in names}
            mixed += len(rounds) > 1
    assert mixed >= 2
