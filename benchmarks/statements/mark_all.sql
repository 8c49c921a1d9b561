SELECT instore_kept.mark_all(source)
FROM (SELECT DISTINCT source FROM instore_kept.rollups) AS sources;
