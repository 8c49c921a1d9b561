asked AS (
    SELECT
        store_id,
        coalesce(nullif(name, ''), store_id) AS store_name,
        timezone,
        longest_visit,
        currency,
        opening_hours,
        coalesce(layout -> 'rules', '{}') AS rules
    FROM instore_analysis.stores
    WHERE store_id = ${store:sqlstring}
)
