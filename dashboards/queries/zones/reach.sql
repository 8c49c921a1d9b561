WITH
-- include parts/stretches stores.store_id = ${store:sqlstring}
,
-- include parts/told zone
,
-- include parts/told footfall

SELECT
    coalesce(nullif(zones.name, ''), picked.zone_id) AS "Zone",
    coalesce(sum(visits), 0)::double precision / nullif((
        SELECT sum(entered)
        FROM footfall_told
        WHERE is_now
    ), 0) AS "Reached by"
FROM unnest(ARRAY[${zone:sqlstring}]::text[]) AS picked (zone_id)
LEFT JOIN instore.zones ON zones.store_id = ${store:sqlstring} AND zones.zone_id = picked.zone_id
LEFT JOIN zone_told ON zone_told.zone_id = picked.zone_id AND is_now
WHERE coalesce(zones.type, 'general') NOT IN ('outside', 'staff')
GROUP BY picked.zone_id, zones.name
ORDER BY 2 DESC, 1
