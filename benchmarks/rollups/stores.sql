-- Stores in five time zones, each with eleven zones and one of tills.
WITH made AS (
    INSERT INTO instore.stores (store_id, timezone)
    SELECT
        'store-' || number,
        (ARRAY['Europe/Berlin', 'Europe/London', 'America/New_York', 'Asia/Kolkata', 'Australia/Sydney'])[number %% 5 + 1]
    FROM generate_series(1, %(stores)s::integer) AS number
    RETURNING store_id
)

INSERT INTO instore.zones (store_id, zone_id, name, type, polygon)
SELECT
    store_id,
    'zone-' || zone,
    '',
    CASE zone WHEN 0 THEN 'checkout' ELSE 'other' END,
    '[]'
FROM made, generate_series(0, 11) AS zone;
