-- A till need not tell items: what was paid is said then, of the receipt as a whole.
WITH
-- include parts/visit

SELECT
    payments.ts AS "At",
    payments.sensor_id AS "Till",
    coalesce(nullif(products.name, ''), lines.product_id, 'no items told') AS "Product",
    lines.quantity AS "Quantity",
    lines.unit_price AS "Price of one",
    CASE WHEN lines.line_no IS NULL THEN payments.amount ELSE lines.quantity * lines.unit_price END AS "Together",
    payments.currency AS "Currency"
FROM visit
CROSS JOIN instore_analysis.payments
LEFT JOIN instore_analysis.payment_items AS lines
    ON lines.store_id = ${store:sqlstring}
    AND lines.ts = payments.ts
    AND lines.reading_id = payments.reading_id
    AND lines.ts BETWEEN visit.entered_at AND visit.left_at + interval '5 minutes'
LEFT JOIN instore.products ON products.store_id = ${store:sqlstring} AND products.product_id = lines.product_id
WHERE
    payments.store_id = ${store:sqlstring}
    AND payments.visit_id::text = ANY(ARRAY[${visit:sqlstring}]::text[])
    AND payments.ts BETWEEN visit.entered_at AND visit.left_at + interval '5 minutes'
ORDER BY payments.ts, lines.line_no
