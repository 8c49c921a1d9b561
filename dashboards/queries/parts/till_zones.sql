-- Each zone of tills with its rules (docs/signals.md). `limit_s` is the expected wait that is too long; where that is told by people, the
-- wait of so many at one till.
till_zones AS (
    SELECT
        asked.store_id,
        asked.store_name,
        zone.zone_id,
        coalesce(nullif(zone.name, ''), zone.zone_id) AS zone_name,
        rules.service_s,
        rules.long_wait_s,
        rules.long_people,
        coalesce(asked.rules ->> 'queue_cleared_share', '0.6')::double precision AS cleared_share,
        least(nullif(rules.long_wait_s, 0), nullif(rules.long_people, 0) * rules.service_s) AS limit_s
    FROM asked
    INNER JOIN instore.zones AS zone ON zone.store_id = asked.store_id AND zone.type = 'checkout'
    CROSS JOIN LATERAL (
        SELECT
            coalesce(
                asked.rules ->> ('queue_service_s.' || zone.zone_id), asked.rules ->> 'queue_service_s', '45'
            )::double precision AS service_s,
            coalesce(
                asked.rules ->> ('queue_long_wait_s.' || zone.zone_id), asked.rules ->> 'queue_long_wait_s', '300'
            )::double precision AS long_wait_s,
            coalesce(
                asked.rules ->> ('queue_long_people.' || zone.zone_id), asked.rules ->> 'queue_long_people', '0'
            )::double precision AS long_people
    ) AS rules
)
