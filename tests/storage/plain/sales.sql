SELECT
    store_id,
    pg_temp.cut(store_id, ts) AS bucket,
    currency,
    count(*) FILTER (WHERE amount >= 0) AS payments,
    count(*) FILTER (WHERE amount < 0) AS refunds,
    count(*) FILTER (WHERE visit_id IS NOT NULL) AS attributed,
    sum(amount) AS amount
FROM instore.payments
GROUP BY 1, 2, 3;
