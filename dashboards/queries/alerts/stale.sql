-- Seconds since the newest reading of each store that should say something.
WITH
-- include parts/all_stores
,
-- include parts/is_open
,
-- include parts/freshness

SELECT
    freshness.store_id AS store,
    freshness.store_name,
    asked.page,
    freshness.behind_s AS value
FROM freshness
INNER JOIN asked ON asked.store_id = freshness.store_id
WHERE freshness.is_so IN ('live', 'behind', 'stale')
