-- Store manager: how many people were in the store and in each zone today, every 5 minutes?
SELECT bucket AS time, coalesce(zone_id, 'store') AS zone, people
FROM instore.occupancy(%(store_id)s, %(day_ago)s, %(now)s);
