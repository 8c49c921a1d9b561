-- What is fresh by a clock of today, and was not received by then, was received later: how fresh it was then nobody knows.
WITH
-- include parts/all_stores
,
-- include parts/is_open
,
-- include parts/freshness
,
-- include parts/received

SELECT
    told.is_so AS "Is",
    freshness.store_name AS "Store",
    told.behind_s AS "Newest reading was",
    extract(EPOCH FROM $__timeTo()::timestamptz - received.last_at)::double precision AS "Last received",
    extract(EPOCH FROM $__timeTo()::timestamptz - written.last_at)::double precision AS "Last visit written"
FROM freshness
LEFT JOIN received ON received.store_id = freshness.store_id
LEFT JOIN (
    SELECT
        store_id,
        max(updated_at) AS last_at
    FROM instore_analysis.visits
    WHERE updated_at > $__timeTo()::timestamptz - interval '1 day' AND updated_at <= $__timeTo()::timestamptz
    GROUP BY store_id
) AS written ON written.store_id = freshness.store_id
CROSS JOIN LATERAL (
    SELECT received.last_at IS NULL AND freshness.is_so IN ('live', 'behind') AS is_later
) AS of_clock
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN is_later THEN 'nothing received' ELSE freshness.is_so END AS is_so,
        CASE WHEN NOT is_later THEN freshness.behind_s END AS behind_s
) AS told
ORDER BY
    array_position(ARRAY['stale', 'behind', 'live'], told.is_so),
    told.behind_s DESC NULLS LAST,
    freshness.store_name
