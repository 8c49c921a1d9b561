SELECT id
FROM instore.readings
WHERE store_id = %(store_id)s AND ts >= instore.at(%(since)s::bigint);
