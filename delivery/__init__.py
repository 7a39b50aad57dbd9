"""Progressive delivery: a candidate is watched beside what is served, and promoted, held or rolled back by rule."""
