-- A pseudonym is computed where it is asked for: of visits that paid alone.
WITH paid AS (
    SELECT
        visit_id,
        min(ts) AS first_at
    FROM instore_analysis.payments
    WHERE
        store_id = ${store:sqlstring}
        AND ts >= $__timeFrom()::timestamptz
        AND ts <= $__timeTo()::timestamptz
    GROUP BY visit_id
)

SELECT
    (ARRAY['under 5 min', '5 to 10 min', '10 to 15 min', '15 to 20 min', '20 to 30 min', '30 to 45 min', '45 to 60 min', 'over an hour'])[
        width_bucket(extract(EPOCH FROM first_at - entered_at) / 60, ARRAY[5, 10, 15, 20, 30, 45, 60]::numeric[]) + 1
    ] AS "From the door to the till",
    count(*) AS "Visits"
FROM instore_analysis.visits
INNER JOIN paid USING (visit_id)
WHERE
    store_id = ${store:sqlstring}
    AND entered_at >= $__timeFrom()::timestamptz
    AND entered_at <= $__timeTo()::timestamptz
    AND converted
    AND NOT is_staff
GROUP BY 1
ORDER BY min(first_at - entered_at)
