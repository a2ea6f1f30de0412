"""Programs over samples that do not fit in memory: passes over blocks of rows, each of which adds up sums."""
