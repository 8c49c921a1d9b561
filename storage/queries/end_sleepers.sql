-- End the connections of workers that have been in a transaction for longer than we wait for a lock, and of which the server waits for more to
-- come or to be taken. Of other users nothing is seen here.
SELECT pid, pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE
    datname = current_database()
    AND usename = current_user
    AND application_name = current_setting('application_name')
    AND pid <> pg_backend_pid()
    AND state <> 'idle'
    AND wait_event_type = 'Client'
    AND xact_start < clock_timestamp() - current_setting('lock_timeout')::interval;
