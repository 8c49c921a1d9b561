SELECT
    coalesce(nullif(zones.name, ''), picked.zone_id) AS "Zone",
    coalesce(sum(visits), 0)::double precision / nullif((
        SELECT sum(entered)
        FROM instore.footfall_hour
        WHERE store_id = ${store:sqlstring} AND bucket >= $__timeFrom()::timestamptz AND bucket < $__timeTo()::timestamptz
    ), 0) AS "Reached by"
FROM unnest(ARRAY[${zone:sqlstring}]::text[]) AS picked (zone_id)
LEFT JOIN instore.zones ON zones.store_id = ${store:sqlstring} AND zones.zone_id = picked.zone_id
LEFT JOIN instore.zone_hour
    ON zone_hour.store_id = ${store:sqlstring}
    AND zone_hour.zone_id = picked.zone_id
    AND bucket >= $__timeFrom()::timestamptz
    AND bucket < $__timeTo()::timestamptz
WHERE coalesce(zones.type, 'general') NOT IN ('outside', 'staff')
GROUP BY picked.zone_id, zones.name
ORDER BY 2 DESC, 1
