-- Store manager: visits, conversion and the median stay, a day. From docs/tables.md.
SELECT
    date_trunc('day', v.entered_at, s.timezone) AS day,
    count(*) AS visits,
    round(100.0 * count(*) FILTER (WHERE v.converted) / count(*), 1) AS conversion_percent,
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY v.duration_s)) AS median_s
FROM instore.visits AS v
INNER JOIN instore.stores AS s USING (store_id)
WHERE NOT v.is_staff AND NOT v.pass_by
GROUP BY 1
ORDER BY 1;
