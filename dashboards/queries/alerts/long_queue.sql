-- Seconds of expected wait in each zone of tills; where there are too many people by the store's rule, the limit at least.
WITH
-- include parts/all_stores
,
-- include parts/present
,
-- include parts/queues

SELECT
    queues.store_id AS store,
    queues.store_name,
    queues.zone_id AS zone,
    queues.zone_name,
    asked.page,
    CASE
        WHEN queues.long_people > 0 AND queues.people >= queues.long_people THEN greatest(queues.wait_s, queues.limit_s)
        ELSE queues.wait_s
    END AS value
FROM queues
INNER JOIN asked ON asked.store_id = queues.store_id
WHERE queues.limit_s IS NOT NULL
