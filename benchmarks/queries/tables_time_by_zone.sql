-- Store manager: where the time goes, by zone. From docs/tables.md.
SELECT
    coalesce(nullif(z.name, ''), d.zone_id) AS zone,
    sum(d.visits) AS visitors,
    round(sum(d.dwell_s) / sum(d.completed)) AS mean_dwell_s,
    round(instore.percentile(instore.sum(d.dwell_histogram), 0.9)) AS p90_dwell_s,
    round(sum(d.dwell_s) / 3600) AS hours
FROM instore.zone_day AS d
LEFT JOIN instore.zones AS z ON z.store_id = d.store_id AND z.zone_id = d.zone_id
WHERE d.completed > 0 AND d.bucket >= %(now)s - interval '30 days'
GROUP BY 1
ORDER BY hours DESC;
