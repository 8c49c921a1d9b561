-- Asked with the times of the ids, so that the index over store and time serves; the bounds spare TimescaleDB other chunks.
SELECT id
FROM instore.readings
WHERE
    store_id = %(store_id)s
    AND ts = ANY(%(times)s::timestamptz[])
    AND ts BETWEEN %(first)s AND %(last)s
    AND id = ANY(%(ids)s::text[]);
