"""The count: a function of ballots, projects and rule."""
