WITH
-- include parts/visit

SELECT
    coalesce((priority_scores ->> 'speed')::double precision, 0) AS "Speed",
    coalesce((priority_scores ->> 'selection')::double precision, 0) AS "Selection",
    coalesce((priority_scores ->> 'price')::double precision, 0) AS "Price",
    coalesce((priority_scores ->> 'recognition')::double precision, 0) AS "Recognition"
FROM whole_visit
WHERE (priority_scores ->> 'enough')::boolean
