-- The products of the store are exactly these.
WITH new AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(%(rows)s::json) AS product (product_id text, name text, price numeric, promoted boolean, shelf_ids text[])
),

gone AS (
    DELETE FROM instore.products AS old
    WHERE old.store_id = %(store_id)s AND NOT EXISTS (SELECT FROM new WHERE new.product_id = old.product_id)
)

INSERT INTO instore.products (store_id, product_id, name, price, promoted, shelf_ids)
SELECT
    %(store_id)s,
    new.*
FROM new
ON CONFLICT (store_id, product_id) DO UPDATE
SET
    name = excluded.name,
    price = excluded.price,
    promoted = excluded.promoted,
    shelf_ids = excluded.shelf_ids;
