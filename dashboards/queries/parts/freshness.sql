-- How old the newest of each store is, and whether that is wrong: a store that is closed says nothing.
freshness AS (
    SELECT
        asked.store_id,
        asked.store_name,
        clock.store_time,
        hours.is_open,
        extract(EPOCH FROM $__timeTo()::timestamptz - clock.store_time)::double precision AS behind_s
    FROM asked
    INNER JOIN hours ON hours.store_id = asked.store_id
    LEFT JOIN (
        SELECT
            store_id,
            least(store_time, $__timeTo()::timestamptz) AS store_time
        FROM instore.store_clocks
    ) AS clock ON clock.store_id = asked.store_id
)
