-- How long a table is kept can be taken back as long as nothing was deleted: what is kept since when follows what is gone, not what was wished once.

-- table: table_settings --

ALTER TABLE instore.table_settings ADD COLUMN gone_before timestamptz;

UPDATE instore.table_settings SET gone_before = kept_since;

COMMENT ON COLUMN instore.table_settings.kept_since IS 'Rows since then are all there, and stay so; older ones are deleted some minutes later. Null while all are kept.';
COMMENT ON COLUMN instore.table_settings.gone_before IS 'Rows older than this may have been deleted; null while none was.';

CREATE FUNCTION instore_kept.keep_longer() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.kept_since := NEW.gone_before;
    NEW.announced_at := NULL;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION instore_kept.keep_longer IS 'A table is to be kept longer than before: all that is still there is kept.';

CREATE TRIGGER kept_longer BEFORE UPDATE OF keep ON instore.table_settings
FOR EACH ROW WHEN (OLD.keep IS NOT NULL AND (NEW.keep IS NULL OR NEW.keep > OLD.keep)) EXECUTE FUNCTION instore_kept.keep_longer();

-- function: retain_after --

CREATE OR REPLACE FUNCTION instore.retain_after(patience interval, at_most integer) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    -- What is kept since a moment can be told and counted from what lies before it too: readings of a visit that began then, a visit that ended since.
    margin constant interval := greatest(interval '2 days', (SELECT max(longest_visit) + interval '1 day' FROM instore.stores));
    first_open constant timestamptz := (SELECT min(entered_at) FROM instore.visits WHERE NOT is_final);
    one instore.table_settings;
    deleted bigint;
    done bigint := 0;
BEGIN
    -- Figures that wait to be computed from rows: wait for them, unless they cannot be (keep_or_postpone). One call at a time is enough.
    IF
        EXISTS (SELECT FROM instore_kept.stale WHERE bucket < now() - interval '2 days' AND marked_at <= now())
        OR NOT pg_try_advisory_xact_lock(hashtextextended('instore.retain', 0))
    THEN
        RETURN 0;
    END IF;

    -- Locked, so that nobody takes the setting back while rows go.
    FOR one IN SELECT * FROM instore.table_settings WHERE announced_at <= now() - patience ORDER BY table_name FOR UPDATE LOOP
        deleted := instore.delete_before(one, least(one.kept_since, first_open) - margin, at_most);
        UPDATE instore.table_settings SET gone_before = kept_since WHERE table_name = one.table_name AND deleted > 0;
        done := done + deleted;
    END LOOP;

    IF done = 0 THEN
        UPDATE instore.table_settings AS setting
        SET kept_since = wanted.since, announced_at = now()
        FROM (
            SELECT
                table_name,
                CASE WHEN table_name = 'rejected_readings' THEN now() - keep ELSE least(now() - keep, first_open - margin) END AS since
            FROM instore.table_settings
            WHERE keep IS NOT NULL
        ) AS wanted
        WHERE
            setting.table_name = wanted.table_name
            AND wanted.since > coalesce(setting.kept_since, '-infinity')
            AND coalesce(setting.announced_at, '-infinity') <= now() - patience;
    END IF;
    RETURN done;
END
$$;
