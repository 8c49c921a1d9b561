WITH
lately AS (
    SELECT
        zone_id,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY dwell_s) AS dwell_s
    FROM instore_analysis.stays
    WHERE
        store_id = ${store:sqlstring}
        AND started_at > $__timeTo()::timestamptz - interval '1 day'
        AND ended_at > $__timeTo()::timestamptz - interval '1 hour'
        AND ended_at <= $__timeTo()::timestamptz
        AND NOT is_open
        AND NOT is_staff
    GROUP BY zone_id
),

usually AS (
    SELECT
        zone_id,
        instore.percentile(instore.sum(dwell_histogram), 0.5) AS dwell_s
    FROM instore.zone_day
    WHERE
        store_id = ${store:sqlstring}
        AND bucket > $__timeTo()::timestamptz - interval '29 days'
        AND bucket <= $__timeTo()::timestamptz - interval '1 day'
    GROUP BY zone_id
)

-- `max` is four times the usual: so a half of it, where the colour changes, is twice as long as usual.
SELECT
    zone.zone_id AS zone,
    lately.dwell_s AS value,
    coalesce(4 * nullif(usually.dwell_s, 0), 1000000) AS max,
    's' AS unit
FROM instore.zones AS zone
LEFT JOIN lately ON lately.zone_id = zone.zone_id
LEFT JOIN usually ON usually.zone_id = zone.zone_id
WHERE zone.store_id = ${store:sqlstring}
ORDER BY zone.zone_id
