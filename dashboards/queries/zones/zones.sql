SELECT
    coalesce(nullif(zones.name, ''), zone_hour.zone_id) AS "Zone",
    sum(visits) FILTER (WHERE bucket >= $__timeFrom()::timestamptz) AS "Visits",
    sum(visits) FILTER (WHERE bucket >= $__timeFrom()::timestamptz)::double precision
    / nullif(sum(visits) FILTER (WHERE bucket < $__timeFrom()::timestamptz), 0) - 1 AS "Change",
    sum(entered) FILTER (WHERE bucket >= $__timeFrom()::timestamptz)::double precision
    / nullif(sum(visits) FILTER (WHERE bucket >= $__timeFrom()::timestamptz), 0) AS "Stays a visit",
    instore.percentile(instore.sum(dwell_histogram) FILTER (WHERE bucket >= $__timeFrom()::timestamptz), 0.5) AS "Median stay",
    instore.percentile(instore.sum(dwell_histogram) FILTER (WHERE bucket < $__timeFrom()::timestamptz), 0.5) AS "Median before",
    sum(dwell_s) FILTER (WHERE bucket >= $__timeFrom()::timestamptz) AS "Time spent there"
FROM instore.zone_hour
LEFT JOIN instore.zones ON zones.store_id = ${store:sqlstring} AND zones.zone_id = zone_hour.zone_id
WHERE
    zone_hour.store_id = ${store:sqlstring}
    AND zone_hour.zone_id IN (${zone:sqlstring})
    AND bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
    AND bucket < $__timeTo()::timestamptz
    AND zones.type NOT IN ('outside', 'staff')
GROUP BY zone_hour.zone_id, zones.name
ORDER BY 7 DESC NULLS LAST
