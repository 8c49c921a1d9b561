-- The visit that a link leads to. A name that is none finds nothing: it is compared as text, for nobody need write a UUID there.
visit AS (
    SELECT
        entered_at,
        left_at
    FROM instore_analysis.visits
    WHERE
        store_id = ${store:sqlstring}
        AND visit_id::text = ANY(ARRAY[${visit:sqlstring}]::text[])
        AND entered_at >= $__timeFrom()::timestamptz - interval '1 day'
        AND entered_at <= $__timeTo()::timestamptz
    LIMIT 1  -- so that the planner looks for its parts by their time
)
