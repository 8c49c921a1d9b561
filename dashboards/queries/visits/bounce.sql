WITH
-- include parts/stretches stores.store_id = ${store:sqlstring}
,
-- include parts/told footfall

SELECT
    sum(bounced) FILTER (WHERE is_now)::double precision
    / nullif(sum(completed) FILTER (WHERE is_now), 0) AS "Left at once",
    sum(bounced) FILTER (WHERE NOT is_now)::double precision
    / nullif(sum(completed) FILTER (WHERE NOT is_now), 0) AS "Before"
FROM footfall_told
