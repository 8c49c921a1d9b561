-- A visitor is known by what they carry; the visit before is looked for in the 28 days before. What is seen more than three times on each
-- of its days is lent out by the store, and says nothing of who carries it.
WITH seen AS (
    SELECT
        visitor,
        entered_at,
        converted,
        duration_s,
        ended_by IS NOT NULL AS is_over,
        lag(entered_at) OVER (PARTITION BY visitor ORDER BY entered_at) AS before_at
    FROM instore_analysis.visits
    WHERE
        store_id = ${store:sqlstring}
        AND entered_at >= $__timeFrom()::timestamptz - interval '28 days'
        AND entered_at <= $__timeTo()::timestamptz
        AND NOT is_staff
        AND NOT pass_by
),

lent AS (
    SELECT visitor
    FROM seen
    GROUP BY visitor
    HAVING count(*) > 3 * count(DISTINCT (entered_at AT TIME ZONE (SELECT timezone FROM instore.stores WHERE store_id = ${store:sqlstring}))::date)
)

SELECT
    CASE
        WHEN lent.visitor IS NOT NULL THEN 'With a band of the store'
        WHEN before_at >= entered_at - interval '28 days' THEN 'Returning'
        ELSE 'New'
    END AS "Visitors",
    count(*) AS "Visits",
    count(*) / sum(count(*)) OVER () AS "Share",
    count(*) FILTER (WHERE converted)::double precision / count(*) AS "Conversion",
    percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_s) FILTER (WHERE is_over) AS "Median stay"
FROM seen
LEFT JOIN lent USING (visitor)
WHERE entered_at >= $__timeFrom()::timestamptz
GROUP BY 1
ORDER BY 1
