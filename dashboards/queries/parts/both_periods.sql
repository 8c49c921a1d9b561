-- The store's figures of the period (is_now) and of the one of the same length before it.
both_periods AS (
    SELECT
        *,
        bucket >= $__timeFrom()::timestamptz AS is_now
    FROM instore.footfall_5m
    WHERE
        store_id = ${store:sqlstring}
        AND bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
        AND bucket < $__timeTo()::timestamptz
)
