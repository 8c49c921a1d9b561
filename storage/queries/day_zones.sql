-- How long customers stayed in each zone: people, seconds in the middle, hours altogether.
SELECT
    coalesce(nullif(zones.name, ''), stays.zone_id) AS zone,
    count(DISTINCT stays.visit_id) AS visits,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY stays.dwell_s) AS median_s,
    sum(stays.dwell_s) / 3600 AS hours
FROM instore.stays
INNER JOIN instore.visits ON stays.visit_id = visits.visit_id
LEFT JOIN instore.zones ON stays.store_id = zones.store_id AND stays.zone_id = zones.zone_id
WHERE
    stays.store_id = %(store_id)s
    AND stays.started_at >= instore.at(%(since)s::bigint)
    AND stays.started_at < instore.at(%(until)s::bigint)
    AND visits.entered_at < instore.at(%(until)s::bigint)
    AND visits.entered_at >= instore.at(%(since)s::bigint) - (
        SELECT longest_visit
        FROM instore.stores
        WHERE stores.store_id = %(store_id)s
    )
    AND NOT stays.is_staff
    AND NOT visits.pass_by
GROUP BY 1
ORDER BY hours DESC;
