-- Chain: the stores side by side over a week.
SELECT
    store_id,
    sum(entered) AS visits,
    sum(converted) / nullif(sum(entered), 0) AS conversion_rate,
    sum(entered) / nullif(sum(entered) + sum(passed_by), 0) AS capture_rate,
    sum(duration_s) / nullif(sum(completed), 0) AS mean_duration_s
FROM instore.footfall_day
WHERE bucket >= %(week_ago)s AND bucket <= %(now)s
GROUP BY store_id
ORDER BY visits DESC;
