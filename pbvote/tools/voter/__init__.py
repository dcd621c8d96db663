"""The voter's side of the protocol, written a second time beside the browser module.

Knows the core alone, and the service only through HTTP: whatever it relies on is in the manifest,
and what the service answers is checked before it is used. Each step is saved before it is shown to
anybody, so that a voter who loses power between any two goes on with the same bytes::

    poll = open_poll(transport, call_id, expect=election_hash_on_the_notice)
    attempt = vote(poll, transport, Person("A123456789", birth_on), choices=[3, 7], shelf=shelf)
    check_code(attempt.entry_hash)
"""
