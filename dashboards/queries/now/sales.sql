-- In the store's currency; a store that names none has one where all of these payments are in it, else amounts are not to be added up.
WITH
-- include parts/one_store
,
-- include parts/same_weekdays
,

sold AS (
    SELECT
        stretches.week,
        coalesce(paid.amount, 0) AS amount,
        paid.first_currency,
        paid.last_currency
    FROM stretches
    CROSS JOIN LATERAL (
        SELECT
            sum(payment.amount) AS amount,
            min(payment.currency) AS first_currency,
            max(payment.currency) AS last_currency
        FROM instore_analysis.payments AS payment
        WHERE
            payment.store_id = stretches.store_id
            AND payment.ts >= stretches.since
            AND payment.ts < stretches.until
            AND payment.currency = coalesce(stretches.currency, payment.currency)
    ) AS paid
),

compared AS (
    SELECT
        max(amount) FILTER (WHERE week = 0) AS today,
        avg(amount) FILTER (WHERE week > 0 AND amount > 0) AS usual,
        min(first_currency) IS NOT DISTINCT FROM max(last_currency) AS is_one_currency
    FROM sold
)

SELECT
    CASE WHEN is_one_currency THEN today END AS "Today",
    CASE WHEN is_one_currency THEN usual END AS "Usual by now",
    CASE WHEN is_one_currency THEN today / nullif(usual, 0) - 1 END AS "Against usual"
FROM compared
