WITH
-- include parts/whole_days

SELECT
    (ARRAY['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])[weekday] AS "Weekday",
    sum(entered) FILTER (WHERE is_now)::double precision / nullif(count(*) FILTER (WHERE is_now), 0) AS "Visits a day",
    sum(entered) FILTER (WHERE NOT is_now)::double precision / nullif(count(*) FILTER (WHERE NOT is_now), 0) AS "In the days before"
FROM days_told
GROUP BY weekday
HAVING sum(entered) > 0
ORDER BY weekday
