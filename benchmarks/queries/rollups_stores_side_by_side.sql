-- Chain: stores side by side, this week against the one before. From docs/rollups.md.
SELECT
    store_id,
    sum(entered) FILTER (WHERE bucket >= %(now)s - interval '7 days') AS this_week,
    sum(entered) FILTER (WHERE bucket < %(now)s - interval '7 days') AS week_before
FROM instore.footfall_day
WHERE bucket >= %(now)s - interval '14 days'
GROUP BY 1
ORDER BY this_week DESC NULLS LAST;
