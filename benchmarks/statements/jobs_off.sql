-- The newest day of a benchmark is some days ago: what a job would do to it by the clock, is done by its own time instead.
SELECT alter_job(job_id, scheduled => false)
FROM timescaledb_information.jobs
WHERE hypertable_schema = 'instore' OR proc_schema = 'instore';
