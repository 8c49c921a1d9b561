SELECT
    coalesce(nullif(zones.name, ''), zones.zone_id) AS "Zone",
    coalesce(sum(visits), 0)::double precision / nullif((
        SELECT sum(entered)
        FROM instore.footfall_hour
        WHERE store_id = ${store:sqlstring} AND bucket >= $__timeFrom()::timestamptz AND bucket < $__timeTo()::timestamptz
    ), 0) AS "Reached by"
FROM instore.zones
LEFT JOIN instore.zone_hour
    ON zone_hour.store_id = ${store:sqlstring}
    AND zone_hour.zone_id = zones.zone_id
    AND bucket >= $__timeFrom()::timestamptz
    AND bucket < $__timeTo()::timestamptz
WHERE zones.store_id = ${store:sqlstring} AND zones.zone_id IN (${zone:sqlstring}) AND zones.type NOT IN ('outside', 'staff')
GROUP BY zones.zone_id, zones.name
ORDER BY 2 DESC, 1
