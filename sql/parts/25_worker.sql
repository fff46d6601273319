-- ---------------------------------------------------------------------------
-- Background workers
-- ---------------------------------------------------------------------------

-- The executors at work in this database, from shared memory: those that are
-- at runs of the caller's.  None if the library is not preloaded.
--   owner       as whom it is connected
--   activity    what it is at; NULL between two tasks, as is started_at
--   rows        how many it has written so far
--   expected    how many the planner expects; NULL: not known
CREATE FUNCTION campaign.executors(
	OUT pid integer,
	OUT owner oid,
	OUT run_id bigint,
	OUT activity text,
	OUT rows bigint,
	OUT started_at timestamptz,
	OUT expected bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_executors'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION campaign.executors() IS 'executors at work on the caller''s runs';
