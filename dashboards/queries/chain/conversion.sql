WITH
-- include parts/stretches true
,
-- include parts/told footfall

SELECT
    coalesce(nullif(stores.name, ''), store_id) AS "Store",
    sum(converted) FILTER (WHERE is_now)::double precision
    / nullif(sum(entered) FILTER (WHERE is_now), 0) AS "Conversion",
    sum(converted) FILTER (WHERE NOT is_now)::double precision
    / nullif(sum(entered) FILTER (WHERE NOT is_now), 0) AS "Period before"
FROM footfall_told
LEFT JOIN instore.stores USING (store_id)
GROUP BY store_id, stores.name
ORDER BY 2 DESC NULLS LAST, 1
