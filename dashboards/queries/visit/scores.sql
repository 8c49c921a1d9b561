SELECT
    coalesce((priority_scores ->> 'speed')::double precision, 0) AS "Speed",
    coalesce((priority_scores ->> 'selection')::double precision, 0) AS "Selection",
    coalesce((priority_scores ->> 'price')::double precision, 0) AS "Price",
    coalesce((priority_scores ->> 'recognition')::double precision, 0) AS "Recognition"
FROM instore_analysis.visits
WHERE
    store_id = ${store:sqlstring}
    AND visit_id::text = ANY(ARRAY[${visit:sqlstring}]::text[])
    AND entered_at >= $__timeFrom()::timestamptz - interval '1 day'
    AND entered_at <= $__timeTo()::timestamptz
    AND (priority_scores ->> 'enough')::boolean
