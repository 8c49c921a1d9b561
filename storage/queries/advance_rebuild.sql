UPDATE instore.rebuilds
SET
    devices = %(devices)s,
    devices_done = %(done)s,
    finished_at = CASE WHEN %(done)s = %(devices)s THEN now() END
WHERE rebuild_id = %(rebuild_id)s;
