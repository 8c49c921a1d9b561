WITH
-- include parts/all_stores
,

-- include parts/is_open
,

-- include parts/freshness

SELECT
    freshness.is_so AS "Is",
    freshness.store_name AS "Store",
    freshness.behind_s AS "Newest reading was",
    extract(EPOCH FROM $__timeTo()::timestamptz - received.last_at)::double precision AS "Last received",
    extract(EPOCH FROM $__timeTo()::timestamptz - written.last_at)::double precision AS "Last visit written"
FROM freshness
LEFT JOIN (
    SELECT
        store_id,
        max(least(last_received_at, $__timeTo()::timestamptz)) AS last_at
    FROM instore.traffic_hour
    WHERE bucket > $__timeTo()::timestamptz - interval '1 day' AND bucket <= $__timeTo()::timestamptz
    GROUP BY store_id
) AS received ON received.store_id = freshness.store_id
LEFT JOIN (
    SELECT
        store_id,
        max(updated_at) AS last_at
    FROM instore_analysis.visits
    WHERE updated_at > $__timeTo()::timestamptz - interval '1 day' AND updated_at <= $__timeTo()::timestamptz
    GROUP BY store_id
) AS written ON written.store_id = freshness.store_id
ORDER BY
    array_position(ARRAY['stale', 'behind', 'live'], freshness.is_so),
    freshness.behind_s DESC NULLS LAST,
    freshness.store_name
