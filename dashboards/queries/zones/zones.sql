WITH
-- include parts/stretches stores.store_id = ${store:sqlstring}
,
-- include parts/told zone

SELECT
    coalesce(nullif(zones.name, ''), zone_told.zone_id) AS "Zone",
    coalesce(sum(visits) FILTER (WHERE is_now), 0) AS "Visits",
    coalesce(sum(visits) FILTER (WHERE is_now), 0)::double precision
    / nullif(sum(visits) FILTER (WHERE NOT is_now), 0) - 1 AS "Change",
    sum(entered) FILTER (WHERE is_now)::double precision
    / nullif(sum(visits) FILTER (WHERE is_now), 0) AS "Stays a visit",
    instore.percentile(instore.sum(dwell_histogram) FILTER (WHERE is_now), 0.5) AS "Median stay",
    instore.percentile(instore.sum(dwell_histogram) FILTER (WHERE NOT is_now), 0.5) AS "Median before",
    sum(dwell_s) FILTER (WHERE is_now) / 3600 AS "Hours spent there"
FROM zone_told
LEFT JOIN instore.zones ON zones.store_id = ${store:sqlstring} AND zones.zone_id = zone_told.zone_id
WHERE
    zone_told.zone_id = ANY(ARRAY[${zone:sqlstring}]::text[])
    AND coalesce(zones.type, 'general') NOT IN ('outside', 'staff')
GROUP BY zone_told.zone_id, zones.name
ORDER BY 7 DESC NULLS LAST
