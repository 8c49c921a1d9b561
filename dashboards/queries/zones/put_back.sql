SELECT
    coalesce(nullif(products.name, ''), shelf_hour.product_id) AS "Product",
    sum(putbacks)::double precision / sum(pickups) AS "Put back"
FROM instore.shelf_hour
LEFT JOIN instore.shelves ON shelves.store_id = ${store:sqlstring} AND shelves.shelf_id = shelf_hour.shelf_id
LEFT JOIN instore.products ON products.store_id = ${store:sqlstring} AND products.product_id = shelf_hour.product_id
WHERE
    shelf_hour.store_id = ${store:sqlstring}
    AND (shelves.zone_id = ANY(ARRAY[${zone:sqlstring}]::text[]) OR shelves.zone_id IS NULL)
    AND shelf_hour.product_id IS NOT NULL
    AND bucket >= $__timeFrom()::timestamptz
    AND bucket < $__timeTo()::timestamptz
GROUP BY shelf_hour.product_id, products.name
HAVING sum(pickups) >= 10 AND sum(putbacks) > 0
ORDER BY 2 DESC, 1
LIMIT 12
