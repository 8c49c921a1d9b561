-- Days of the week on which nobody came are closed days, and count as none. A day is 24 hours of the period that fall on it.
WITH hours AS (
    SELECT
        extract(ISODOW FROM hour AT TIME ZONE timezone) AS weekday,
        hour >= $__timeFrom()::timestamptz AS is_now,
        footfall.entered,
        footfall.passed_by,
        footfall.converted,
        footfall.bounced,
        footfall.completed,
        footfall.duration_histogram
    FROM instore.stores
    CROSS JOIN generate_series(
        date_trunc('hour', $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz), timezone),
        $__timeTo()::timestamptz - interval '1 second',
        interval '1 hour'
    ) AS hour
    LEFT JOIN instore.footfall_hour AS footfall
        ON footfall.store_id = ${store:sqlstring}
        AND bucket = hour
        AND bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
        AND bucket < $__timeTo()::timestamptz
    WHERE
        stores.store_id = ${store:sqlstring}
        AND hour >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
),

weekdays AS (
    SELECT
        weekday,
        is_now,
        count(*) / 24.0 AS days,
        sum(entered) AS entered,
        sum(passed_by) AS passed_by,
        sum(converted) AS converted,
        sum(bounced) AS bounced,
        sum(completed) AS completed,
        instore.sum(duration_histogram) AS duration_histogram
    FROM hours
    GROUP BY weekday, is_now
    HAVING sum(entered) > 0
)

SELECT
    CASE WHEN weekday >= 6 THEN 'Saturday and Sunday' ELSE 'Monday to Friday' END
    || CASE WHEN is_now THEN '' ELSE ', the period before' END AS "Days",
    sum(entered) / sum(days) AS "Visits a day",
    sum(entered)::double precision / nullif(sum(entered + passed_by), 0) AS "Came in",
    sum(converted)::double precision / nullif(sum(entered), 0) AS "Conversion",
    sum(bounced)::double precision / nullif(sum(completed), 0) AS "Left at once",
    instore.percentile(instore.sum(duration_histogram), 0.5) AS "Median stay"
FROM weekdays
GROUP BY weekday >= 6, is_now, 1
ORDER BY weekday >= 6, is_now DESC
