"""送件審核 (moderation): the queue, decisions with reasons, and word to the proposer."""
