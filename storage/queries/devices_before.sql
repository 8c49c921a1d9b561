-- Which of these devices had been heard before a time: they have a visit that began before it, as what is heard of a device always has.
-- The readings themselves would say the same, and there are a hundred times as many.
SELECT DISTINCT device_id
FROM instore.visits
WHERE store_id = %(store_id)s AND device_id = ANY(%(devices)s::text[]) AND entered_at < instore.at(%(before)s::bigint);
