WITH
-- include parts/all_stores
,
-- include parts/is_open
,
-- include parts/freshness
,
-- include parts/received

SELECT max(behind_s) AS "Behind"
FROM freshness
WHERE is_so = 'stale' OR (is_so IN ('live', 'behind') AND store_id IN (SELECT store_id FROM received))
