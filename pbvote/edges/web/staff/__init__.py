"""Pages of officers and auditors."""
