"""提案 (proposals): drafts, submission, revision, withdrawal, pictures and workshop entry."""
