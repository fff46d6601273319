-- ---------------------------------------------------------------------------
-- Functions and views: looking
-- ---------------------------------------------------------------------------

CREATE FUNCTION @extschema@.campaign_kinds(
	OUT kind text, OUT category text, OUT purpose text, OUT inputs text,
	OUT outcomes text, OUT options jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_kinds'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.campaign_kinds()
	IS 'the kinds of activities with their outcomes and options';

-- The options that activities of every kind have, as campaign_kinds() shows
-- those of one; they are set with campaign_alter() or campaign_add().
CREATE FUNCTION @extschema@.campaign_common_options()
RETURNS jsonb
AS 'MODULE_PATHNAME', 'campaign_common_options_json'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.campaign_common_options()
	IS 'the options that activities of every kind have';

CREATE FUNCTION @extschema@.campaign_check(
	campaign text,
	OUT severity text, OUT activity text, OUT code text, OUT message text,
	OUT hint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_check'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_check(text)
	IS 'everything that is wrong with the draft, at once';

CREATE FUNCTION @extschema@.campaign_explain(
	campaign text, analyzed boolean DEFAULT false, variables jsonb DEFAULT NULL,
	OUT activity text, OUT outcome text, OUT sql text, OUT estimated_rows bigint,
	OUT cost numeric, OUT actual_rows bigint, OUT elapsed interval, OUT advice text,
	OUT together_with text, OUT together_sql text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_explain'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_explain(text, boolean, jsonb)
	IS 'the SQL of each activity of the draft, with the rows and the cost that are expected';

CREATE FUNCTION @extschema@.campaign_preview(
	campaign text, activity text, key text,
	version integer DEFAULT 0, variables jsonb DEFAULT NULL,
	OUT address text, OUT reason text, OUT subject text, OUT body text,
	OUT attributes jsonb, OUT edition smallint, OUT language text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_preview'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_preview(text, text, text, integer, jsonb)
	IS 'the message that one row of the dimension would get, or why it would get none';

-- Reads what is in the queue, of a test too; nothing is evaluated.
CREATE FUNCTION @extschema@.campaign_read_message(
	run bigint, activity text, key text,
	OUT address text, OUT reason text, OUT subject text, OUT body text,
	OUT attributes jsonb, OUT edition smallint, OUT language text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_read_message'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_read_message(bigint, text, text)
	IS 'the message that a recipient has of a run, or why he has none';

CREATE FUNCTION @extschema@.campaign_graph(
	campaign text, format text DEFAULT 'text', run bigint DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_graph'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_graph(text, text, bigint)
	IS 'a drawing of the draft, or of a run with its states and counts';

CREATE FUNCTION @extschema@.campaign_verify(run bigint, OUT code text, OUT detail text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_verify'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_verify(bigint)
	IS 'broken promises of a run, proved from its data: none, always';

-- Cheap enough to be asked every second, whatever has been executed before.
CREATE FUNCTION @extschema@.campaign_health(
	OUT code text, OUT severity text, OUT campaign text, OUT run_id bigint,
	OUT activity text, OUT since timestamptz, OUT message text, OUT hint text,
	OUT supervisors text[])
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_health'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_health()
	IS 'what waits for what, since when, and what to do about it';

-- Only who acts for the owner is shown any: they are people's data.
--   outcome   NULL: the only one that the activity has
--   max_rows  the first ones, or with sample such as are drawn by a hash of
--             their keys
CREATE FUNCTION @extschema@.campaign_population(
	run bigint, activity text, outcome text DEFAULT NULL,
	max_rows bigint DEFAULT NULL, sample boolean DEFAULT false,
	OUT key text, OUT data jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_roster'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_population(bigint, text, text, bigint, boolean)
	IS 'who came out of an activity of a run, as rows';

CREATE FUNCTION @extschema@.campaign_population_columns(
	run bigint, activity text, outcome text DEFAULT NULL,
	OUT name text, OUT type text, OUT key boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_roster_schema'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_population_columns(bigint, text, text)
	IS 'the columns of what came out of an activity of a run';

CREATE VIEW campaign.template_version WITH (security_barrier) AS
SELECT t.name, t.number, t.channel, t.parts ->> 'subject' AS subject,
	t.parts ->> 'body' AS body, t.parts - '{subject,body}'::text[] AS parts,
	t.description, t.owner_name AS owner, t.created_at,
	NOT EXISTS (SELECT FROM campaign.template n
		WHERE n.owner = t.owner AND n.owner_name = t.owner_name
			AND n.name = t.name AND n.number > t.number) AS newest
FROM campaign.template t
WHERE campaign.visible(t.owner);
COMMENT ON VIEW campaign.template_version IS 'templates and snippets in all their versions';

-- While a task is executed, what is to come of it is what came of it in the
-- last run of its campaign, scaled by what flows in; without one, what the
-- planner expects.
CREATE VIEW campaign.run_progress WITH (security_barrier) AS
SELECT t.run_id, c.name AS campaign, t.activity, a.kind,
	CASE WHEN e.pid IS NULL THEN t.state ELSE 'running' END AS state,
	coalesce(t.rows_in, inbound.rows) AS rows_in,
	coalesce(e.rows, outbound.rows) AS rows_out,
	w.elapsed,
	CASE WHEN e.pid IS NOT NULL THEN rpad(repeat('#', floor(19 * e.rows / greatest(x.rows, e.rows, 1))::integer), 20, '.')
		WHEN t.state IN ('succeeded', 'skipped') THEN repeat('#', 20)
		ELSE repeat('.', 20) END AS bar,
	CASE WHEN e.pid IS NOT NULL THEN
			CASE WHEN w.elapsed < x.duration THEN e.started_at + x.duration
				WHEN x.rows > e.rows AND x.rows < e.rows * 10000.0
					THEN clock_timestamp() + w.elapsed * (x.rows / e.rows - 1) END
		WHEN t.state = 'waiting' AND isfinite(t.due_at) THEN t.due_at END AS eta,
	t.error, t.sqlstate, t.detail, t.hint, t.attempts,
	CASE WHEN r.home = campaign.home() OR r.state IN ('succeeded', 'stopped', 'missed')
		THEN r.state ELSE 'held' END AS run_state,
	r.test, r.parent_run, r.parent_activity, r.depth,
	t.state IN ('ready', 'waiting') AND t.warn_at IS NOT NULL AND t.warn_at <= clock_timestamp() AS overdue,
	CASE WHEN e.pid IS NOT NULL OR t.ended_at IS NOT NULL
		THEN round((coalesce(e.rows, outbound.rows) / nullif(extract(epoch FROM w.elapsed), 0))::numeric, 1) END AS rate
FROM campaign.campaign c
JOIN campaign.run r ON r.campaign_id = c.campaign_id
JOIN campaign.task t ON t.run_id = r.run_id
JOIN campaign.activity a ON a.version_id = r.version_id AND a.name = t.activity
LEFT JOIN campaign.executors() e ON e.run_id = t.run_id AND e.activity = t.activity
	-- An executor that has just committed is still there for a moment.
	AND t.state IN ('ready', 'waiting') AND t.due_at <= clock_timestamp()
CROSS JOIN LATERAL (
	SELECT sum(f.rows)::bigint AS rows FROM campaign.transition n
	JOIN campaign.flow f ON f.run_id = t.run_id AND f.source = n.source AND f.outcome = n.outcome
	WHERE n.version_id = r.version_id AND n.target = t.activity) inbound
CROSS JOIN LATERAL (
	SELECT sum(f.rows)::bigint AS rows FROM campaign.flow f
	WHERE f.run_id = t.run_id AND f.source = t.activity) outbound
CROSS JOIN LATERAL (
	SELECT coalesce(CASE WHEN e.pid IS NULL THEN t.ended_at END, clock_timestamp()) - coalesce(e.started_at, t.started_at) AS elapsed) w
LEFT JOIN LATERAL (
	SELECT p.ended_at - p.started_at AS duration,
		(SELECT sum(f.rows) FROM campaign.flow f WHERE f.run_id = p.run_id AND f.source = p.activity)::float8 AS rows,
		least(coalesce(inbound.rows / nullif(p.rows_in, 0)::float8, 1), 10000) AS scale
	FROM campaign.run q
	JOIN campaign.task p ON p.run_id = q.run_id AND p.activity = t.activity AND p.state = 'succeeded'
	WHERE e.pid IS NOT NULL AND q.campaign_id = r.campaign_id AND q.run_id < r.run_id AND NOT q.test
	ORDER BY q.run_id DESC LIMIT 1) l ON true
CROSS JOIN LATERAL (
	SELECT coalesce(l.rows * l.scale, e.expected, inbound.rows) AS rows, l.duration * l.scale AS duration) x
WHERE (campaign.visible(c.owner) OR c.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v))
ORDER BY t.run_id, t.position;
COMMENT ON VIEW campaign.run_progress IS 'every activity of every run: state, rows in and out, time, error';

-- Found by an index over runs that have not ended, then run by run, which
-- OFFSET keeps apart: what it costs does not grow with what has been executed.
CREATE VIEW campaign.open_progress WITH (security_barrier) AS
SELECT p.* FROM campaign.run o
CROSS JOIN LATERAL (SELECT * FROM campaign.run_progress n WHERE n.run_id = o.run_id OFFSET 0) p
WHERE o.state NOT IN ('succeeded', 'stopped', 'missed');
COMMENT ON VIEW campaign.open_progress IS 'the same of runs that have not ended';

CREATE VIEW campaign.privileges WITH (security_barrier) AS
SELECT c.name AS campaign, coalesce(o.rolname::text, g.grantee_name) AS grantee, g.privilege, g.grantor, g.granted_at
FROM campaign.campaign c
CROSS JOIN LATERAL (
	SELECT c.owner AS grantee, c.owner_name AS grantee_name, 'owner' AS privilege, NULL AS grantor, NULL::timestamptz AS granted_at
	UNION ALL
	SELECT p.grantee, p.grantee_name, p.privilege, p.grantor, p.granted_at
	FROM campaign.privilege p WHERE p.campaign_id = c.campaign_id) g
LEFT JOIN pg_catalog.pg_roles o ON o.oid = g.grantee
WHERE campaign.visible(c.owner) OR c.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v);
COMMENT ON VIEW campaign.privileges IS 'who may do what with which campaign';
COMMENT ON COLUMN campaign.privileges.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.privileges.grantee IS 'the role';
COMMENT ON COLUMN campaign.privileges.privilege IS 'owner, view, edit, publish, run or send';
COMMENT ON COLUMN campaign.privileges.grantor IS 'who gave it';
COMMENT ON COLUMN campaign.privileges.granted_at IS 'when';

CREATE VIEW campaign.rules WITH (security_barrier) AS
SELECT name, kind, settings, coalesce((settings ->> 'always')::boolean, false) AS always, owner_name AS owner
FROM campaign.rule
WHERE campaign.visible(owner)
ORDER BY name, owner_name;
COMMENT ON VIEW campaign.rules IS 'rules on how much people are sent';

CREATE VIEW campaign.flow_counts WITH (security_barrier) AS
SELECT f.run_id, f.source, f.outcome, n.target, f.rows,
	'campaign_data.' || quote_ident(f.population) AS relation
FROM campaign.campaign c
JOIN campaign.run r ON r.campaign_id = c.campaign_id
JOIN campaign.flow f ON f.run_id = r.run_id
LEFT JOIN campaign.transition n ON n.version_id = r.version_id
	AND n.source = f.source AND n.outcome = f.outcome
WHERE campaign.visible(c.owner) OR c.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v);
COMMENT ON VIEW campaign.flow_counts IS 'how many rows came out of each outcome of each run, and where they went';

-- Roles are known by name, which is theirs only where the run is at home.
CREATE VIEW campaign.approvals WITH (security_barrier) AS
SELECT p.approval_id, p.run_id, c.name AS campaign, p.activity, p.question, p.answers, p.roles, p.all_answer,
	CASE WHEN p.answer IS NOT NULL THEN 'answered'
		WHEN t.state = 'waiting' THEN 'open' ELSE 'closed' END AS state,
	asked.me AS asked, p.asked_at, nullif(p.deadline, 'infinity') AS deadline, p.default_answer, p.votes,
	p.answer, p.answered_at
FROM campaign.campaign c
JOIN campaign.run r ON r.campaign_id = c.campaign_id
JOIN campaign.approval p ON p.run_id = r.run_id
JOIN campaign.task t ON t.run_id = p.run_id AND t.activity = p.activity
CROSS JOIN LATERAL (
	SELECT r.home = campaign.home() AND EXISTS (
		SELECT FROM pg_catalog.pg_roles o
		WHERE o.rolname = ANY (p.roles) AND pg_catalog.pg_has_role(o.oid, 'USAGE')) AS me) asked
WHERE campaign.visible(c.owner) OR asked.me OR c.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v);
COMMENT ON VIEW campaign.approvals IS 'questions that the reader is asked, or that his campaigns ask';

CREATE VIEW campaign.overlap WITH (security_barrier) AS
SELECT t.run_id, t.activity, o.sets, sum(o.rows)::bigint AS rows
FROM campaign.campaign c
JOIN campaign.run r ON r.campaign_id = c.campaign_id
JOIN campaign.task t ON t.run_id = r.run_id
CROSS JOIN LATERAL jsonb_to_recordset(t.overlap) AS o (sets text[], rows bigint)
WHERE (campaign.visible(c.owner) OR c.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v))
GROUP BY t.run_id, t.activity, o.sets;
COMMENT ON VIEW campaign.overlap IS 'how many rows of a combination were in which of its sets';

CREATE VIEW campaign.schedules WITH (security_barrier) AS
SELECT c.name AS campaign, s.meaning,
	CASE WHEN s.next_at IS NULL AND NOT s.schedule ? 'cron' THEN 'ended'
		WHEN s.home <> campaign.home() OR EXISTS (SELECT FROM campaign.hold) THEN 'held'
		ELSE 'active' END AS state,
	s.next_at, s.launched, l.run_id AS last_run_id, l.occurrence AS last_launch,
	l.state AS last_state, s.schedule, c.owner_name AS owner, s.scheduled_at
FROM campaign.schedule s
JOIN campaign.campaign c ON c.campaign_id = s.campaign_id
LEFT JOIN LATERAL (SELECT r.run_id, r.occurrence, r.state FROM campaign.run r
	WHERE r.campaign_id = s.campaign_id AND r.occurrence IS NOT NULL
	ORDER BY r.occurrence DESC LIMIT 1) l ON true
WHERE campaign.visible(c.owner) OR c.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v);
COMMENT ON VIEW campaign.schedules IS 'what campaigns are launched by, and when';
