SELECT
    coalesce(nullif(zones.name, ''), zone_hour.zone_id) AS "Zone",
    instore.percentile(instore.sum(dwell_histogram), 0.5) AS "Median",
    instore.percentile(instore.sum(dwell_histogram), 0.9) AS "90th percentile"
FROM instore.zone_hour
LEFT JOIN instore.zones ON zones.store_id = ${store:sqlstring} AND zones.zone_id = zone_hour.zone_id
WHERE
    zone_hour.store_id = ${store:sqlstring}
    AND zone_hour.zone_id = ANY(ARRAY[${zone:sqlstring}]::text[])
    AND bucket >= $__timeFrom()::timestamptz
    AND bucket < $__timeTo()::timestamptz
    AND coalesce(zones.type, 'general') NOT IN ('outside', 'staff')
GROUP BY zone_hour.zone_id, zones.name
HAVING sum(completed) > 0
ORDER BY 2 DESC
