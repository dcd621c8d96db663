"""The order in which the Pabulib format wants its META keys and columns."""

from __future__ import annotations

META_ORDER = (
    *("description", "country", "unit", "district", "subunit", "instance", "num_projects", "num_votes"),
    *("budget", "vote_type", "rule", "date_begin", "date_end", "min_length", "max_length"),
    *("min_sum_cost", "max_sum_cost", "scoring_fn", "min_points", "max_points", "min_sum_points"),
    *("max_sum_points", "default_score", "min_project_cost", "max_project_cost", "neighborhoods"),
    *("subdistricts", "categories", "min_project_score_threshold", "edition", "language", "currency"),
    *("fully_funded", "experimental", "comment", "acknowledgments"),
)
PROJECT_ORDER = (
    *("project_id", "cost", "votes", "score", "name", "category", "beneficiaries", "selected"),
    *("neighborhood", "subunit", "district", "description", "proposer", "public_id"),
    *("latitude", "longitude"),
)
VOTE_ORDER = (
    *("voter_id", "vote", "points", "age", "sex", "voting_method", "district", "neighborhood"),
    "education",
)
