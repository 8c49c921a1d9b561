-- How many figures of a level are not those of the plain GROUP BY, or missing, or too many.
WITH told AS MATERIALIZED (
    SELECT
        store_id,
        zone_id,
        bucket,
        entered,
        dwell_s
    FROM {told}
    WHERE entered > 0
),

plain AS MATERIALIZED (
    SELECT
        stay.store_id,
        stay.zone_id,
        CASE %(level)s
            WHEN '5m' THEN date_bin(interval '5 minutes', stay.started_at, timestamptz '1970-01-01 00:00:00+00')
            ELSE date_trunc(%(level)s, stay.started_at, coalesce(%(timezone)s, store.timezone))
        END AS bucket,
        count(*) AS entered,
        sum(CASE WHEN stay.is_open THEN 0 ELSE stay.dwell_s::numeric END) AS dwell_s
    FROM instore.stays AS stay
    INNER JOIN instore.stores AS store ON store.store_id = stay.store_id
    WHERE NOT stay.is_staff
    GROUP BY 1, 2, 3
)

SELECT count(*)
FROM told
FULL JOIN plain USING (store_id, zone_id, bucket)
WHERE (told.entered, told.dwell_s) IS DISTINCT FROM (plain.entered, plain.dwell_s);
