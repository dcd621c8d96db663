"""What residents do with each other's proposals: endorse, ask, comment, report, follow."""
