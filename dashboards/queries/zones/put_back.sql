WITH
-- include parts/stretches stores.store_id = ${store:sqlstring}
,
-- include parts/told shelf

SELECT
    coalesce(nullif(products.name, ''), shelf_told.product_id) AS "Product",
    sum(putbacks)::double precision / sum(pickups) AS "Put back"
FROM shelf_told
LEFT JOIN instore.shelves ON shelves.store_id = ${store:sqlstring} AND shelves.shelf_id = shelf_told.shelf_id
LEFT JOIN instore.products ON products.store_id = ${store:sqlstring} AND products.product_id = shelf_told.product_id
WHERE
    is_now
    AND (shelves.zone_id = ANY(ARRAY[${zone:sqlstring}]::text[]) OR shelves.zone_id IS NULL)
    AND shelf_told.product_id IS NOT NULL
GROUP BY shelf_told.product_id, products.name
HAVING sum(pickups) >= 10 AND sum(putbacks) > 0
ORDER BY 2 DESC, 1
LIMIT 12
