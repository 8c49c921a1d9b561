-- Seconds since the newest reading of each store that is open, and was heard in the last week. A store that names no opening hours is
-- open all night too, and may then say nothing for an hour.
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
WHERE
    freshness.is_open
    AND freshness.behind_s < 7 * 86400
    AND (asked.opening_hours <> '{}' OR freshness.behind_s < 600 OR freshness.behind_s > 3600)
