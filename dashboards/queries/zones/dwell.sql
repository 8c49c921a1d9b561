WITH
-- include parts/stretches stores.store_id = ${store:sqlstring}
,
-- include parts/told zone

SELECT
    coalesce(nullif(zones.name, ''), zone_told.zone_id) AS "Zone",
    instore.percentile(instore.sum(dwell_histogram), 0.5) AS "Median",
    instore.percentile(instore.sum(dwell_histogram), 0.9) AS "90th percentile"
FROM zone_told
LEFT JOIN instore.zones ON zones.store_id = ${store:sqlstring} AND zones.zone_id = zone_told.zone_id
WHERE
    is_now
    AND zone_told.zone_id = ANY(ARRAY[${zone:sqlstring}]::text[])
    AND coalesce(zones.type, 'general') NOT IN ('outside', 'staff')
GROUP BY zone_told.zone_id, zones.name
HAVING sum(completed) > 0
ORDER BY 2 DESC
