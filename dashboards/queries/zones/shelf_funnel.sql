SELECT
    shelf_hour.shelf_id AS "Shelf",
    sum(views) AS "Looked",
    sum(attentions) AS "Looked 5 s or longer",
    sum(pickups) AS "Picked up",
    sum(bought) AS "Bought"
FROM instore.shelf_hour
LEFT JOIN instore.shelves ON shelves.store_id = ${store:sqlstring} AND shelves.shelf_id = shelf_hour.shelf_id
WHERE
    shelf_hour.store_id = ${store:sqlstring}
    AND (shelves.zone_id = ANY(ARRAY[${zone:sqlstring}]::text[]) OR shelves.zone_id IS NULL)
    AND bucket >= $__timeFrom()::timestamptz
    AND bucket < $__timeTo()::timestamptz
GROUP BY shelf_hour.shelf_id
ORDER BY sum(views) DESC, 1
LIMIT 12
