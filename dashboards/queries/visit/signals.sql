WITH visit AS (
    SELECT
        entered_at,
        left_at
    FROM instore_analysis.visits
    WHERE
        store_id = ${store:sqlstring}
        AND visit_id::text = ${visit:sqlstring}
        AND entered_at >= $__timeFrom()::timestamptz - interval '1 day'
        AND entered_at <= $__timeTo()::timestamptz
)

SELECT
    at AS "At",
    kind AS "Signal",
    message AS "What to do",
    value AS "Measured",
    threshold AS "Threshold"
FROM instore_analysis.signals
WHERE
    store_id = ${store:sqlstring}
    AND visit_id::text = ${visit:sqlstring}
    AND at >= (SELECT entered_at FROM visit)
    AND at <= (SELECT left_at FROM visit) + interval '1 hour'
ORDER BY at
