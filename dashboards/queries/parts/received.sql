-- When the bridge received the last reading of each store, of the day before the end of the time range.
received AS (
    SELECT
        store_id,
        max(least(last_received_at, $__timeTo()::timestamptz)) AS last_at
    FROM instore.traffic_hour
    WHERE bucket > $__timeTo()::timestamptz - interval '1 day' AND bucket <= $__timeTo()::timestamptz
    GROUP BY store_id
)
