WITH
-- include parts/stretches stores.store_id = ${store:sqlstring}
,
-- include parts/told footfall

SELECT
    coalesce(sum(entered) FILTER (WHERE is_now), 0) AS "Visits",
    coalesce(sum(entered) FILTER (WHERE is_now), 0)::double precision
    / nullif(sum(entered) FILTER (WHERE NOT is_now), 0) - 1 AS "Change"
FROM footfall_told
