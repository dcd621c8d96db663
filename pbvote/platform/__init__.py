"""What every room stands on: settings, databases, clock, activity log, outbox, public logs."""
