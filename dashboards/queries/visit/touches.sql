WITH
-- include parts/visit

SELECT
    ts AS "At",
    shelf_visits.shelf_id AS "Shelf",
    CASE action WHEN 'view' THEN 'looked' WHEN 'pickup' THEN 'picked up' ELSE 'put back' END AS "Did",
    coalesce(nullif(products.name, ''), shelf_visits.product_id) AS "Product",
    duration_s AS "For",
    CASE WHEN is_bought THEN 'yes' END AS "Bought"
FROM visit
CROSS JOIN instore_analysis.shelf_visits
LEFT JOIN instore.products ON products.store_id = ${store:sqlstring} AND products.product_id = shelf_visits.product_id
WHERE
    shelf_visits.store_id = ${store:sqlstring}
    AND visit_id::text = ANY(ARRAY[${visit:sqlstring}]::text[])
    AND ts BETWEEN visit.entered_at AND visit.left_at + interval '5 minutes'
ORDER BY ts
