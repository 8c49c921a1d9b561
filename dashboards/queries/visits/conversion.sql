WITH
-- include parts/stretches stores.store_id = ${store:sqlstring}
,
-- include parts/told footfall

SELECT
    sum(converted) FILTER (WHERE is_now)::double precision
    / nullif(sum(entered) FILTER (WHERE is_now), 0) AS "Bought",
    sum(converted) FILTER (WHERE NOT is_now)::double precision
    / nullif(sum(entered) FILTER (WHERE NOT is_now), 0) AS "Before"
FROM footfall_told
