WITH
-- include parts/one_store
,

-- include parts/same_weekdays
,

sold AS (
    SELECT
        stretches.week,
        (
            SELECT coalesce(sum(paid.amount), 0)
            FROM instore_analysis.payments AS paid
            WHERE
                paid.store_id = stretches.store_id
                AND paid.ts >= stretches.since
                AND paid.ts < stretches.until
                AND paid.currency = coalesce(stretches.currency, paid.currency)
        ) AS amount
    FROM stretches
),

compared AS (
    SELECT
        max(amount) FILTER (WHERE week = 0) AS today,
        avg(amount) FILTER (WHERE week > 0 AND amount > 0) AS usual
    FROM sold
)

SELECT
    today AS "Today",
    usual AS "Usual by now",
    today / nullif(usual, 0) - 1 AS "Against usual"
FROM compared
