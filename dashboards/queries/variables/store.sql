-- Where there is none yet, one that is none: Grafana would write nothing instead of it, and every query would be broken.
SELECT
    store_id AS __value,
    coalesce(nullif(name, ''), store_id) AS __text
FROM instore.stores
UNION ALL
SELECT
    '-',
    'no store yet'
WHERE NOT EXISTS (SELECT FROM instore.stores)
ORDER BY 2, 1
