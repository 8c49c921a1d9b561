SELECT
    avg(cardinality(path)) AS "Zones a visit",
    count(*) FILTER (WHERE converted)::double precision / nullif(count(*), 0) AS "Ended with a purchase",
    count(*) AS "Visits that are over"
FROM instore_analysis.visits
WHERE
    store_id = ${store:sqlstring}
    AND entered_at >= $__timeFrom()::timestamptz
    AND entered_at <= $__timeTo()::timestamptz
    AND ended_by IS NOT NULL
    AND left_at <= $__timeTo()::timestamptz
    AND NOT is_staff
    AND NOT pass_by
