-- Which of these readings of a store are visible: those of the last minutes, by the index over store and time.
SELECT id FROM instore.readings
WHERE store_id = %(store_id)s AND ts > now() - interval '2 minutes' AND id = ANY (%(ids)s)
