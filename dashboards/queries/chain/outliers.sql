-- The modified z-score of Iglewicz and Hoaglin (1993): 0.6745 times the distance from the median, in median absolute deviations; beyond 3.5
-- it is an outlier. The deviation counts as 2 % of the median at least, so that among equal stores none stands out by a trifle.
-- Weeks are seven whole days of the store, back from today, which is not over. A rate of fewer than 30 visits says nothing, nor does a
-- count that is usually smaller; a week of which nothing is known, after the store's first one, is a week without visits.
WITH days AS (
    SELECT
        store_id,
        coalesce(nullif(name, ''), store_id) AS store,
        date_trunc('day', $__timeTo()::timestamptz, timezone) AS today
    FROM instore.stores
),

visits AS (
    SELECT
        store_id,
        store,
        (round(extract(EPOCH FROM today - bucket) / 86400)::integer - 1) / 7 AS week,
        sum(entered) AS entered,
        sum(converted) AS converted,
        sum(bounced) AS bounced,
        sum(completed) AS completed,
        instore.percentile(instore.sum(duration_histogram), 0.5) AS stay_s
    FROM days
    INNER JOIN instore.footfall_day USING (store_id)
    WHERE
        bucket >= $__timeTo()::timestamptz - interval '64 days'
        AND bucket < $__timeTo()::timestamptz
        AND bucket < today
    GROUP BY 1, 2, 3
),

weeks AS (
    SELECT
        store_id,
        store,
        week,
        coalesce(entered, 0) AS entered,
        converted,
        bounced,
        completed,
        stay_s
    FROM (
        SELECT
            store_id,
            store,
            least(max(week), 8) AS first_week
        FROM visits
        WHERE entered > 0
        GROUP BY store_id, store
    ) AS known
    CROSS JOIN generate_series(0, first_week) AS week
    LEFT JOIN visits USING (store_id, store, week)
),

waits AS (
    SELECT
        store_id,
        (round(extract(EPOCH FROM today - bucket) / 86400)::integer - 1) / 7 AS week,
        instore.percentile(instore.sum(wait_histogram), 0.9) AS wait_s
    FROM days
    INNER JOIN instore.queue_day USING (store_id)
    WHERE
        bucket >= $__timeTo()::timestamptz - interval '64 days'
        AND bucket < $__timeTo()::timestamptz
        AND bucket < today
    GROUP BY 1, 2
),

figures AS (
    SELECT
        store_id,
        store,
        week,
        figure,
        value,
        is_of_stores
    FROM weeks
    LEFT JOIN waits USING (store_id, week)
    CROSS JOIN LATERAL (
        VALUES
        ('Visits in the week', entered::double precision, false),
        ('Conversion, percent', 100 * converted::double precision / nullif(entered, 0), true),
        ('Left at once, percent', 100 * bounced::double precision / nullif(completed, 0), true),
        ('Median stay, minutes', stay_s / 60, true),
        ('Nine of ten wait at most, minutes', wait_s / 60, true)
    ) AS told (figure, value, is_of_stores)
    WHERE value IS NOT NULL AND (entered >= 30 OR NOT is_of_stores)
),

compared AS (
    SELECT
        latest.store,
        latest.figure,
        latest.value,
        'other stores' AS against,
        5 AS needed,
        latest.store_id,
        latest.is_of_stores,
        other.value AS usual
    FROM figures AS latest
    INNER JOIN figures AS other USING (figure, week)
    WHERE week = 0 AND latest.is_of_stores
    UNION ALL
    SELECT
        latest.store,
        latest.figure,
        latest.value,
        'its weeks before',
        4,
        latest.store_id,
        latest.is_of_stores,
        other.value
    FROM figures AS latest
    INNER JOIN figures AS other USING (figure, store_id)
    WHERE latest.week = 0 AND other.week > 0
),

medians AS (
    SELECT
        store,
        figure,
        against,
        needed,
        store_id,
        value,
        is_of_stores,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY usual) AS median,
        array_agg(usual) AS usuals
    FROM compared
    GROUP BY store, figure, against, needed, store_id, value, is_of_stores
),

scored AS (
    SELECT
        *,
        cardinality(usuals) AS n,
        0.6745 * (value - median) / nullif(greatest(
            (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(one - median)) FROM unnest(usuals) AS one), 0.02 * abs(median)
        ), 0) AS z
    FROM medians
)

SELECT
    store AS "Store",
    figure AS "Figure",
    value AS "Last week",
    'the median of ' || against AS "Against",
    median AS "Median",
    CASE WHEN z > 0 THEN 'high' ELSE 'low' END AS "Mark",
    store_id
FROM scored
WHERE n >= needed AND abs(z) > 3.5 AND (is_of_stores OR median >= 30)
UNION ALL
SELECT
    'Too few to tell: at most ' || max(n) || ' of ' || needed || ' ' || CASE needed WHEN 5 THEN 'stores' ELSE 'weeks before' END,
    'all',
    NULL,
    against,
    NULL,
    'unknown',
    NULL
FROM scored
GROUP BY against, needed
HAVING max(n) < needed
ORDER BY 6, 1, 2
