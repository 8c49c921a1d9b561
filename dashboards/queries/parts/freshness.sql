-- How old the newest of each store is, and whether that is wrong. A store that is closed says nothing, nor does one that closed for good:
-- after 7 days it is given up. One that names no opening hours is open all night too, and may then say nothing for an hour.
freshness AS (
    SELECT
        asked.store_id,
        asked.store_name,
        told.behind_s,
        CASE
            WHEN told.behind_s IS NULL THEN 'never heard'
            WHEN told.behind_s < 60 THEN 'live'
            WHEN told.behind_s >= 7 * 86400 THEN 'silent for a week'
            WHEN NOT hours.is_open THEN 'closed'
            WHEN told.behind_s < 300 THEN 'behind'
            WHEN asked.opening_hours = '{}' AND told.behind_s <= 3600 THEN 'may be closed'
            ELSE 'stale'
        END AS is_so
    FROM asked
    INNER JOIN hours ON hours.store_id = asked.store_id
    LEFT JOIN (
        SELECT
            store_id,
            extract(EPOCH FROM $__timeTo()::timestamptz - least(store_time, $__timeTo()::timestamptz))::double precision AS behind_s
        FROM instore.store_clocks
    ) AS told ON told.store_id = asked.store_id
)
