-- The visit that a link leads to. A name that is none finds nothing: it is compared as text, for nobody need write a UUID there.
whole_visit AS (
    SELECT *
    FROM instore_analysis.visits
    WHERE
        store_id = ${store:sqlstring}
        AND visit_id::text = ANY(ARRAY[${visit:sqlstring}]::text[])
        AND entered_at >= $__timeFrom()::timestamptz - interval '1 day'
        AND entered_at <= $__timeTo()::timestamptz
    LIMIT 1  -- so that the planner looks for its parts by their time
),

-- What queries of its parts need, whose rows have a store and a visit of their own.
visit AS (
    SELECT
        entered_at,
        left_at
    FROM whole_visit
)
