WITH
-- include parts/whole_days

SELECT
    (ARRAY['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])[weekday] AS "Weekday",
    sum(entered) FILTER (WHERE is_now)::double precision / nullif(count(*) FILTER (WHERE is_now), 0) AS "Visits a day",
    sum(entered) FILTER (WHERE NOT is_now)::double precision / nullif(count(*) FILTER (WHERE NOT is_now), 0) AS "In the days before"
FROM whole_days
LEFT JOIN instore.footfall_day
    ON footfall_day.store_id = ${store:sqlstring}
    AND footfall_day.bucket = whole_days.bucket
    AND footfall_day.bucket < $__timeTo()::timestamptz
    AND footfall_day.bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz) - interval '3 days'
GROUP BY weekday
HAVING sum(entered) > 0
ORDER BY weekday
