WITH
-- include parts/stretches stores.store_id = ${store:sqlstring}
,
-- include parts/told footfall

SELECT
    instore.percentile(instore.sum(duration_histogram) FILTER (WHERE is_now), 0.5) AS "Median stay",
    instore.percentile(instore.sum(duration_histogram) FILTER (WHERE NOT is_now), 0.5) AS "Before"
FROM footfall_told
