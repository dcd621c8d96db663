"""Attacks on the whole service, and where each attack that the protocol names is tested.

=============================================  ==========================================================
attack                                         test
=============================================  ==========================================================
an honest record is valid                      tamper/test_tampering (…_is_valid_when_compared_…)
second token for a person, other spellings     attacks/test_tokens, services/test_registrar_issue
same request again, lost answers               services/test_registrar_issue, services/test_voter
race of issues: threads, processes, both DBs   services/test_registrar_races
second ballot, replay                          attacks/test_box, services/test_ballotbox_cast
race of 64 casts on one credential, both DBs   attacks/test_races
random token, token of another call or style   attacks/test_tokens, core/test_ballot, tamper/test_tampering
token under another credential                 attacks/test_tokens, core/test_ballot
every byte of a ballot, every bit              attacks/test_tokens, core/test_ballot
truncated, extended                            attacks/test_tokens, core/test_ballot, tamper/test_tampering
second form of a signature (high s)            attacks/test_tokens, core/test_credential, tamper
other salt length                              attacks/test_tokens, core/test_blind_rsa, core/test_ballot
RSA input 0, 1, n-1, n                         attacks/test_tokens, core/test_blind_rsa
copied box                                     attacks/test_box, core/test_ballot, tamper/test_tampering
cast with a cookie                             attacks/test_box, web/test_booth_box
issue after issue_until, cast after cast_until attacks/test_box, services/test_registrar_issue
box altered, emptied, reordered, added to      tamper/test_tampering (unsigned and signed again)
log shrunk                                     tamper/test_tampering
stuffing without a roll                        attacks/test_operator, tamper/test_tampering
stuffing with an invented roll (the limit)     attacks/test_operator, tamper, services/test_counting
split view, kept checkpoint                    attacks/test_operator, tamper/test_tampering
promise without inclusion                      attacks/test_operator, tamper/test_tampering
every ballot fits every issuance               secrecy/test_storage, core/test_blind_rsa
no value in both databases                     secrecy/test_storage, secrecy/test_postgres
order of arrival                               secrecy/test_order, secrecy/test_postgres
write-ahead log and free pages after a flush   secrecy/test_storage, services/test_ballotbox_flush
no fine time or network in the schema          secrecy/test_storage, architecture/test_tables
length of a sealed ballot                      secrecy/test_storage, core/test_ballot
linking by times (the measurement)             secrecy/test_linking
wrong opening key, opening too early           secrecy/test_keys_and_counts, services/test_counting
RFC 9474, RFC 6962, C2SP notes                 vectors/, core/test_merkle
hostile records                                tamper/test_hostile_records
=============================================  ==========================================================

Not here: signing with a key split between two offices. That is a choice for later, and no code.
"""
