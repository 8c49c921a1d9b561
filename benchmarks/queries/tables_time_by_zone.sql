-- Store manager: where the time goes, by zone. From docs/tables.md.
SELECT
    coalesce(nullif(z.name, ''), t.zone_id) AS zone,
    count(DISTINCT t.visit_id) AS visitors,
    round(avg(t.dwell_s)) AS mean_dwell_s,
    round(sum(t.dwell_s) / 3600) AS hours
FROM instore.stays AS t
INNER JOIN instore.visits AS v USING (visit_id)
LEFT JOIN instore.zones AS z ON z.store_id = t.store_id AND z.zone_id = t.zone_id
WHERE NOT v.is_staff
GROUP BY 1
ORDER BY hours DESC;
