-- Whoever else saves a layout of the store waits for us.
SELECT
    layout_version,
    layout::text
FROM instore.stores
WHERE store_id = %(store_id)s
FOR UPDATE;
