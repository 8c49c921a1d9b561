-- Category manager: what sells, in the currency paid. From docs/tables.md.
SELECT i.product_id, p.currency, sum(i.quantity) AS quantity, sum(i.quantity * i.unit_price) AS turnover
FROM instore.payment_items AS i
INNER JOIN instore.payments AS p USING (store_id, reading_id, ts)
GROUP BY 1, 2
ORDER BY turnover DESC
LIMIT 10;
