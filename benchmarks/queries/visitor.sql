-- Shop assistant: what does the visitor with this device value, as far as earlier visits tell?
SELECT visits, priority, speed, selection, price, recognition
FROM instore.visitor_priorities
WHERE store_id = %(store_id)s AND device_id = %(device_id)s;
