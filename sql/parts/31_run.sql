-- ---------------------------------------------------------------------------
-- Tables: executions
-- ---------------------------------------------------------------------------

-- One execution of a published version.
--   uuid       key of the idempotency keys of its messages
--   home       server and database it was started in: a copy does not execute it
--   epoch      partition of the dispatch queue its messages go to
--   variables  values of the run variables
--   occurrence the launch of the campaign's schedule that it is; NULL: none
--   erased_at  when its messages were deleted; NULL: what there was is there
--   parent_run, parent_activity   the run that has started it, and by what
--   depth      how many runs are above it
--   errors     activities that failed and let it go on, counted over runs until
--              one has none
--   attached   the parent waits for its end, or has waited: what is done to the
--              parent is done to it
--   unheard    it has ended, and the parent could not be told, because somebody
--              held its task: it is told in a turn of the scheduler
--   test       effects are computed and counted, but nothing is written or sent
--   test_options  of a test: how campaign_test() was told to do it
CREATE TABLE campaign.run (
	run_id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	uuid			uuid NOT NULL DEFAULT gen_random_uuid(),
	campaign_id		bigint NOT NULL REFERENCES campaign.campaign ON DELETE CASCADE,
	version_id		bigint NOT NULL REFERENCES campaign.version,
	state			text COLLATE "C" NOT NULL DEFAULT 'pending'
		CHECK (state IN ('pending', 'running', 'waiting', 'paused', 'held',
						 'succeeded', 'failed', 'stopped', 'missed')),
	home			text COLLATE "C" NOT NULL,
	epoch			bigint NOT NULL,
	variables		jsonb NOT NULL DEFAULT '{}',
	started_by		text COLLATE "C" NOT NULL,
	started_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	ended_at		timestamptz,
	occurrence		timestamptz,
	test			boolean NOT NULL DEFAULT false,
	parent_run		bigint REFERENCES campaign.run ON DELETE SET NULL,
	parent_activity	text COLLATE "C",
	depth			integer NOT NULL DEFAULT 0,
	attached		boolean NOT NULL DEFAULT false,
	errors			integer NOT NULL DEFAULT 0,
	test_options	jsonb,
	erased_at		timestamptz,
	unheard			boolean NOT NULL DEFAULT false,
	CHECK (test OR test_options IS NULL)
);
COMMENT ON TABLE campaign.run IS 'one execution of a campaign';
CREATE INDEX run_campaign ON campaign.run (campaign_id, run_id);
CREATE UNIQUE INDEX run_occurrence ON campaign.run (campaign_id, occurrence) WHERE occurrence IS NOT NULL;
CREATE INDEX run_parent ON campaign.run (parent_run) WHERE parent_run IS NOT NULL;
CREATE UNIQUE INDEX run_child ON campaign.run (parent_run, parent_activity) WHERE attached;
CREATE INDEX run_unheard ON campaign.run (run_id) WHERE unheard;
CREATE INDEX run_test ON campaign.run (campaign_id) WHERE test;
CREATE INDEX run_open ON campaign.run (campaign_id, run_id) WHERE state NOT IN ('succeeded', 'stopped', 'missed');
CREATE INDEX run_rests ON campaign.run (run_id) WHERE state IN ('failed', 'paused', 'held');
CREATE INDEX run_history ON campaign.run (campaign_id, ended_at) WHERE erased_at IS NULL;
CREATE INDEX run_erased ON campaign.run (campaign_id, ended_at) WHERE erased_at IS NOT NULL;
CREATE INDEX run_epoch ON campaign.run (epoch) WHERE erased_at IS NULL;
CREATE INDEX run_version ON campaign.run (version_id);

-- One activity of a run.
--   due_at    when it may be executed: ready ones at once, waiting ones then
--   follow_at when a succeeded one has something to do again, such as to judge
--             those whose messages fall due later; NULL: nothing
--   hurried   the time it waits for counts as come, because a person said so
--   attempts  failed attempts since the last retry
--   overlap   of a combination: rows by the sets they were in
--   warn_at   when it is told that it takes too long; NULL: never
--   error     of the last failed attempt, with its SQLSTATE, detail and hint
CREATE TABLE campaign.task (
	run_id			bigint NOT NULL REFERENCES campaign.run ON DELETE CASCADE,
	activity		text COLLATE "C" NOT NULL,
	position		integer NOT NULL,
	state			text COLLATE "C" NOT NULL DEFAULT 'pending'
		CHECK (state IN ('pending', 'ready', 'running', 'waiting', 'succeeded',
						 'failed', 'skipped', 'cancelled')),
	due_at			timestamptz,
	follow_at		timestamptz,
	hurried			boolean NOT NULL DEFAULT false,
	attempts		integer NOT NULL DEFAULT 0,
	rows_in			bigint,
	overlap			jsonb,
	started_at		timestamptz,
	ended_at		timestamptz,
	sqlstate		text COLLATE "C",
	error			text,
	detail			text,
	hint			text,
	warn_at			timestamptz,
	PRIMARY KEY (run_id, activity)
) WITH (fillfactor = 70);
COMMENT ON TABLE campaign.task IS 'one activity of a run';
CREATE INDEX task_due ON campaign.task (due_at) WHERE state IN ('ready', 'waiting');
CREATE INDEX task_warn ON campaign.task (warn_at) WHERE warn_at IS NOT NULL AND state IN ('ready', 'waiting');
CREATE INDEX task_follow ON campaign.task (follow_at) WHERE follow_at IS NOT NULL;

