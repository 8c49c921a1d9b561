-- Each announcement names the priority in brackets and has its score as its value; the last word is the row of the visit itself.
WITH
-- include parts/visit
,

told AS (
    SELECT
        at,
        substring(message FROM '.*\((speed|selection|price|recognition)\)') AS priority,
        value AS score
    FROM visit
    CROSS JOIN instore_analysis.signals
    WHERE
        store_id = ${store:sqlstring}
        AND visit_id::text = ANY(ARRAY[${visit:sqlstring}]::text[])
        AND kind = 'priority_changed'
        AND at BETWEEN visit.entered_at AND visit.left_at + interval '1 hour'
    UNION ALL
    SELECT
        left_at,
        priority,
        CASE WHEN priority <> 'none' THEN (priority_scores ->> priority)::double precision END
    FROM whole_visit
    WHERE priority IS NOT NULL
)

SELECT
    at AS time,
    CASE WHEN priority = 'speed' THEN score END AS "Speed",
    CASE WHEN priority = 'selection' THEN score END AS "Selection",
    CASE WHEN priority = 'price' THEN score END AS "Price",
    CASE WHEN priority = 'recognition' THEN score END AS "Recognition"
FROM told
ORDER BY at
