"""The public log: typed entries, the Merkle tree over them, and signed checkpoints."""
