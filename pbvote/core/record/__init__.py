"""The election record: its files, the audit as one function, Pabulib."""
