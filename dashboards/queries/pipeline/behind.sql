WITH
-- include parts/all_stores
,

-- include parts/is_open
,

-- include parts/freshness

SELECT max(behind_s) AS "Behind"
FROM freshness
WHERE is_so IN ('live', 'behind', 'stale')
