SELECT
    store_id AS __value,
    coalesce(nullif(name, ''), store_id) AS __text
FROM instore.stores
ORDER BY 2, 1
