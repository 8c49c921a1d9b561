-- Store manager: visits, conversion and the median stay in the store, a day. From docs/tables.md.
SELECT
    store_id,
    bucket AS day,
    entered AS visits,
    round((100 * conversion_rate)::numeric, 1) AS conversion_percent,
    round(instore.percentile(duration_histogram, 0.5)) AS median_s
FROM instore.footfall_day
ORDER BY 1, 2;
