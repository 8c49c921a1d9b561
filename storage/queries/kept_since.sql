-- Since when all is there that visits are told from and written to; null where nothing was deleted.
SELECT max(kept_since)
FROM instore.table_settings
WHERE table_name <> 'rejected_readings';
