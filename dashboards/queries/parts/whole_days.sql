-- The store's days, from the one in which the period begins to the last that is over at its end, and as many before them. A part of a day
-- says nothing of a day; an end a second before midnight, as of "yesterday", is midnight. Days before the store's first are none.
whole_days AS (
    SELECT
        day AT TIME ZONE timezone AS bucket,
        extract(ISODOW FROM day)::integer AS weekday,
        day >= first AS is_now
    FROM instore.stores
    CROSS JOIN LATERAL (
        SELECT
            date_trunc('day', $__timeFrom()::timestamptz AT TIME ZONE timezone) AS first,
            date_trunc('day', ($__timeTo()::timestamptz + interval '1 second') AT TIME ZONE timezone) AS today
    ) AS period
    CROSS JOIN generate_series(first - (today - first), today - interval '1 day', interval '1 day') AS day
    WHERE
        store_id = ${store:sqlstring}
        AND day AT TIME ZONE timezone >= (SELECT min(bucket) FROM instore.footfall_day WHERE store_id = ${store:sqlstring})
),

days_told AS (
    SELECT
        whole_days.weekday,
        whole_days.is_now,
        footfall_day.*
    FROM whole_days
    LEFT JOIN instore.footfall_day
        ON footfall_day.store_id = ${store:sqlstring}
        AND footfall_day.bucket = whole_days.bucket
        AND footfall_day.bucket < $__timeTo()::timestamptz
        AND footfall_day.bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz) - interval '3 days'
)
