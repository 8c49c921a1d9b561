SELECT
    item.store_id,
    pg_temp.cut(item.store_id, item.ts) AS bucket,
    item.product_id,
    payment.currency,
    count(*) AS lines,
    sum(item.quantity) AS quantity,
    sum(item.quantity * item.unit_price) AS turnover
FROM instore.payment_items AS item
INNER JOIN instore.payments AS payment USING (store_id, reading_id, ts)
GROUP BY 1, 2, 3, 4;
