-- What a rollup ($1) has of the stretches. Each one is looked for by itself (OFFSET 0): joined, all of the store's buckets would be read.
$1_told AS (
    SELECT
        is_now,
        hours.*
    FROM stretches
    CROSS JOIN LATERAL (
        SELECT *
        FROM instore.$1_hour
        WHERE $1_hour.store_id = stretches.store_id AND bucket >= since AND bucket < until
        OFFSET 0
    ) AS hours
    WHERE per = 'hour'
    UNION ALL
    SELECT
        is_now,
        minutes.*
    FROM stretches
    CROSS JOIN LATERAL (
        SELECT *
        FROM instore.$1_5m
        WHERE $1_5m.store_id = stretches.store_id AND bucket >= since AND bucket < until
        OFFSET 0
    ) AS minutes
    WHERE per = '5m'
)
