-- Days of the week on which nobody came are closed days, and count as none.
WITH
-- include parts/whole_days
,

weekdays AS (
    SELECT
        weekday,
        is_now,
        count(*) AS days,
        sum(entered) AS entered,
        sum(passed_by) AS passed_by,
        sum(converted) AS converted,
        sum(bounced) AS bounced,
        sum(completed) AS completed,
        instore.sum(duration_histogram) AS duration_histogram
    FROM days_told
    GROUP BY weekday, is_now
    HAVING sum(entered) > 0
)

SELECT
    CASE WHEN weekday >= 6 THEN 'Saturday and Sunday' ELSE 'Monday to Friday' END
    || CASE WHEN is_now THEN '' ELSE ', before' END AS "Days",
    sum(entered)::double precision / sum(days) AS "Visits a day",
    sum(entered)::double precision / nullif(sum(entered + passed_by), 0) AS "Came in",
    sum(converted)::double precision / nullif(sum(entered), 0) AS "Conversion",
    sum(bounced)::double precision / nullif(sum(completed), 0) AS "Left at once",
    instore.percentile(instore.sum(duration_histogram), 0.5) AS "Median stay"
FROM weekdays
GROUP BY weekday >= 6, is_now, 1
ORDER BY weekday >= 6, is_now DESC
