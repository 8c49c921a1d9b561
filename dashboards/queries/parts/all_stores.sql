-- `page` is what the address of the store's page ends with: dashboards.now.page_of.
asked AS (
    SELECT
        store_id,
        coalesce(nullif(name, ''), store_id) AS store_name,
        CASE WHEN store_id ~ '^[A-Za-z0-9_-]{1,28}$' THEN store_id ELSE left(md5(store_id), 12) END AS page,
        timezone,
        longest_visit,
        opening_hours,
        coalesce(layout -> 'rules', '{}') AS rules
    FROM instore_analysis.stores
)
