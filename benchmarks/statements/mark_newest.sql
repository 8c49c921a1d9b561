-- In a store that is open, the 5 minutes, the hour and the day of now change all the time, and so are never kept.
SELECT instore_kept.mark(sources.source, clocks.store_ids, clocks.times)
FROM (SELECT DISTINCT source FROM instore_kept.rollups) AS sources
CROSS JOIN (SELECT array_agg(store_id ORDER BY store_id) AS store_ids, array_agg(store_time ORDER BY store_id) AS times FROM instore.store_clocks) AS clocks;
