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
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(EPOCH FROM first_at - entered_at)) AS "Half paid within",
    percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(EPOCH FROM first_at - entered_at)) AS "Nine of ten within"
FROM instore_analysis.visits
INNER JOIN paid USING (visit_id)
WHERE
    store_id = ${store:sqlstring}
    AND entered_at >= $__timeFrom()::timestamptz
    AND entered_at <= $__timeTo()::timestamptz
    AND converted
    AND NOT is_staff
