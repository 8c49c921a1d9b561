-- Where TimescaleDB is there, the time-stamped tables become hypertables; elsewhere they stay the plain tables they are.
--
-- A chunk and its indexes should fit into a quarter of the server's memory. A busy store sends some 200,000 readings a day, 40 MB
-- with indexes: a day is right for readings up to a chain of a hundred stores. The other tables have a twentieth of the rows or
-- less, so a week; shorter chunks would only make queries over months open more of them.

DO $$
DECLARE
    home text;
    cut record;
BEGIN
    -- Creating the extension without its library loaded at server start ends the session, so look for the library first.
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb' AND installed_version IS NULL)
        AND EXISTS (SELECT FROM pg_settings WHERE name LIKE 'timescaledb.%') THEN
        BEGIN
            CREATE EXTENSION timescaledb;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'TimescaleDB is available, but this user may not create it: tables stay plain';
        END;
    END IF;

    SELECT n.nspname INTO home
    FROM pg_extension AS e
    INNER JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE e.extname = 'timescaledb'
        -- by_range came with 2.13
        AND (string_to_array(substring(e.extversion FROM '^\d+\.\d+'), '.'))::int[] >= '{2,13}';

    IF home IS NULL THEN
        RETURN;
    END IF;

    FOR cut IN
        SELECT *
        FROM (
            VALUES
            ('instore.readings', 'ts', '1 day'),
            ('instore.rejected_readings', 'received_at', '7 days'),
            ('instore.visits', 'entered_at', '7 days'),
            ('instore.stays', 'started_at', '7 days'),
            ('instore.shelf_visits', 'ts', '7 days'),
            ('instore.payments', 'ts', '7 days'),
            ('instore.payment_items', 'ts', '7 days'),
            ('instore.signals', 'at', '7 days')
        ) AS cuts (tablename, at_column, chunk)
    LOOP
        EXECUTE format(
            'SELECT %1$I.create_hypertable(%2$L::regclass, %1$I.by_range(%3$L, %4$L::interval), create_default_indexes => false)',
            home, cut.tablename, cut.at_column, cut.chunk
        );
    END LOOP;
END
$$;
