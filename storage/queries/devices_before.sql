-- Which of these devices had been heard before a time.
SELECT device.device_id
FROM unnest(%(devices)s::text[]) AS device (device_id)
WHERE EXISTS (
    SELECT FROM instore.readings
    WHERE store_id = %(store_id)s AND device_id = device.device_id AND kind <> 'payment' AND ts < instore.at(%(before)s::bigint)
);
