WITH
-- include parts/stretches true
,
-- include parts/told footfall
,
-- include parts/told sales
,
-- include parts/told queue
,

visits AS (
    SELECT
        store_id,
        sum(entered) FILTER (WHERE is_now) AS entered,
        sum(entered) FILTER (WHERE NOT is_now) AS entered_before,
        sum(entered + passed_by) FILTER (WHERE is_now) AS passed,
        sum(converted) FILTER (WHERE is_now) AS converted,
        sum(bounced) FILTER (WHERE is_now) AS bounced,
        sum(completed) FILTER (WHERE is_now) AS completed,
        instore.sum(duration_histogram) FILTER (WHERE is_now) AS durations
    FROM footfall_told
    GROUP BY store_id
),

sales AS (
    SELECT
        store_id,
        sum(amount) AS amount,
        min(currency) AS currency
    FROM sales_told
    WHERE is_now
    GROUP BY store_id
    HAVING count(DISTINCT currency) = 1
),

queues AS (
    SELECT
        store_id,
        instore.percentile(instore.sum(wait_histogram), 0.9) AS wait_s,
        sum(abandoned)::double precision / nullif(sum(served + abandoned), 0) AS abandoned
    FROM queue_told
    WHERE is_now
    GROUP BY store_id
)

SELECT
    coalesce(nullif(stores.name, ''), store_id) AS "Store",
    rank() OVER (ORDER BY converted::double precision / nullif(entered, 0) DESC NULLS LAST) AS "Rank",
    converted::double precision / nullif(entered, 0) AS "Conversion",
    coalesce(entered, 0) AS "Visits",
    coalesce(entered, 0)::double precision / nullif(entered_before, 0) - 1 AS "Change",
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
