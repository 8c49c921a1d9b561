-- A pseudonym is computed where it is asked for: of visits that paid alone.
paid AS (
    SELECT
        visit_id,
        min(ts) AS first_at
    FROM instore_analysis.payments
    WHERE
        store_id = ${store:sqlstring}
        AND ts >= $__timeFrom()::timestamptz
        AND ts <= $__timeTo()::timestamptz
    GROUP BY visit_id
),

-- How long it took from the beginning of a visit to its first payment.
to_pay AS (
    SELECT first_at - entered_at AS lasted
    FROM instore_analysis.visits
    INNER JOIN paid USING (visit_id)
    WHERE
        store_id = ${store:sqlstring}
        AND entered_at >= $__timeFrom()::timestamptz
        AND entered_at <= $__timeTo()::timestamptz
        AND converted
        AND NOT is_staff
)
