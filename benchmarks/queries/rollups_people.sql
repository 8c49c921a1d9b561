-- Store manager: people in the store and in each zone over the last day, every 5 minutes. From docs/rollups.md.
SELECT bucket, zone_id, people
FROM instore.occupancy(%(store_id)s, %(now)s - interval '1 day', %(now)s);