-- What a campaign is launched by.
--   schedule  complete, see docs/reference.md
--   meaning   the same in words
--   home      server and database that launches it: a copy does not
--   next_at   the next launch; NULL: none is left
--   launched  runs it has started
CREATE TABLE campaign.schedule (
	campaign_id		bigint PRIMARY KEY REFERENCES campaign.campaign ON DELETE CASCADE,
	schedule		jsonb NOT NULL,
	meaning			text NOT NULL,
	home			text COLLATE "C" NOT NULL,
	next_at			timestamptz,
	launched		integer NOT NULL DEFAULT 0,
	scheduled_at	timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE campaign.schedule IS 'what a campaign is launched by';

-- A row while all runs and claims of the database are held.
CREATE TABLE campaign.hold (
	held			boolean PRIMARY KEY DEFAULT true CHECK (held),
	held_at			timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name		text COLLATE "C" NOT NULL,
	reason			text
);
COMMENT ON TABLE campaign.hold IS 'a row while all runs and claims of the database are held';

-- What came out of an outcome of a task.
--   population  table in campaign_data holding the rows; NULL where only the
--               count was needed, or when nothing needs the rows any more
--   active      false: the outcome was empty and is not to be followed
CREATE TABLE campaign.flow (
	run_id			bigint NOT NULL REFERENCES campaign.run ON DELETE CASCADE,
	source			text COLLATE "C" NOT NULL,
	outcome			text COLLATE "C" NOT NULL,
	rows			bigint NOT NULL,
	dimension		text COLLATE "C",
	population		text COLLATE "C",
	active			boolean NOT NULL DEFAULT true,
	kept			boolean NOT NULL DEFAULT false,
	PRIMARY KEY (run_id, source, outcome)
);
COMMENT ON TABLE campaign.flow IS 'what came out of an outcome of a task: count and population';
CREATE INDEX flow_population ON campaign.flow (run_id) WHERE population IS NOT NULL;

-- What a run was told by campaign_signal().
--   payload  run variables that whoever takes it sets
CREATE TABLE campaign.signal (
	signal_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run_id			bigint NOT NULL REFERENCES campaign.run ON DELETE CASCADE,
	name			text COLLATE "C" NOT NULL,
	payload			jsonb NOT NULL,
	sent_by			text COLLATE "C" NOT NULL,
	sent_at			timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE campaign.signal IS 'signals that runs were sent';
CREATE INDEX signal_run ON campaign.signal (run_id, name);

-- A question that an activity of a run puts to roles.
--   answers         possible ones, in order
--   roles           who is asked, by name
--   all_answer      each of them has to answer; of different answers the one
--                   that stands last in answers counts
--   reminded_at     when they were asked the last time
--   deadline        when default_answer or outcome "timeout" is taken
--   votes           who has answered what: role, answer, comment, by, at
--   answer          what was decided; NULL: it is open
CREATE TABLE campaign.approval (
	approval_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run_id			bigint NOT NULL REFERENCES campaign.run ON DELETE CASCADE,
	activity		text COLLATE "C" NOT NULL,
	question		text NOT NULL,
	answers			text[] COLLATE "C" NOT NULL,
	roles			text[] COLLATE "C" NOT NULL,
	all_answer		boolean NOT NULL,
	asked_at		timestamptz NOT NULL,
	reminded_at		timestamptz NOT NULL,
	deadline		timestamptz NOT NULL,
	default_answer	text COLLATE "C",
	votes			jsonb NOT NULL DEFAULT '[]',
	answer			text COLLATE "C",
	answered_at		timestamptz,
	UNIQUE (run_id, activity)
);
COMMENT ON TABLE campaign.approval IS 'questions put to roles, and their answers';

-- What happened; rows are only ever added.
--   hint   of an error: what to do
--   level  how much it is to be looked at, by event and state
CREATE TABLE campaign.log (
	log_id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	logged_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name		text COLLATE "C" NOT NULL,
	owner			oid NOT NULL,
	campaign		text COLLATE "C",
	run_id			bigint,
	activity		text COLLATE "C",
	event			text COLLATE "C" NOT NULL,
	old_state		text COLLATE "C",
	new_state		text COLLATE "C",
	message			text,
	sqlstate		text COLLATE "C",
	hint			text,
	level			text COLLATE "C" GENERATED ALWAYS AS (
		CASE WHEN event IN ('overdue', 'warning', 'skip', 'time zone missing', 'excluded', 'hold') OR new_state = 'missed' THEN 'warning'
			WHEN sqlstate IS NOT NULL OR event = 'error' OR new_state = 'failed' THEN 'error'
			WHEN event IN ('approval', 'reminder', 'confirmation needed', 'alert') OR new_state IN ('paused', 'stopped') THEN 'notice'
			WHEN event = 'move' AND activity IS NOT NULL THEN 'debug'
			ELSE 'info' END) STORED
);
COMMENT ON TABLE campaign.log IS 'what happened: every move of a state with who, when and why';
CREATE INDEX log_run ON campaign.log (run_id);
CREATE INDEX log_time ON campaign.log (logged_at) WHERE run_id IS NULL;
