-- ---------------------------------------------------------------------------
-- Functions: publishing and running
-- ---------------------------------------------------------------------------

CREATE FUNCTION @extschema@.campaign_publish(campaign text)
RETURNS integer
AS 'MODULE_PATHNAME', 'campaign_publish'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_publish(text)
	IS 'freezes the draft as the next version and gives its number';

CREATE FUNCTION @extschema@.campaign_start(campaign text, variables jsonb DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'campaign_start'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_start(text, jsonb)
	IS 'starts a run of the newest version and gives its number';

CREATE FUNCTION @extschema@.campaign_wait(run bigint, timeout interval DEFAULT '10 minutes')
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_wait'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_wait(bigint, interval)
	IS 'waits until nobody but a timer or a person can move the run; gives its state';

CREATE FUNCTION @extschema@.campaign_pause(run bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_pause'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_pause(bigint)
	IS 'stops claims of the run at once and its execution within seconds';

CREATE FUNCTION @extschema@.campaign_resume(run bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_resume'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_resume(bigint)
	IS 'lets a paused run go on';

CREATE FUNCTION @extschema@.campaign_stop(run bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_stop'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_stop(bigint)
	IS 'ends a run for good';

CREATE FUNCTION @extschema@.campaign_retry(run bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_retry'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_retry(bigint)
	IS 'tries the failed activities of a run again';

CREATE FUNCTION @extschema@.campaign_adopt()
RETURNS bigint
AS 'MODULE_PATHNAME', 'campaign_adopt'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_adopt()
	IS 'after a restore or copy: runs of the caller go on in this database; gives their number';

CREATE PROCEDURE @extschema@.campaign_work()
AS 'MODULE_PATHNAME', 'campaign_work'
LANGUAGE C;
COMMENT ON PROCEDURE @extschema@.campaign_work()
	IS 'executes what is due of the caller''s campaigns in this session, committing per activity';
