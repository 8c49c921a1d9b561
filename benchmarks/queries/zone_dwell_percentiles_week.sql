-- Planner: how long do people stay in each zone? Quartiles and the 90th percentile of a week.
SELECT
    zone_id,
    sum(visits) AS visits,
    instore.percentile(instore.sum(dwell_histogram), 0.25) AS p25_s,
    instore.percentile(instore.sum(dwell_histogram), 0.5) AS median_s,
    instore.percentile(instore.sum(dwell_histogram), 0.75) AS p75_s,
    instore.percentile(instore.sum(dwell_histogram), 0.9) AS p90_s
FROM instore.zone_hour
WHERE store_id = %(store_id)s AND bucket >= %(week_ago)s AND bucket <= %(now)s
GROUP BY zone_id
ORDER BY visits DESC;
