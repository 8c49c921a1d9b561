-- Signals whose cause is no more. Returns the 5 minutes in which figures change by it.
DELETE FROM instore.signals AS signal
USING json_to_recordset(%(rows)s::json) AS gone (signal_id uuid, at bigint)
WHERE
    signal.signal_id = gone.signal_id
    AND signal.at = instore.at(gone.at)
    AND signal.store_id = ANY(%(store_ids)s::text[])
    AND signal.at BETWEEN %(first)s::timestamptz AND %(last)s::timestamptz
RETURNING signal.store_id, instore_kept.bucket_5m(signal.at) AS bucket;
