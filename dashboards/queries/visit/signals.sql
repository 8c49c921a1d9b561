WITH
-- include parts/visit

SELECT
    at AS "At",
    kind AS "Signal",
    message AS "What to do",
    value AS "Measured",
    threshold AS "Threshold"
FROM visit
CROSS JOIN instore_analysis.signals
WHERE
    store_id = ${store:sqlstring}
    AND visit_id::text = ANY(ARRAY[${visit:sqlstring}]::text[])
    AND at BETWEEN visit.entered_at AND visit.left_at + interval '1 hour'
ORDER BY at
