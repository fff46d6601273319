-- ---------------------------------------------------------------------------
-- Functions: publishing and running
-- ---------------------------------------------------------------------------

CREATE FUNCTION @extschema@.campaign_publish(campaign text, hash text DEFAULT NULL)
RETURNS integer
AS 'MODULE_PATHNAME', 'campaign_publish'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_publish(text, text)
	IS 'freezes the draft as the next version, if it has that hash, and gives its number';

CREATE FUNCTION @extschema@.campaign_hash(campaign text, version integer DEFAULT 0)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_hash'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_hash(text, integer)
	IS 'the hash of a version, or of what publishing the draft would make one';

CREATE FUNCTION @extschema@.campaign_grant(campaign text, role text, privilege text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_grant'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_grant(text, text, text)
	IS 'lets a role view, edit, publish, run a campaign, or send its messages';

CREATE FUNCTION @extschema@.campaign_revoke(campaign text, role text, privilege text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_revoke'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_revoke(text, text, text)
	IS 'takes a privilege on a campaign from a role; false if the role had it not';

CREATE FUNCTION @extschema@.campaign_start(campaign text, variables jsonb DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'campaign_start'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_start(text, jsonb)
	IS 'starts a run of the newest version and gives its number';

CREATE FUNCTION @extschema@.campaign_test(
	campaign text, variables jsonb DEFAULT NULL, until text DEFAULT NULL,
	sample_rows bigint DEFAULT NULL, sample_percent numeric DEFAULT NULL,
	recipients text[] DEFAULT NULL, waits boolean DEFAULT false,
	answers jsonb DEFAULT NULL, signals jsonb DEFAULT NULL, events jsonb DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'campaign_test'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_test(text, jsonb, text, bigint, numeric, text[], boolean, jsonb, jsonb, jsonb)
	IS 'starts a run of the draft that has no effect, in place of the campaign''s last test, and gives its number';

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

-- Has an activity and all that is behind it executed again, with what came into
-- it then.  Refused where messages are in the queue, so that nobody gets one
-- twice.
CREATE FUNCTION @extschema@.campaign_restart(run bigint, activity text)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_restart'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_restart(bigint, text)
	IS 'executes an activity of a run and all that is behind it again; gives the run''s state';

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

-- Lets the messages of a channel activity go that wait in the queue: it has the
-- option confirm, or there are more than max_messages, or the number differs
-- from the last run's by more than expected_change.  To refuse, stop the run.
CREATE FUNCTION @extschema@.campaign_confirm(run bigint, activity text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_confirm'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_confirm(bigint, text)
	IS 'lets messages go that wait for a confirmation';

-- Sends a signal to the runs of a campaign that wait for it, or may still come
-- to it.  Members of the payload are variables of the run.  Returns how many
-- runs take it.
CREATE FUNCTION @extschema@.campaign_signal(campaign text, name text, payload jsonb DEFAULT NULL)
RETURNS integer
AS 'MODULE_PATHNAME', 'campaign_signal'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_signal(text, text, jsonb)
	IS 'sends a signal to the runs of a campaign; returns how many take it';

-- Answers a question of campaign.approvals for those of the asked roles that
-- the caller has the rights of.  Returns whether that has decided it.
CREATE FUNCTION @extschema@.campaign_decide(approval bigint, answer text, comment text DEFAULT NULL)
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_decide'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_decide(bigint, text, text)
	IS 'answers a question; returns whether that has decided it';

-- Has an activity (NULL: all of the run) act as if the time it waits for had
-- come.  Returns how many do.
CREATE FUNCTION @extschema@.campaign_hurry(run bigint, activity text DEFAULT NULL)
RETURNS integer
AS 'MODULE_PATHNAME', 'campaign_hurry'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_hurry(bigint, text)
	IS 'executes what waits for a time now; returns how many activities do';

-- The emergency stop of the database: no claim gives anything and no activity
-- is executed until campaign_resume_all.  Only for the owner of the database.
-- Returns false if everything was held already.
CREATE FUNCTION @extschema@.campaign_hold_all(reason text DEFAULT NULL)
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_hold_all'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_hold_all(text)
	IS 'holds all claims and runs of the database; returns whether that is new';

-- Ends it; everything goes on where it was.  Returns false if nothing was held.
CREATE FUNCTION @extschema@.campaign_resume_all()
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_resume_all'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_resume_all()
	IS 'lets all claims and runs of the database go on; returns whether they were held';

-- What would happen if these campaigns, all of the caller's, ran now one after
-- the other: how many would get a message, and how many would not, and why.
-- They are executed and undone: nothing is sent or stored, and what waits for a
-- time goes on at once.
CREATE FUNCTION @extschema@.campaign_simulate(VARIADIC campaigns text[],
	OUT campaign text, OUT activity text, OUT reason text, OUT recipients bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_simulate'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_simulate(text[])
	IS 'tells how many would get a message of campaigns that run now, and why others would not, without sending any';

-- Starts runs of the newest version by itself, at the times of the schedule.
-- Returns what it means in words.  Another call replaces the schedule.
--   cron  instead of a schedule: pg_cron, which is to be installed in this
--         database, starts the campaign at these times
CREATE FUNCTION @extschema@.campaign_schedule(campaign text, schedule jsonb DEFAULT NULL, cron text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_schedule'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_schedule(text, jsonb, text)
	IS 'starts runs of the campaign at the times of a schedule; returns what it means';

-- What keeps pg_cron from starting campaigns; no rows where all is well, or
-- nothing is asked of it.
--   campaign  NULL: none is started
CREATE FUNCTION campaign.cron_problems(OUT campaign text, OUT problem text, OUT hint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_cron_problems_rows'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION campaign.cron_problems()
	IS 'what keeps pg_cron from starting campaigns';

-- Returns false if there was none.
CREATE FUNCTION @extschema@.campaign_unschedule(campaign text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_unschedule'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_unschedule(text)
	IS 'takes the schedule of a campaign away; returns whether there was one';

CREATE FUNCTION @extschema@.campaign_next_launches(
	campaign text, n integer DEFAULT 10, since timestamptz DEFAULT now(),
	OUT launch_at timestamptz, OUT local text, OUT note text, OUT meaning text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_next_launches'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.campaign_next_launches(text, integer, timestamptz)
	IS 'the next launches of the campaign''s schedule, what clocks of its zone show then, what is special about it, and the schedule in words';

CREATE FUNCTION @extschema@.campaign_unpublish(campaign text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_unpublish'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_unpublish(text)
	IS 'makes a draft of a campaign that was published and not started';

CREATE FUNCTION @extschema@.campaign_close(campaign text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_close'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_close(text)
	IS 'lets no run of the campaign be started any more, until it is published again; those under way go on';

CREATE FUNCTION @extschema@.campaign_archive(campaign text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_archive'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_archive(text)
	IS 'puts a campaign away for good, of which no run is under way';

-- Parameters become the defaults of its variables.  A duplicate of a template is
-- no template.
CREATE FUNCTION @extschema@.campaign_duplicate(campaign text, name text, parameters jsonb DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_duplicate'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_duplicate(text, text, jsonb)
	IS 'a new campaign of the caller''s with the same draft, or made of a template; returns its name';

-- Takes what campaign_export() gave in another database.  Returns the name.
CREATE FUNCTION @extschema@.campaign_import(definition jsonb, name text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_import'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_import(jsonb, text)
	IS 'a new campaign from a definition of another database; names all that is missing here';

-- A row per difference; 0 is the draft as it would be published now.
--   part    campaign, setting, variable, activity, transition, dimension, rule
--   member  of an activity, dimension or rule that both have
CREATE FUNCTION @extschema@.campaign_diff(
	campaign text, from_version integer DEFAULT NULL, to_version integer DEFAULT 0,
	OUT part text, OUT name text, OUT member text, OUT change text,
	OUT before jsonb, OUT after jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_diff'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_diff(text, integer, integer)
	IS 'what two versions of a campaign differ in, or the draft from the newest';

-- From now on, messages that are enqueued are kept by the other servers of a
-- cluster, each chunk by one of them; those that are there stay here.  Returns
-- false if it is so already.
CREATE FUNCTION @extschema@.campaign_distribute_queue()
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_distribute_queue'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_distribute_queue()
	IS 'has the servers of a cluster keep messages that are enqueued from now on; returns whether that is new';

-- A round of what the scheduler does by itself: of the caller's campaigns that
-- have ended runs, deletes what is older than their history is to be.  Rounds
-- are small; call it until it is complete, each time in a transaction.
CREATE FUNCTION @extschema@.campaign_clean_up(
	OUT erased bigint, OUT populations bigint, OUT partitions bigint,
	OUT runs bigint, OUT lines bigint, OUT complete boolean)
RETURNS record
AS 'MODULE_PATHNAME', 'campaign_clean_up'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_clean_up()
	IS 'deletes messages, populations, runs and log lines that are old; returns how many, and whether that was all';
