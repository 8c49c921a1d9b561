-- Nothing is compared with a period that began before the store did: somebody must have come in the fortnight before that.
SELECT
    coalesce(nullif(zones.name, ''), zone_hour.zone_id) AS "Zone",
    coalesce(sum(visits) FILTER (WHERE bucket >= $__timeFrom()::timestamptz), 0) AS "Visits",
    CASE WHEN EXISTS (
        SELECT
        FROM instore_analysis.visits
        WHERE
            visits.store_id = ${store:sqlstring}
            AND entered_at >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz) - interval '14 days'
            AND entered_at < $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
    ) THEN
        coalesce(sum(visits) FILTER (WHERE bucket >= $__timeFrom()::timestamptz), 0)::double precision
        / nullif(sum(visits) FILTER (WHERE bucket < $__timeFrom()::timestamptz), 0) - 1
    END AS "Change",
    sum(entered) FILTER (WHERE bucket >= $__timeFrom()::timestamptz)::double precision
    / nullif(sum(visits) FILTER (WHERE bucket >= $__timeFrom()::timestamptz), 0) AS "Stays a visit",
    instore.percentile(instore.sum(dwell_histogram) FILTER (WHERE bucket >= $__timeFrom()::timestamptz), 0.5) AS "Median stay",
    instore.percentile(instore.sum(dwell_histogram) FILTER (WHERE bucket < $__timeFrom()::timestamptz), 0.5) AS "Median before",
    sum(dwell_s) FILTER (WHERE bucket >= $__timeFrom()::timestamptz) / 3600 AS "Hours spent there"
FROM instore.zone_hour
LEFT JOIN instore.zones ON zones.store_id = ${store:sqlstring} AND zones.zone_id = zone_hour.zone_id
WHERE
    zone_hour.store_id = ${store:sqlstring}
    AND zone_hour.zone_id = ANY(ARRAY[${zone:sqlstring}]::text[])
    AND bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
    AND bucket < $__timeTo()::timestamptz
    AND coalesce(zones.type, 'general') NOT IN ('outside', 'staff')
GROUP BY zone_hour.zone_id, zones.name
ORDER BY 7 DESC NULLS LAST
