-- Nothing is compared with a period that began before the store did: somebody must have come in the fortnight before that.
WITH visits AS (
    SELECT
        store_id,
        sum(entered) FILTER (WHERE bucket >= $__timeFrom()::timestamptz) AS entered,
        sum(entered) FILTER (WHERE bucket < $__timeFrom()::timestamptz) AS entered_before,
        sum(entered + passed_by) FILTER (WHERE bucket >= $__timeFrom()::timestamptz) AS passed,
        sum(converted) FILTER (WHERE bucket >= $__timeFrom()::timestamptz) AS converted,
        sum(bounced) FILTER (WHERE bucket >= $__timeFrom()::timestamptz) AS bounced,
        sum(completed) FILTER (WHERE bucket >= $__timeFrom()::timestamptz) AS completed,
        instore.sum(duration_histogram) FILTER (WHERE bucket >= $__timeFrom()::timestamptz) AS durations
    FROM instore.footfall_hour
    WHERE
        bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
        AND bucket < $__timeTo()::timestamptz
    GROUP BY store_id
),

sales AS (
    SELECT
        store_id,
        sum(amount) AS amount,
        min(currency) AS currency
    FROM instore.sales_hour
    WHERE bucket >= $__timeFrom()::timestamptz AND bucket < $__timeTo()::timestamptz
    GROUP BY store_id
    HAVING count(DISTINCT currency) = 1
),

queues AS (
    SELECT
        store_id,
        instore.percentile(instore.sum(wait_histogram), 0.9) AS wait_s,
        sum(abandoned)::double precision / nullif(sum(served + abandoned), 0) AS abandoned
    FROM instore.queue_hour
    WHERE bucket >= $__timeFrom()::timestamptz AND bucket < $__timeTo()::timestamptz
    GROUP BY store_id
)

SELECT
    coalesce(nullif(stores.name, ''), store_id) AS "Store",
    rank() OVER (ORDER BY converted::double precision / nullif(entered, 0) DESC NULLS LAST) AS "Rank",
    converted::double precision / nullif(entered, 0) AS "Conversion",
    coalesce(entered, 0) AS "Visits",
    CASE WHEN EXISTS (
        SELECT
        FROM instore_analysis.visits AS earlier
        WHERE
            earlier.store_id = visits.store_id
            AND entered_at >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz) - interval '14 days'
            AND entered_at < $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
    ) THEN coalesce(entered, 0)::double precision / nullif(entered_before, 0) - 1 END AS "Change",
    entered::double precision / nullif(passed, 0) AS "Came in",
    bounced::double precision / nullif(completed, 0) AS "Left at once",
    instore.percentile(durations, 0.5) AS "Median stay",
    amount / nullif(entered, 0) AS "Spent a visit",
    sales.currency AS "Currency",
    wait_s AS "Nine of ten wait at most",
    abandoned AS "Gave up at the till",
    store_id
FROM visits
LEFT JOIN instore.stores USING (store_id)
LEFT JOIN sales USING (store_id)
LEFT JOIN queues USING (store_id)
WHERE entered > 0 OR entered_before > 0
ORDER BY 2, 1
