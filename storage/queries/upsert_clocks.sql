INSERT INTO instore.store_clocks (store_id, topic, partition, store_time, told_by)
SELECT
    store_id,
    topic,
    partition,
    instore.at(store_time),
    told_by
FROM json_to_recordset(%(rows)s::json) AS new (topic text, partition integer, store_id text, store_time bigint, told_by text)
ORDER BY store_id
ON CONFLICT (store_id) DO UPDATE
SET topic = excluded.topic, partition = excluded.partition, store_time = excluded.store_time, told_by = excluded.told_by;
