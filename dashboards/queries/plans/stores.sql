SELECT
    store_id,
    coalesce(nullif(name, ''), store_id) AS name,
    currency
FROM instore.stores
ORDER BY name, store_id
