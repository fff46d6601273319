\echo Use "ALTER EXTENSION campaign UPDATE" to load this file. \quit

SET LOCAL search_path = pg_catalog, pg_temp;


-- Lines of the log are shown to whoever may look at the campaign, too.
DROP POLICY log_visible ON campaign.log;

-- The view asks a function that has another shape now.
DROP VIEW campaign.run_progress;
-- The newest run of a campaign is found by the index.
-- covers run_campaign
DROP INDEX campaign.run_campaign;
CREATE INDEX run_campaign ON campaign.run (campaign_id, run_id);


DROP function @extschema@.campaign_add_combine (text, text, text, text, text, text, bigint, text, text);
DROP function @extschema@.campaign_add_deduplicate (text, text, text, text, jsonb, bigint, text, boolean, boolean, text);
DROP function @extschema@.campaign_add_end (text, text, text, text, text);
DROP function @extschema@.campaign_add_signal (text, text, text, interval, text);
DROP function @extschema@.campaign_add_split (text, text, jsonb, text, text);
DROP function @extschema@.campaign_add_sql (text, text, text, text, boolean, text);
DROP function @extschema@.campaign_duplicate (text, text);
DROP function @extschema@.campaign_next_launches (text, integer, timestamptz);
DROP function @extschema@.campaign_publish (text);
DROP function @extschema@.campaign_schedule (text, jsonb);
DROP function @extschema@.campaign_why (bigint, text);
DROP function campaign.address_first (uuid);
DROP function campaign.executors ();
COMMENT ON SCHEMA campaign IS 'campaigns: definitions, runs, the dispatch queue; USAGE makes a role a user of the extension';
COMMENT ON SCHEMA campaign_data IS 'populations of runs and partitions of the dispatch queue';
COMMENT ON FUNCTION campaign.visible(oid) IS 'whether the current user has the rights of that role';
COMMENT ON FUNCTION campaign.sample_position(text, text) IS 'where between 0 and 1 a key stands for a seed; samples are ranges of it';
COMMENT ON FUNCTION campaign.home() IS 'this server and database; a copy of the database has another';
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
COMMENT ON TABLE campaign.origin IS 'which servers gave the oids of roles in these tables';
COMMENT ON TABLE campaign.dimension IS 'a table, view, partitioned or foreign table whose rows can be targeted';
COMMENT ON TABLE campaign.template IS 'a version of a template or snippet: a named text of messages';
COMMENT ON TABLE campaign.rule IS 'a rule on how much people are sent';
COMMENT ON TABLE campaign.campaign IS 'a campaign: name, owner, dimension, status, settings';
CREATE INDEX campaign_owner ON campaign.campaign (owner) WHERE status = 'published';
CREATE TABLE campaign.privilege (
	campaign_id		bigint NOT NULL REFERENCES campaign.campaign ON DELETE CASCADE,
	grantee			oid NOT NULL,
	grantee_name	text COLLATE "C" NOT NULL,
	privilege		text COLLATE "C" NOT NULL
		CHECK (privilege IN ('view', 'edit', 'publish', 'run', 'send')),
	grantor			text COLLATE "C" NOT NULL,
	granted_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (campaign_id, grantee, privilege, grantee_name)
);
COMMENT ON TABLE campaign.privilege IS 'what roles may do with campaigns that are not theirs';
COMMENT ON COLUMN campaign.privilege.privilege IS 'view, edit, publish, run or send; all but send imply view';
COMMENT ON COLUMN campaign.privilege.grantor IS 'who gave it, by name';
CREATE VIEW campaign.viewable WITH (security_barrier) AS
SELECT p.campaign_id, c.name AS campaign, c.owner
FROM campaign.privilege p
JOIN campaign.campaign c ON c.campaign_id = p.campaign_id
WHERE p.privilege <> 'send' AND campaign.visible(p.grantee);
COMMENT ON VIEW campaign.viewable IS 'campaigns of others that the reader was given a right to look at';
COMMENT ON COLUMN campaign.viewable.campaign_id IS 'number of the campaign';
COMMENT ON COLUMN campaign.viewable.campaign IS 'its name';
COMMENT ON COLUMN campaign.viewable.owner IS 'whose it is';
ALTER TABLE campaign.version
	ADD COLUMN links jsonb,
	ADD COLUMN filters jsonb;
COMMENT ON TABLE campaign.version IS 'a definition of a campaign: the draft (number 0) or a frozen, hashed one';
COMMENT ON TABLE campaign.activity IS 'an activity of a version of a campaign';
CREATE INDEX activity_asks ON campaign.activity (version_id, name) WHERE kind IN ('approval', 'signal', 'sub_campaign');
COMMENT ON TABLE campaign.transition IS 'an outcome of one activity feeding another';
ALTER TABLE campaign.run
	ADD COLUMN test boolean NOT NULL DEFAULT false,
	ADD COLUMN parent_run bigint REFERENCES campaign.run ON DELETE SET NULL,
	ADD COLUMN parent_activity text COLLATE "C",
	ADD COLUMN depth integer NOT NULL DEFAULT 0,
	ADD COLUMN attached boolean NOT NULL DEFAULT false,
	ADD COLUMN errors integer NOT NULL DEFAULT 0,
	ADD COLUMN test_options jsonb,
	ADD COLUMN erased_at timestamptz,
	ADD COLUMN unheard boolean NOT NULL DEFAULT false,
	ADD CHECK (test OR test_options IS NULL);
COMMENT ON TABLE campaign.run IS 'one execution of a campaign';
CREATE INDEX run_parent ON campaign.run (parent_run) WHERE parent_run IS NOT NULL;
CREATE UNIQUE INDEX run_child ON campaign.run (parent_run, parent_activity) WHERE attached;
CREATE INDEX run_unheard ON campaign.run (run_id) WHERE unheard;
CREATE INDEX run_test ON campaign.run (campaign_id) WHERE test;
CREATE INDEX run_open ON campaign.run (campaign_id, run_id) WHERE state NOT IN ('succeeded', 'stopped', 'missed');
CREATE INDEX run_rests ON campaign.run (run_id) WHERE state IN ('failed', 'paused', 'held');
CREATE INDEX run_history ON campaign.run (campaign_id, ended_at) WHERE erased_at IS NULL;
CREATE INDEX run_erased ON campaign.run (campaign_id, ended_at) WHERE erased_at IS NOT NULL;
CREATE INDEX run_epoch ON campaign.run (epoch) WHERE erased_at IS NULL;
ALTER TABLE campaign.task
	ADD COLUMN warn_at timestamptz;
COMMENT ON TABLE campaign.task IS 'one activity of a run';
CREATE INDEX task_warn ON campaign.task (warn_at) WHERE warn_at IS NOT NULL AND state IN ('ready', 'waiting');
COMMENT ON TABLE campaign.schedule IS 'what a campaign is launched by';
COMMENT ON TABLE campaign.hold IS 'a row while all runs and claims of the database are held';
ALTER TABLE campaign.flow
	ADD COLUMN kept boolean NOT NULL DEFAULT false;
COMMENT ON TABLE campaign.flow IS 'what came out of an outcome of a task: count and population';
CREATE INDEX flow_population ON campaign.flow (run_id) WHERE population IS NOT NULL;
COMMENT ON TABLE campaign.signal IS 'signals that runs were sent';
COMMENT ON TABLE campaign.approval IS 'questions put to roles, and their answers';
ALTER TABLE campaign.log
	ADD COLUMN hint text,
	ADD COLUMN level text COLLATE "C" GENERATED ALWAYS AS ( CASE WHEN event IN ('overdue', 'warning', 'skip', 'time zone missing', 'excluded', 'hold') OR new_state = 'missed' THEN 'warning' WHEN sqlstate IS NOT NULL OR event = 'error' OR new_state = 'failed' THEN 'error' WHEN event IN ('approval', 'reminder', 'confirmation needed', 'alert') OR new_state IN ('paused', 'stopped') THEN 'notice' WHEN event = 'move' AND activity IS NOT NULL THEN 'debug' ELSE 'info' END) STORED;
COMMENT ON TABLE campaign.log IS 'what happened: every move of a state with who, when and why';
CREATE INDEX log_time ON campaign.log (logged_at) WHERE run_id IS NULL;
COMMENT ON TABLE campaign.epoch IS 'a month whose runs share a partition of the dispatch queue';
COMMENT ON TABLE campaign.channel IS 'how messages of a channel are handed out';
COMMENT ON TABLE campaign.throttle IS 'what was handed out lately under a limit';
ALTER TABLE campaign.delivery
	ADD COLUMN figures jsonb,
	ADD COLUMN distributed boolean NOT NULL DEFAULT false;
COMMENT ON TABLE campaign.delivery IS 'one channel activity of one run, with its counts';
COMMENT ON TABLE campaign.dispatch IS 'the dispatch queue: one row per message, written once';
CREATE TABLE campaign.dispatch_bucket (
	message_id		bigint NOT NULL,
	delivery_id		bigint NOT NULL,
	bucket			integer NOT NULL,
	recipient		text COLLATE "C" NOT NULL,
	person			text COLLATE "C",
	address			text COLLATE "C" NOT NULL,
	variables		text[]
) PARTITION BY RANGE (message_id);
COMMENT ON TABLE campaign.dispatch_bucket IS 'messages that other servers of a cluster keep, by bucket';
COMMENT ON SEQUENCE campaign.message_number IS 'counts chunks of 1,000 message numbers';
COMMENT ON TABLE campaign.chunk IS 'up to 1,000 neighbouring messages of a delivery, leased and settled together';
COMMENT ON TABLE campaign.outcome IS 'why a message failed, was retried, given back or withdrawn';
COMMENT ON TABLE campaign.exclusion IS 'who was left out of a delivery, and why';
CREATE INDEX exclusion_person ON campaign.exclusion (person) WHERE person IS NOT NULL;
COMMENT ON TABLE campaign.contact IS 'what rules count: whom the messages of a chunk were for, and when';
COMMENT ON TABLE campaign.suppression IS 'addresses that must not be contacted, per channel';
ALTER TABLE campaign.event
	ADD COLUMN first boolean NOT NULL DEFAULT false;
COMMENT ON TABLE campaign.event IS 'feedback: what became of messages after they were sent';
CREATE TABLE campaign.figure (
	delivery_id		bigint NOT NULL,
	grain			text COLLATE "C" NOT NULL,
	level			smallint NOT NULL,
	event			text COLLATE "C" NOT NULL,
	minute			timestamptz,
	edition			smallint NOT NULL,
	name			text COLLATE "C",
	messages		bigint NOT NULL,
	events			bigint NOT NULL,
	value			numeric,
	first_at		timestamptz,
	last_at			timestamptz
);
COMMENT ON TABLE campaign.figure IS 'what became of messages, summed up for reports';
CREATE INDEX figure_delivery ON campaign.figure (delivery_id, grain, level);
COMMENT ON TABLE campaign.parked_event IS 'feedback about messages that are not there, or not the caller''s; kept for a week';
ALTER TABLE campaign.soft_bounce
	ADD COLUMN bounced_at timestamptz NOT NULL DEFAULT clock_timestamp();
COMMENT ON TABLE campaign.soft_bounce IS 'soft bounces of an address, counted until it is suppressed for them';
COMMENT ON TABLE campaign.secret IS 'what tracking URLs are signed with; never shown';
CREATE TABLE campaign.link (
	link_id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name			text COLLATE "C" NOT NULL,
	owner			oid NOT NULL,
	owner_name		text COLLATE "C" NOT NULL,
	source			text COLLATE "C" NOT NULL,
	target			text COLLATE "C" NOT NULL,
	alias			text COLLATE "C" NOT NULL,
	condition		text NOT NULL,
	cardinality		text COLLATE "C" NOT NULL CHECK (cardinality IN ('one', 'zero or one', 'many')),
	search_path		text NOT NULL,
	UNIQUE (owner, source, name, owner_name)
);
COMMENT ON TABLE campaign.link IS 'a declared join from the rows of one dimension to those of another';
CREATE FUNCTION campaign.foreign_links(
	relation oid, OUT name text, OUT target oid, OUT pattern text, OUT cardinality text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH side AS (
		SELECT c.oid, c.conname, c.conrelid, c.confrelid, c.conkey, c.convalidated,
			forth.forth, r.relname, n.nspname,
			CASE WHEN forth.forth THEN c.confrelid ELSE c.conrelid END AS target,
			(SELECT string_agg(format('%%%s$I.%s OPERATOR(%I.%s) %%%s$I.%s',
					CASE WHEN forth.forth THEN 2 ELSE 1 END, replace(quote_ident(p.attname), '%', '%%'),
					s.nspname, replace(o.oprname, '%', '%%'),
					CASE WHEN forth.forth THEN 1 ELSE 2 END, replace(quote_ident(f.attname), '%', '%%')),
					' AND ' ORDER BY k.n)
				FROM unnest(c.conkey, c.confkey, c.conpfeqop) WITH ORDINALITY AS k (fk, pk, op, n)
				JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = k.fk
				JOIN pg_attribute p ON p.attrelid = c.confrelid AND p.attnum = k.pk
				JOIN pg_operator o ON o.oid = k.op
				JOIN pg_namespace s ON s.oid = o.oprnamespace) AS pattern,
			(SELECT string_agg(f.attname, '_' ORDER BY k.n)
				FROM unnest(c.conkey) WITH ORDINALITY AS k (fk, n)
				JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = k.fk) AS columns
		FROM pg_constraint c
		CROSS JOIN (VALUES (true), (false)) AS forth (forth)
		JOIN pg_class r ON r.oid = CASE WHEN forth.forth THEN c.confrelid ELSE c.conrelid END
		JOIN pg_namespace n ON n.oid = r.relnamespace
		WHERE c.contype = 'f' AND c.conparentid = 0
			AND $1 = CASE WHEN forth.forth THEN c.conrelid ELSE c.confrelid END),
	referred AS (
		SELECT *, CASE WHEN array_length(conkey, 1) > 1 OR columns ~ '^_?id$' THEN columns
				ELSE regexp_replace(columns, '_id$', '') END AS referring,
			count(*) FILTER (WHERE NOT forth) OVER (PARTITION BY conrelid) AS times
		FROM side),
	named AS (
		SELECT *, CASE
			WHEN forth AND array_length(conkey, 1) > 1 AND conrelid <> confrelid THEN relname::text
			WHEN forth THEN referring
			WHEN times > 1 OR conrelid = confrelid THEN relname || '_by_' || referring
			ELSE relname::text END AS name
		FROM referred),
	counted AS (
		SELECT *, count(*) OVER (PARTITION BY name) AS same FROM named)
	SELECT (CASE WHEN same = 1 THEN name ELSE name || '_' || nspname || '_' || conname END)::name::text,
		target, pattern, CASE
			WHEN forth AND convalidated AND NOT EXISTS (
				SELECT FROM pg_attribute a
				WHERE a.attrelid = conrelid AND a.attnum = ANY (conkey) AND NOT a.attnotnull) THEN 'one'
			WHEN forth OR EXISTS (
				SELECT FROM pg_index i
				WHERE i.indrelid = conrelid AND i.indisunique AND i.indimmediate AND i.indisvalid
					AND i.indpred IS NULL AND i.indexprs IS NULL
					AND (i.indkey::int2[])[0:i.indnkeyatts - 1] <@ conkey) THEN 'zero or one'
			ELSE 'many' END
	FROM counted;
END;
COMMENT ON FUNCTION campaign.foreign_links(oid) IS 'links from a relation that foreign keys give, in both directions';
CREATE VIEW campaign.links WITH (security_barrier) AS
WITH placed AS (
	SELECT d.name, d.owner, d.owner_name, d.relation_name, c.oid AS relation
	FROM campaign.dimension d
	LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace)
		ON quote_ident(n.nspname) || '.' || quote_ident(c.relname) = d.relation_name
	WHERE campaign.visible(d.owner))
SELECT l.source, l.name, l.target, d.relation_name AS relation, l.cardinality, l.condition,
	true AS declared, l.owner_name AS owner
FROM campaign.link l
LEFT JOIN campaign.dimension d ON d.owner = l.owner AND d.name = l.target AND d.owner_name = l.owner_name
WHERE campaign.visible(l.owner)
UNION ALL
SELECT d.name, f.name, t.name, quote_ident(n.nspname) || '.' || quote_ident(c.relname), f.cardinality,
	format(f.pattern, d.name, CASE WHEN coalesce(t.name, c.relname) = d.name THEN f.name
		ELSE coalesce(t.name, c.relname) END),
	false, d.owner_name
FROM placed d
CROSS JOIN LATERAL campaign.foreign_links(d.relation) f
JOIN pg_class c ON c.oid = f.target
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
	SELECT o.name FROM placed o
	WHERE o.owner = d.owner AND o.relation = f.target
	ORDER BY o.name <> c.relname, o.name LIMIT 1) t ON true
WHERE NOT EXISTS (
	SELECT FROM campaign.link l
	WHERE l.owner = d.owner AND l.source = d.name AND l.name = f.name)
ORDER BY 1, 2, 8;
COMMENT ON VIEW campaign.links IS 'links from dimensions: declared, and of foreign keys';
COMMENT ON TABLE campaign.audience IS 'a saved audience';
COMMENT ON TABLE campaign.audience_version IS 'a version of a saved audience: a table in campaign_data';
COMMENT ON COLUMN campaign.audience_version.number IS 'number of the version, from 1';
COMMENT ON COLUMN campaign.audience_version.population IS 'table in campaign_data that has the rows';
COMMENT ON COLUMN campaign.audience_version.run_id IS 'the run that saved it, which may be gone';
CREATE TABLE campaign.filter (
	filter_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name			text COLLATE "C" NOT NULL,
	owner			oid NOT NULL,
	owner_name		text COLLATE "C" NOT NULL,
	dimension		text COLLATE "C" NOT NULL,
	condition		text NOT NULL,
	parameters		jsonb NOT NULL DEFAULT '{}',
	description		text,
	search_path		text NOT NULL,
	UNIQUE (owner, name, owner_name)
);
COMMENT ON TABLE campaign.filter IS 'a condition that was saved under a name';
CREATE VIEW campaign.filters WITH (security_barrier) AS
SELECT f.name, f.dimension, f.condition, f.parameters, f.description,
	ARRAY(
		SELECT 'filter ' || quote_ident(o.name) FROM campaign.filter o
		WHERE o.owner = f.owner AND o.condition ~ ('"saved"\s*:\s*"' || f.name || '"')
		UNION ALL
		SELECT 'activity ' || quote_ident(a.name) || ' of campaign ' || quote_ident(c.name)
		FROM campaign.campaign c
		JOIN campaign.version v ON v.campaign_id = c.campaign_id AND v.number = 0
		JOIN campaign.activity a ON a.version_id = v.version_id
		WHERE c.owner = f.owner AND a.options::text ~ ('"saved\\?"\s*:\s*\\?"' || f.name || '\\?"')
		ORDER BY 1) AS used_by,
	f.owner_name AS owner
FROM campaign.filter f
WHERE campaign.visible(f.owner);
COMMENT ON VIEW campaign.filters IS 'saved filters, and where they are used';
CREATE TABLE campaign.memory (
	memory_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	campaign_id		bigint NOT NULL REFERENCES campaign.campaign ON DELETE CASCADE,
	activity		text COLLATE "C" NOT NULL,
	used_at			timestamptz NOT NULL DEFAULT clock_timestamp(),
	UNIQUE (campaign_id, activity)
);
COMMENT ON TABLE campaign.memory IS 'what an incremental activity remembers';
CREATE TABLE campaign.memory_batch (
	batch_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	memory_id		bigint NOT NULL REFERENCES campaign.memory ON DELETE CASCADE,
	dimension		text COLLATE "C" NOT NULL,
	run_id			bigint NOT NULL,
	returned_at		timestamptz NOT NULL,
	begins			timestamptz NOT NULL,
	mark			timestamptz,
	settled			boolean NOT NULL DEFAULT false,
	leased			boolean NOT NULL DEFAULT false,
	given_back		boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE campaign.memory_batch IS 'an execution of an incremental activity';
CREATE INDEX memory_batch_memory ON campaign.memory_batch (memory_id);
CREATE INDEX memory_batch_run ON campaign.memory_batch (run_id);
CREATE TABLE campaign.memory_row (
	batch_id		bigint NOT NULL REFERENCES campaign.memory_batch ON DELETE CASCADE,
	key				text COLLATE "C" NOT NULL,
	fingerprint		bigint
);
COMMENT ON TABLE campaign.memory_row IS 'a row that an incremental activity has returned';
CREATE INDEX memory_row_key ON campaign.memory_row (batch_id, key);
COMMENT ON COLUMN campaign.memory.used_at IS 'when the activity was executed the last time';
COMMENT ON COLUMN campaign.memory_batch.dimension IS 'whose keys they are';
COMMENT ON COLUMN campaign.memory_batch.run_id IS 'the run, which may be gone';
COMMENT ON COLUMN campaign.memory_batch.begins IS 'with a date: rows with an earlier one were not looked at';
COMMENT ON COLUMN campaign.memory_batch.mark IS 'with a date: where the next execution begins';
COMMENT ON COLUMN campaign.memory_batch.settled IS 'of a stopped run: only rows that were sent a message are left';
COMMENT ON COLUMN campaign.memory_batch.leased IS 'of a stopped run: some of its rows are with a sender, and may come back';
COMMENT ON COLUMN campaign.memory_batch.given_back IS 'rows of it are free again: the next execution begins where it did';
COMMENT ON COLUMN campaign.memory_row.key IS 'as campaign.message.recipient has it';
COMMENT ON COLUMN campaign.memory_row.fingerprint IS 'hash of what makes the row come again when it changes, or NULL';
CREATE TABLE campaign.reject (
	reject_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run_id			bigint NOT NULL REFERENCES campaign.run ON DELETE CASCADE,
	activity		text COLLATE "C" NOT NULL,
	recipient		text COLLATE "C" NOT NULL,
	sqlstate		text COLLATE "C" NOT NULL,
	error			text
);
COMMENT ON TABLE campaign.reject IS 'a row that a table of the owner''s refused';
CREATE INDEX reject_run ON campaign.reject (run_id, activity);
COMMENT ON COLUMN campaign.reject.recipient IS 'as campaign.message.recipient has it';
COMMENT ON COLUMN campaign.reject.error IS 'NULL once the person was erased';
COMMENT ON FUNCTION @extschema@.campaign_dimension(regclass, text, text, jsonb, jsonb, text, text, text, text)
	IS 'declares a table whose rows can be targeted: key, addresses, consent, time zone, language, person';
COMMENT ON FUNCTION @extschema@.campaign_template(text, text, text, text, jsonb, text)
	IS 'declares a template of a channel, or without one a snippet, or its next version';
COMMENT ON FUNCTION @extschema@.campaign_template_drop(text)
	IS 'drops a template or snippet with all its versions';
COMMENT ON FUNCTION @extschema@.campaign_rule(text, text, jsonb)
	IS 'declares a rule on how much people are sent; returns its name';
COMMENT ON FUNCTION @extschema@.campaign_rule_drop(text)
	IS 'drops a rule, which holds no more, and forgets what it counted';
CREATE FUNCTION @extschema@.campaign_link(
	name text, source text, target text, condition text, cardinality text DEFAULT 'many')
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_link'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_link(text, text, text, text, text)
	IS 'declares how rows of one dimension lead to rows of another; returns the link''s name';
CREATE FUNCTION @extschema@.campaign_unlink(name text, source text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_unlink'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_unlink(text, text)
	IS 'drops a declared link; the source is needed where several have links of that name';
COMMENT ON FUNCTION @extschema@.campaign_create(text, text, text, jsonb)
	IS 'creates a campaign with an empty draft, owned by the caller';
COMMENT ON FUNCTION @extschema@.campaign_add(text, text, text, jsonb, text)
	IS 'adds an activity of any kind to the draft';
COMMENT ON FUNCTION @extschema@.campaign_connect(text, text, text)
	IS 'feeds an outcome of one activity of the draft to another';
COMMENT ON FUNCTION @extschema@.campaign_disconnect(text, text, text)
	IS 'removes a transition of the draft';
COMMENT ON FUNCTION @extschema@.campaign_alter(text, text, jsonb)
	IS 'changes options of an activity of the draft; null removes one';
COMMENT ON FUNCTION @extschema@.campaign_remove(text, text)
	IS 'removes an activity of the draft with its transitions';
COMMENT ON FUNCTION @extschema@.campaign_rename(text, text, text)
	IS 'renames an activity of the draft';
COMMENT ON FUNCTION @extschema@.campaign_drop(text)
	IS 'drops a campaign with all its versions, runs and deliveries';
COMMENT ON FUNCTION @extschema@.campaign_define(jsonb)
	IS 'creates a campaign, or replaces its draft, from a whole definition';
COMMENT ON FUNCTION @extschema@.campaign_export(text, integer)
	IS 'the whole definition of the draft (version 0) or of a published version';
COMMENT ON FUNCTION @extschema@.campaign_add_audience(text, text, text, jsonb, text, boolean, text)
	IS 'adds an audience: rows that satisfy a condition';
COMMENT ON FUNCTION @extschema@.campaign_add_read_audience(text, text, text, bigint, text, text, jsonb, text, text, boolean, text)
	IS 'adds the rows that a saved audience, a table or a query names';
COMMENT ON FUNCTION @extschema@.campaign_add_save_audience(text, text, text, text, jsonb, bigint, text)
	IS 'adds the saving of rows as an audience beyond the run';
COMMENT ON FUNCTION @extschema@.campaign_add_enrich(text, text, jsonb, jsonb, text, text)
	IS 'adds an enrichment: columns from expressions and linked tables';
CREATE FUNCTION @extschema@.campaign_add_split(
	campaign text, activity text, outcomes jsonb,
	seed text DEFAULT NULL, exact boolean DEFAULT NULL,
	overlap boolean DEFAULT NULL, one_relation boolean DEFAULT NULL,
	segment_column text DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'split',
		jsonb_strip_nulls(jsonb_build_object('outcomes', outcomes,
			'seed', seed, 'exact', exact, 'overlap', overlap,
			'one_relation', one_relation,
			'segment_column', segment_column)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_split(text, text, jsonb, text, boolean, boolean, boolean, text, text)
	IS 'adds a split: every row to the first outcome that takes it';
CREATE FUNCTION @extschema@.campaign_add_sql(
	campaign text, activity text, query text, effect boolean DEFAULT NULL,
	dimension text DEFAULT NULL, skip_empty boolean DEFAULT NULL,
	after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'sql',
		jsonb_strip_nulls(jsonb_build_object('query', query,
			'effect', effect, 'dimension', dimension, 'skip_empty', skip_empty)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_sql(text, text, text, boolean, text, boolean, text)
	IS 'adds a query whose rows go on, or which changes data';
CREATE FUNCTION @extschema@.campaign_add_incremental(
	campaign text, activity text, filter text DEFAULT NULL,
	history_days numeric DEFAULT NULL, changed_by text DEFAULT NULL,
	date_field text DEFAULT NULL, overlap interval DEFAULT NULL,
	dimension text DEFAULT NULL, skip_empty boolean DEFAULT NULL,
	after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'incremental',
		jsonb_strip_nulls(jsonb_build_object('filter', filter,
			'history_days', history_days, 'changed_by', changed_by,
			'date_field', date_field, 'overlap', overlap,
			'dimension', dimension, 'skip_empty', skip_empty)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_incremental(text, text, text, numeric, text, text, interval, text, boolean, text)
	IS 'adds a selection of rows that it has not returned before';
CREATE FUNCTION @extschema@.campaign_add_load_file(
	campaign text, activity text, file text DEFAULT NULL,
	relation text DEFAULT NULL, columns jsonb DEFAULT NULL,
	format text DEFAULT NULL, delimiter text DEFAULT NULL,
	quote text DEFAULT NULL, escape text DEFAULT NULL,
	null_text text DEFAULT NULL, header text DEFAULT NULL,
	skip_lines bigint DEFAULT NULL, encoding text DEFAULT NULL,
	multiline boolean DEFAULT NULL, max_line bigint DEFAULT NULL,
	time_zone text DEFAULT NULL, max_errors bigint DEFAULT NULL,
	consume boolean DEFAULT NULL, skip_empty boolean DEFAULT NULL,
	after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'load_file',
		jsonb_strip_nulls(jsonb_build_object('file', file,
			'relation', relation, 'format', format, 'delimiter', delimiter,
			'quote', quote, 'escape', escape, 'null_text', null_text,
			'header', header, 'skip_lines', skip_lines,
			'encoding', encoding, 'multiline', multiline,
			'max_line', max_line, 'time_zone', time_zone,
			'max_errors', max_errors, 'consume', consume,
			'skip_empty', skip_empty))
		|| CASE WHEN columns IS NULL THEN '{}'::pg_catalog.jsonb
			ELSE jsonb_build_object('columns', columns) END, after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_load_file(text, text, text, text, jsonb, text, text, text, text, text, text, bigint, text, boolean, bigint, text, bigint, boolean, boolean, text)
	IS 'adds the reading of a file, or of rows that clients have copied';
CREATE FUNCTION @extschema@.campaign_add_extract_file(
	campaign text, activity text, file text DEFAULT NULL,
	relation text DEFAULT NULL, mode text DEFAULT NULL,
	columns jsonb DEFAULT NULL, sort_by text DEFAULT NULL,
	group_by text DEFAULT NULL, group_filter text DEFAULT NULL,
	format text DEFAULT NULL, delimiter text DEFAULT NULL,
	header boolean DEFAULT NULL, null_text text DEFAULT NULL,
	encoding text DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'extract_file',
		jsonb_strip_nulls(jsonb_build_object('file', file,
			'relation', relation, 'mode', mode, 'columns', columns,
			'sort_by', sort_by, 'group_by', group_by,
			'group_filter', group_filter, 'format', format,
			'delimiter', delimiter, 'header', header,
			'null_text', null_text, 'encoding', encoding)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_extract_file(text, text, text, text, text, jsonb, text, text, text, text, text, boolean, text, text, text)
	IS 'adds the writing of rows to a file or a table';
CREATE FUNCTION @extschema@.campaign_add_combine(
	campaign text, activity text, operation text,
	primary_set text DEFAULT NULL, priority text DEFAULT NULL,
	by text DEFAULT NULL, max_rows bigint DEFAULT NULL,
	seed text DEFAULT NULL, rules jsonb DEFAULT NULL,
	after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'combine',
		jsonb_strip_nulls(jsonb_build_object('operation', operation,
			'primary_set', primary_set, 'priority', priority, 'by', by,
			'max_rows', max_rows, 'seed', seed,
			'rules', rules)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_combine(text, text, text, text, text, text, bigint, text, jsonb, text)
	IS 'adds a combination: union, intersection or exclusion of populations';
CREATE FUNCTION @extschema@.campaign_add_deduplicate(
	campaign text, activity text, by text, keep text DEFAULT NULL,
	prefer jsonb DEFAULT NULL, max_rows bigint DEFAULT NULL,
	seed text DEFAULT NULL, match_nulls boolean DEFAULT NULL,
	merge boolean DEFAULT NULL, records jsonb DEFAULT NULL,
	after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'deduplicate',
		jsonb_strip_nulls(jsonb_build_object('by', by, 'keep', keep,
			'prefer', prefer, 'max_rows', max_rows, 'seed', seed,
			'match_nulls', match_nulls, 'merge', merge,
			'records', records)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_deduplicate(text, text, text, text, jsonb, bigint, text, boolean, boolean, jsonb, text)
	IS 'adds a deduplication: the best of the rows that are equal in something';
CREATE FUNCTION @extschema@.campaign_add_change_dimension(
	campaign text, activity text, dimension text, link text DEFAULT NULL,
	sort_by text DEFAULT NULL, keep bigint DEFAULT NULL,
	columns jsonb DEFAULT NULL, collection text DEFAULT NULL,
	lines jsonb DEFAULT NULL, collect text DEFAULT NULL,
	after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'change_dimension',
		jsonb_strip_nulls(jsonb_build_object('dimension', dimension,
			'link', link, 'sort_by', sort_by, 'keep', keep,
			'columns', columns, 'collection', collection, 'lines', lines,
			'collect', collect)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_change_dimension(text, text, text, text, text, bigint, jsonb, text, jsonb, text, text)
	IS 'adds a change of dimension: from rows to those that links lead to';
CREATE FUNCTION @extschema@.campaign_add_reconcile(
	campaign text, activity text, dimension text, pairs jsonb DEFAULT NULL,
	match text DEFAULT NULL, filter text DEFAULT NULL,
	ambiguous text DEFAULT NULL, sort_by text DEFAULT NULL,
	columns jsonb DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'reconcile',
		jsonb_strip_nulls(jsonb_build_object('dimension', dimension,
			'pairs', pairs, 'match', match, 'filter', filter,
			'ambiguous', ambiguous, 'sort_by', sort_by,
			'columns', columns)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_reconcile(text, text, text, jsonb, text, text, text, text, jsonb, text)
	IS 'adds a reconciliation: the rows of a dimension that other rows mean';
CREATE FUNCTION @extschema@.campaign_add_update_data(
	campaign text, activity text, operation text, target text DEFAULT NULL,
	by jsonb DEFAULT NULL, fields jsonb DEFAULT NULL,
	auto_map boolean DEFAULT NULL, nulls text DEFAULT NULL,
	sort_by text DEFAULT NULL, max_errors bigint DEFAULT NULL,
	after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'update_data',
		jsonb_strip_nulls(jsonb_build_object('operation', operation,
			'target', target, 'by', by, 'fields', fields,
			'auto_map', auto_map, 'nulls', nulls, 'sort_by', sort_by,
			'max_errors', max_errors)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_update_data(text, text, text, text, jsonb, jsonb, boolean, text, text, bigint, text)
	IS 'adds a change of a table: rows are inserted, updated or deleted';
COMMENT ON FUNCTION @extschema@.campaign_add_fork(text, text, text)
	IS 'adds a fork: branches that go on independently';
COMMENT ON FUNCTION @extschema@.campaign_add_join(text, text, text, integer, interval, text)
	IS 'adds a join: waits for all inbound branches, or for some of them';
COMMENT ON FUNCTION @extschema@.campaign_add_test(text, text, jsonb, text, text)
	IS 'adds a test: the first outcome whose condition over the run holds';
CREATE FUNCTION @extschema@.campaign_add_signal(
	campaign text, activity text, signal text DEFAULT NULL,
	timeout interval DEFAULT NULL, parameters text DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'signal',
		jsonb_strip_nulls(jsonb_build_object('signal', signal,
			'timeout', timeout::text,
			'parameters', parameters)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_signal(text, text, text, interval, text, text)
	IS 'adds a signal: the branch goes on when campaign_signal is called';
COMMENT ON FUNCTION @extschema@.campaign_add_approval(text, text, text, text, text, boolean, interval, text, interval, text)
	IS 'adds an approval: the branch goes on by the answer of people who are asked';
COMMENT ON FUNCTION @extschema@.campaign_add_alert(text, text, text, text, text)
	IS 'adds an alert: says something by NOTIFY and in the log';
COMMENT ON FUNCTION @extschema@.campaign_add_wait(text, text, interval, timestamptz, text, text, interval, interval, jsonb, text, text)
	IS 'adds a wait: the branch goes on after a time, at a time, or when a condition holds';
COMMENT ON FUNCTION @extschema@.campaign_add_email(text, text, text, text, text, text, text, boolean, text, jsonb, jsonb, text)
	IS 'adds an e-mail to every row that may get one';
COMMENT ON FUNCTION @extschema@.campaign_add_sms(text, text, text, integer, text, text, boolean, text, jsonb, jsonb, text)
	IS 'adds a text message to every row that may get one';
COMMENT ON FUNCTION @extschema@.campaign_add_push(text, text, text, text, text, jsonb, text, text, boolean, text, jsonb, jsonb, text)
	IS 'adds a push notification to every row that may get one';
COMMENT ON FUNCTION @extschema@.campaign_add_direct_mail(text, text, jsonb, text, text, boolean, text, jsonb, jsonb, text)
	IS 'adds a letter to every row that may get one';
COMMENT ON FUNCTION @extschema@.campaign_add_custom(text, text, jsonb, text, text, boolean, text, jsonb, jsonb, text)
	IS 'adds a message of any other channel to every row that may get one';
CREATE FUNCTION @extschema@.campaign_add_sub_campaign(
	campaign text, activity text, starts text,
	parameters jsonb DEFAULT NULL, wait boolean DEFAULT NULL,
	timeout interval DEFAULT NULL, report text DEFAULT NULL,
	after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'sub_campaign',
		jsonb_strip_nulls(jsonb_build_object('starts', starts,
			'parameters', parameters, 'wait', wait,
			'timeout', timeout::text, 'report', report)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_sub_campaign(text, text, text, jsonb, boolean, interval, text, text)
	IS 'adds an activity of kind sub_campaign, which runs another campaign';
CREATE FUNCTION @extschema@.campaign_add_end(
	campaign text, activity text, signal text DEFAULT NULL,
	receiver text DEFAULT NULL, starts text DEFAULT NULL,
	parameters jsonb DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'end',
		jsonb_strip_nulls(jsonb_build_object('signal', signal,
			'receiver', receiver, 'starts', starts,
			'parameters', parameters)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_end(text, text, text, text, text, jsonb, text)
	IS 'adds an end: marks the end of a branch, and may send a signal';
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
COMMENT ON FUNCTION @extschema@.campaign_wait(bigint, interval)
	IS 'waits until nobody but a timer or a person can move the run; gives its state';
COMMENT ON FUNCTION @extschema@.campaign_pause(bigint)
	IS 'stops claims of the run at once and its execution within seconds';
COMMENT ON FUNCTION @extschema@.campaign_resume(bigint)
	IS 'lets a paused run go on';
COMMENT ON FUNCTION @extschema@.campaign_stop(bigint)
	IS 'ends a run for good';
COMMENT ON FUNCTION @extschema@.campaign_retry(bigint)
	IS 'tries the failed activities of a run again';
CREATE FUNCTION @extschema@.campaign_restart(run bigint, activity text)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_restart'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_restart(bigint, text)
	IS 'executes an activity of a run and all that is behind it again; gives the run''s state';
COMMENT ON FUNCTION @extschema@.campaign_adopt()
	IS 'after a restore or copy: runs of the caller go on in this database; gives their number';
COMMENT ON PROCEDURE @extschema@.campaign_work()
	IS 'executes what is due of the caller''s campaigns in this session, committing per activity';
COMMENT ON FUNCTION @extschema@.campaign_confirm(bigint, text)
	IS 'lets messages go that wait for a confirmation';
COMMENT ON FUNCTION @extschema@.campaign_signal(text, text, jsonb)
	IS 'sends a signal to the runs of a campaign; returns how many take it';
COMMENT ON FUNCTION @extschema@.campaign_decide(bigint, text, text)
	IS 'answers a question; returns whether that has decided it';
COMMENT ON FUNCTION @extschema@.campaign_hurry(bigint, text)
	IS 'executes what waits for a time now; returns how many activities do';
COMMENT ON FUNCTION @extschema@.campaign_hold_all(text)
	IS 'holds all claims and runs of the database; returns whether that is new';
COMMENT ON FUNCTION @extschema@.campaign_resume_all()
	IS 'lets all claims and runs of the database go on; returns whether they were held';
COMMENT ON FUNCTION @extschema@.campaign_simulate(text[])
	IS 'tells how many would get a message of campaigns that run now, and why others would not, without sending any';
CREATE FUNCTION @extschema@.campaign_schedule(campaign text, schedule jsonb DEFAULT NULL, cron text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_schedule'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_schedule(text, jsonb, text)
	IS 'starts runs of the campaign at the times of a schedule; returns what it means';
CREATE FUNCTION campaign.cron_problems(OUT campaign text, OUT problem text, OUT hint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_cron_problems_rows'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION campaign.cron_problems()
	IS 'what keeps pg_cron from starting campaigns';
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
COMMENT ON FUNCTION @extschema@.campaign_unpublish(text)
	IS 'makes a draft of a campaign that was published and not started';
COMMENT ON FUNCTION @extschema@.campaign_close(text)
	IS 'lets no run of the campaign be started any more, until it is published again; those under way go on';
COMMENT ON FUNCTION @extschema@.campaign_archive(text)
	IS 'puts a campaign away for good, of which no run is under way';
CREATE FUNCTION @extschema@.campaign_duplicate(campaign text, name text, parameters jsonb DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_duplicate'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_duplicate(text, text, jsonb)
	IS 'a new campaign of the caller''s with the same draft, or made of a template; returns its name';
CREATE FUNCTION @extschema@.campaign_import(definition jsonb, name text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_import'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_import(jsonb, text)
	IS 'a new campaign from a definition of another database; names all that is missing here';
CREATE FUNCTION @extschema@.campaign_diff(
	campaign text, from_version integer DEFAULT NULL, to_version integer DEFAULT 0,
	OUT part text, OUT name text, OUT member text, OUT change text,
	OUT before jsonb, OUT after jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_diff'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_diff(text, integer, integer)
	IS 'what two versions of a campaign differ in, or the draft from the newest';
CREATE FUNCTION @extschema@.campaign_distribute_queue()
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_distribute_queue'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_distribute_queue()
	IS 'has the servers of a cluster keep messages that are enqueued from now on; returns whether that is new';
CREATE FUNCTION @extschema@.campaign_clean_up(
	OUT erased bigint, OUT populations bigint, OUT partitions bigint,
	OUT runs bigint, OUT lines bigint, OUT complete boolean)
RETURNS record
AS 'MODULE_PATHNAME', 'campaign_clean_up'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_clean_up()
	IS 'deletes messages, populations, runs and log lines that are old; returns how many, and whether that was all';
COMMENT ON TABLE campaign.lost_lease IS 'leases that ran out and whose messages were claimed again';
COMMENT ON TYPE campaign.claimed_message IS 'a message as a sender gets it';
COMMENT ON TYPE campaign.acknowledged IS 'what an acknowledgement changed; result is settled, or late, settled before or unknown when nothing was';
COMMENT ON FUNCTION @extschema@.campaign_claim(text, integer, interval)
	IS 'leases messages that are due to the caller, who is to send and acknowledge them';
COMMENT ON FUNCTION @extschema@.campaign_ack(uuid, jsonb)
	IS 'settles the messages of a lease: sent, or failed where said so';
COMMENT ON FUNCTION @extschema@.campaign_recheck(uuid)
	IS 'gives the messages of a lease that must not be sent any more; they leave it';
COMMENT ON FUNCTION @extschema@.campaign_channel(text, text, jsonb)
	IS 'declares a channel, its limits and whether it is paused; returns its name';
COMMENT ON FUNCTION @extschema@.campaign_channel_drop(text)
	IS 'removes what was declared for a channel';
COMMENT ON FUNCTION @extschema@.campaign_release(uuid)
	IS 'gives the messages of a lease back unsent; returns how many';
COMMENT ON FUNCTION @extschema@.campaign_extend(uuid, interval)
	IS 'makes a lease last for so long from now; returns how many messages it holds';
COMMENT ON FUNCTION campaign.address_fault(text)
	IS 'why nothing can be sent to an address; NULL if something can';
COMMENT ON FUNCTION campaign.address_hash(text)
	IS 'hash of an address by which suppression is judged';
CREATE FUNCTION campaign.address_first(address_hash uuid, delivery integer DEFAULT 0, expected bigint DEFAULT 0)
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_address_first'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION campaign.address_first(uuid, integer, bigint)
	IS 'whether the statement has not met the hash of an address before';
CREATE FUNCTION campaign.count_passing_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'campaign_count_passing_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION campaign.count_passing_support(internal)
	IS 'tells the planner how many rows pass a place where they are counted';
CREATE FUNCTION campaign.count_passing(counter bigint, VARIADIC "values" "any")
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_count_passing'
LANGUAGE C VOLATILE PARALLEL RESTRICTED
SUPPORT campaign.count_passing_support;
COMMENT ON FUNCTION campaign.count_passing(bigint, "any")
	IS 'whether a row passes, for statements of runs that have to count it';
COMMENT ON FUNCTION campaign.sms_segments(text)
	IS 'how many segments a text message is sent in';
COMMENT ON FUNCTION campaign.known_zone(text)
	IS 'the name of a time zone if there is one of that name; otherwise NULL';
COMMENT ON FUNCTION campaign.local_instant(timestamp, text)
	IS 'when clocks of a time zone show that time';
COMMENT ON FUNCTION campaign.quiet_until(timestamptz, text, jsonb)
	IS 'the first instant from then on that is not quiet by the clocks of a time zone';
COMMENT ON FUNCTION @extschema@.campaign_suppress(text, text, text)
	IS 'has an address not be contacted any more; returns whether that is new';
COMMENT ON FUNCTION @extschema@.campaign_unsuppress(text, text)
	IS 'lets an address be contacted again; returns whether it was suppressed';
COMMENT ON VIEW campaign.suppressed IS 'hashes of suppressed addresses, per channel';
COMMENT ON FUNCTION campaign.subject_hash(text) IS 'hash of whom a rule counts messages of';
CREATE OR REPLACE VIEW campaign.contacted WITH (security_barrier) AS
SELECT k.rule_id, k.contacted_at, k.weight, s.subject,
	CASE WHEN r.test THEN r.run_id END AS test_run_id
FROM campaign.contact k
JOIN campaign.delivery d ON d.delivery_id = k.delivery_id
JOIN campaign.run r ON r.run_id = d.run_id
JOIN campaign.campaign g ON g.campaign_id = r.campaign_id
CROSS JOIN LATERAL unnest(CASE
	WHEN NOT EXISTS (
		SELECT FROM campaign.chunk c
		WHERE c.delivery_id = k.delivery_id
			AND c.last_id BETWEEN k.first_id AND k.first_id + 999 AND c.first_id <= k.last_id
			AND (position('\x66'::bytea IN c.results) > 0
				OR position('\x77'::bytea IN c.results) > 0
				OR position('\x65'::bytea IN c.results) > 0
				OR ((r.state IN ('stopped', 'missed') OR c.expires_at <= statement_timestamp())
					AND (c.results IS NULL OR position('\x2e'::bytea IN c.results) > 0))))
	THEN k.subjects
	ELSE ARRAY(
		SELECT m.subject
		FROM unnest(k.subjects) WITH ORDINALITY AS m (subject, place)
		WHERE NOT EXISTS (
			SELECT FROM campaign.chunk c
			CROSS JOIN LATERAL (
				SELECT coalesce(chr(get_byte(c.results, (k.first_id + m.place - 1 - c.first_id)::integer)), '.') AS result
			) b
			WHERE c.delivery_id = k.delivery_id
				AND c.last_id BETWEEN k.first_id + m.place - 1 AND k.first_id + m.place + 998
				AND c.first_id <= k.first_id + m.place - 1
				AND (b.result IN ('f', 'w', 'e')
					OR (b.result = '.'
						AND coalesce(c.leased_until <= statement_timestamp(), true)
						AND (r.state IN ('stopped', 'missed') OR c.expires_at <= statement_timestamp())))))
	END) AS s (subject)
WHERE campaign.visible(g.owner) AND s.subject <> 0;
COMMENT ON VIEW campaign.contacted IS 'what rules count: hashes of whom messages are for, and when';
CREATE FUNCTION campaign.distributed_messages_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'campaign_distributed_messages_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION campaign.distributed_messages_support(internal)
	IS 'tells the planner how many messages other servers may keep';
CREATE FUNCTION campaign.distributed_messages(
	delivery_id bigint, first_id bigint, last_id bigint,
	OUT message_id bigint, OUT recipient text, OUT person text, OUT address text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_distributed_messages'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED
SUPPORT campaign.distributed_messages_support;
COMMENT ON FUNCTION campaign.distributed_messages(bigint, bigint, bigint)
	IS 'messages of a delivery that other servers of a cluster keep';
CREATE OR REPLACE FUNCTION campaign.message_status(result text, leased_until timestamptz, expires_at timestamptz, run_state text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE result
	WHEN 's' THEN 'sent'
	WHEN 'f' THEN 'failed'
	WHEN 'w' THEN 'withdrawn'
	WHEN 'e' THEN 'expired'
	WHEN 't' THEN 'test'
	ELSE CASE
		WHEN leased_until > statement_timestamp() THEN 'leased'
		WHEN run_state IN ('stopped', 'missed') THEN 'withdrawn'
		WHEN expires_at <= statement_timestamp() THEN 'expired'
		ELSE 'pending' END
	END;
COMMENT ON FUNCTION campaign.message_status(text, timestamptz, timestamptz, text)
	IS 'status of a message by its result, lease, expiry and run';
CREATE OR REPLACE VIEW campaign.message WITH (security_barrier) AS
SELECT d.run_id, d.activity, m.message_id, m.recipient, d.channel, m.address,
	campaign.message_status(c.result, c.leased_until, c.expires_at, r.state) AS status,
	c.attempts, CASE WHEN isfinite(c.due_at) THEN c.due_at ELSE c.send_at END AS send_at,
	CASE c.result
		WHEN 's' THEN c.leased_until
		WHEN 'e' THEN c.leased_until
		WHEN '.' THEN NULL
		ELSE o.settled_at
	END AS settled_at,
	o.reason AS error
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT min(n.last_id) - 999 AS first_id, max(n.last_id) AS last_id
	FROM campaign.chunk n WHERE n.delivery_id = d.delivery_id
) b
CROSS JOIN LATERAL (
	SELECT n.message_id, n.delivery_id, n.recipient, n.address FROM campaign.dispatch n
	WHERE n.delivery_id = d.delivery_id AND n.message_id BETWEEN b.first_id AND b.last_id
	UNION ALL
	SELECT n.message_id, d.delivery_id, n.recipient COLLATE "C", n.address COLLATE "C"
	FROM campaign.distributed_messages(d.delivery_id, b.first_id, b.last_id) n WHERE d.distributed
) m
CROSS JOIN LATERAL (
	SELECT c.send_at, c.due_at, c.expires_at, c.leased_until, c.attempts, b.result
	FROM campaign.chunk c
	CROSS JOIN LATERAL (
		SELECT coalesce(chr(get_byte(c.results, (m.message_id - c.first_id)::integer)), '.') AS result
	) b
	WHERE c.delivery_id = m.delivery_id
		AND c.last_id BETWEEN m.message_id AND m.message_id + 999
		AND c.first_id <= m.message_id AND b.result <> 'r'
	LIMIT 1
) c
LEFT JOIN LATERAL (
	SELECT o.reason, o.settled_at FROM campaign.outcome o
	WHERE o.message_id = m.message_id AND c.result <> 's'
	ORDER BY o.attempt DESC LIMIT 1
) o ON true
WHERE campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v);
COMMENT ON VIEW campaign.message IS 'messages with their status: pending, leased, sent, failed, withdrawn or expired; of a test run: test';
COMMENT ON COLUMN campaign.message.attempts IS 'how often the message was handed out';
COMMENT ON COLUMN campaign.message.error IS 'reason of the last failed attempt, or of the withdrawal';
CREATE OR REPLACE VIEW campaign.excluded WITH (security_barrier) AS
SELECT d.run_id, d.activity, e.recipient, e.reason
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT n.recipient, n.reason FROM campaign.exclusion n WHERE n.delivery_id = d.delivery_id
	UNION ALL
	SELECT NULL COLLATE "C", NULL COLLATE "C" WHERE d.delivery_id < 0
) e
WHERE campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v);
COMMENT ON VIEW campaign.excluded IS 'who was left out of a delivery, and why';
CREATE OR REPLACE VIEW campaign.deferred WITH (security_barrier) AS
SELECT d.delivery_id, m.message_id, m.recipient, c.send_at
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
JOIN campaign.chunk c ON c.delivery_id = d.delivery_id
CROSS JOIN LATERAL (
	SELECT n.message_id, n.recipient FROM campaign.dispatch n
	WHERE n.message_id BETWEEN c.first_id AND c.last_id
	UNION ALL
	SELECT n.message_id, n.recipient COLLATE "C"
	FROM campaign.distributed_messages(d.delivery_id, c.first_id, c.last_id) n WHERE d.distributed
) m
WHERE NOT c.settled AND c.due_at = 'infinity' AND c.edition >= 0
	AND (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v));
COMMENT ON VIEW campaign.deferred IS 'messages to be sent later, whose consent is judged again by then';
COMMENT ON VIEW campaign.channels IS 'channels that were declared, with their limits';
CREATE OR REPLACE VIEW campaign.failed WITH (security_barrier) AS
SELECT d.run_id, d.activity, o.message_id, coalesce(h.recipient, m.recipient) AS recipient, d.channel,
	coalesce(h.address, m.address) AS address, o.attempt AS attempts, o.settled_at AS failed_at, o.reason AS error
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
JOIN campaign.outcome o ON o.delivery_id = d.delivery_id AND o.status = 'failed'
LEFT JOIN LATERAL (
	SELECT format('(%s,0)', c.first_block)::tid AS first_row, format('(%s,0)', c.last_block + 1)::tid AS end_row
	FROM campaign.chunk c
	WHERE c.delivery_id = o.delivery_id AND NOT d.distributed
		AND c.last_id BETWEEN o.message_id AND o.message_id + 999 AND c.first_id <= o.message_id
	ORDER BY c.last_id LIMIT 1
) c ON true
LEFT JOIN LATERAL (
	SELECT w.recipient, w.address
	FROM (SELECT n.message_id, n.recipient, n.address FROM campaign.dispatch n
		WHERE n.ctid >= c.first_row AND n.ctid < c.end_row OFFSET 0) w
	WHERE w.message_id = o.message_id LIMIT 1
) h ON true
LEFT JOIN LATERAL (
	SELECT n.recipient, n.address FROM campaign.dispatch n
	WHERE h.recipient IS NULL AND NOT d.distributed AND n.message_id = o.message_id
	UNION ALL
	SELECT n.recipient COLLATE "C", n.address COLLATE "C"
	FROM campaign.distributed_messages(d.delivery_id, o.message_id, o.message_id) n WHERE d.distributed
	LIMIT 1
) m ON true
WHERE campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v);
COMMENT ON VIEW campaign.failed IS 'messages that have failed for good, with the reason';
COMMENT ON FUNCTION @extschema@.campaign_kinds()
	IS 'the kinds of activities with their outcomes and options';
CREATE FUNCTION @extschema@.campaign_common_options()
RETURNS jsonb
AS 'MODULE_PATHNAME', 'campaign_common_options_json'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.campaign_common_options()
	IS 'the options that activities of every kind have';
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
COMMENT ON FUNCTION @extschema@.campaign_preview(text, text, text, integer, jsonb)
	IS 'the message that one row of the dimension would get, or why it would get none';
CREATE FUNCTION @extschema@.campaign_read_message(
	run bigint, activity text, key text,
	OUT address text, OUT reason text, OUT subject text, OUT body text,
	OUT attributes jsonb, OUT edition smallint, OUT language text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_read_message'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_read_message(bigint, text, text)
	IS 'the message that a recipient has of a run, or why he has none';
COMMENT ON FUNCTION @extschema@.campaign_graph(text, text, bigint)
	IS 'a drawing of the draft, or of a run with its states and counts';
COMMENT ON FUNCTION @extschema@.campaign_verify(bigint)
	IS 'broken promises of a run, proved from its data: none, always';
CREATE FUNCTION @extschema@.campaign_health(
	OUT code text, OUT severity text, OUT campaign text, OUT run_id bigint,
	OUT activity text, OUT since timestamptz, OUT message text, OUT hint text,
	OUT supervisors text[])
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_health'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_health()
	IS 'what waits for what, since when, and what to do about it';
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
COMMENT ON VIEW campaign.template_version IS 'templates and snippets in all their versions';
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
COMMENT ON VIEW campaign.rules IS 'rules on how much people are sent';
CREATE OR REPLACE VIEW campaign.flow_counts WITH (security_barrier) AS
SELECT f.run_id, f.source, f.outcome, n.target, f.rows,
	'campaign_data.' || quote_ident(f.population) AS relation
FROM campaign.campaign c
JOIN campaign.run r ON r.campaign_id = c.campaign_id
JOIN campaign.flow f ON f.run_id = r.run_id
LEFT JOIN campaign.transition n ON n.version_id = r.version_id
	AND n.source = f.source AND n.outcome = f.outcome
WHERE campaign.visible(c.owner) OR c.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v);
COMMENT ON VIEW campaign.flow_counts IS 'how many rows came out of each outcome of each run, and where they went';
CREATE OR REPLACE VIEW campaign.approvals WITH (security_barrier) AS
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
CREATE OR REPLACE VIEW campaign.overlap WITH (security_barrier) AS
SELECT t.run_id, t.activity, o.sets, sum(o.rows)::bigint AS rows
FROM campaign.campaign c
JOIN campaign.run r ON r.campaign_id = c.campaign_id
JOIN campaign.task t ON t.run_id = r.run_id
CROSS JOIN LATERAL jsonb_to_recordset(t.overlap) AS o (sets text[], rows bigint)
WHERE (campaign.visible(c.owner) OR c.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v))
GROUP BY t.run_id, t.activity, o.sets;
COMMENT ON VIEW campaign.overlap IS 'how many rows of a combination were in which of its sets';
CREATE OR REPLACE VIEW campaign.schedules WITH (security_barrier) AS
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
COMMENT ON TYPE campaign.feedback_counts IS 'what became of reported events: recorded, known before, or parked because there is no such message';
COMMENT ON FUNCTION @extschema@.campaign_feedback(bigint, text, timestamptz, jsonb)
	IS 'records what became of a message: delivered, bounced, opened, clicked, unsubscribed, complained, converted';
COMMENT ON FUNCTION @extschema@.campaign_feedback(jsonb)
	IS 'records what became of many messages; returns how many events were new';
COMMENT ON FUNCTION @extschema@.campaign_track(text, text, jsonb)
	IS 'records the hit of a tracking URL; returns where to redirect to, NULL if the token is forged';
COMMENT ON FUNCTION campaign.count_results(bytea, text) IS 'how many messages of a chunk have that result';
CREATE FUNCTION campaign.tally_results(results bytea, messages bigint)
RETURNS bigint[]
AS 'MODULE_PATHNAME', 'campaign_tally_results'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION campaign.tally_results(bytea, bigint)
	IS 'how many messages of a chunk are open, sent, failed, withdrawn and expired';
CREATE OR REPLACE VIEW campaign.event_counts WITH (security_barrier) AS
SELECT d.run_id, d.activity, d.channel, e.event, e.messages, e.events, e.first_at, e.last_at
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT f.event, sum(f.messages)::bigint AS messages, sum(f.events)::bigint AS events,
		min(f.first_at) AS first_at, max(f.last_at) AS last_at
	FROM campaign.figure f
	WHERE f.delivery_id = d.delivery_id AND f.grain = 'minute'
	GROUP BY f.event
	HAVING sum(f.events) > 0
) e
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
COMMENT ON VIEW campaign.event_counts IS 'feedback per delivery and event: how many messages, and how many events';
COMMENT ON COLUMN campaign.event_counts.messages IS 'messages with the event, each counted once';
COMMENT ON COLUMN campaign.event_counts.events IS 'events, of which a message may have several';
CREATE VIEW campaign.sent_or_tested WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, f.dimension, m.message_id, m.recipient,
	coalesce(m.person, m.recipient) AS person, c.sent_at,
	ARRAY(SELECT DISTINCT e.event FROM campaign.event e WHERE e.message_id = m.message_id ORDER BY 1) AS events,
	ARRAY(SELECT DISTINCT e.detail ->> 'link' FROM campaign.event e
		WHERE e.message_id = m.message_id AND e.event = 'clicked' AND e.detail ? 'link' ORDER BY 1) AS links,
	r.test
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
LEFT JOIN campaign.flow f ON f.run_id = d.run_id AND f.source = d.activity AND f.outcome = 'result'
CROSS JOIN LATERAL (
	SELECT min(n.last_id) - 999 AS first_id, max(n.last_id) AS last_id
	FROM campaign.chunk n WHERE n.delivery_id = d.delivery_id
) b
CROSS JOIN LATERAL (
	SELECT n.message_id, n.delivery_id, n.recipient, n.person FROM campaign.dispatch n
	WHERE n.delivery_id = d.delivery_id AND n.message_id BETWEEN b.first_id AND b.last_id
	UNION ALL
	SELECT n.message_id, d.delivery_id, n.recipient COLLATE "C", n.person COLLATE "C"
	FROM campaign.distributed_messages(d.delivery_id, b.first_id, b.last_id) n WHERE d.distributed
) m
CROSS JOIN LATERAL (
	SELECT c.leased_until AS sent_at
	FROM campaign.chunk c
	WHERE c.delivery_id = m.delivery_id
		AND c.last_id BETWEEN m.message_id AND m.message_id + 999
		AND CASE WHEN c.first_id <= m.message_id AND c.last_id >= m.message_id
			THEN get_byte(c.results, (m.message_id - c.first_id)::integer) IN (115, 116) END
	LIMIT 1
) c
WHERE campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v);
COMMENT ON VIEW campaign.sent_or_tested IS 'messages that were sent, or that a test counts as sent; for the owners'' selects';
CREATE OR REPLACE VIEW campaign.sent WITH (security_barrier) AS
SELECT campaign, run_id, activity, dimension, message_id, recipient, person, sent_at, events, links
FROM campaign.sent_or_tested WHERE NOT test;
COMMENT ON VIEW campaign.sent IS 'messages that were sent, with what people did with each';
COMMENT ON COLUMN campaign.sent.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.sent.run_id IS 'number of the run';
COMMENT ON COLUMN campaign.sent.activity IS 'name of the channel activity';
COMMENT ON COLUMN campaign.sent.dimension IS 'dimension of the targeted row';
COMMENT ON COLUMN campaign.sent.message_id IS 'number of the message';
COMMENT ON COLUMN campaign.sent.recipient IS 'key of the targeted row';
COMMENT ON COLUMN campaign.sent.person IS 'key of the person behind it, or the recipient';
COMMENT ON COLUMN campaign.sent.sent_at IS 'when its sender said so';
COMMENT ON COLUMN campaign.sent.events IS 'what became of it, each event once';
COMMENT ON COLUMN campaign.sent.links IS 'links in it that were clicked, each once';
CREATE OR REPLACE VIEW campaign.report WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, d.channel,
	d.targeted, d.excluded, d.queued, k.sent,
	e.delivered, e.bounced, e.opened, e.clicked, e.unsubscribed, e.complained,
	round(e.delivered::numeric / nullif(k.sent, 0), 4) AS delivered_rate,
	round(e.bounced::numeric / nullif(k.sent, 0), 4) AS bounced_rate,
	round(e.opened::numeric / nullif(k.sent, 0), 4) AS opened_rate,
	round(e.clicked::numeric / nullif(k.sent, 0), 4) AS clicked_rate,
	round(e.unsubscribed::numeric / nullif(k.sent, 0), 4) AS unsubscribed_rate,
	round(e.complained::numeric / nullif(k.sent, 0), 4) AS complained_rate,
	e.converted, e.converted_value,
	v.number AS version, r.started_at, r.occurrence,
	s.pending, s.leased, k.failed, k.expired, k.withdrawn, k.retries,
	e.hard_bounced, e.bounced - e.hard_bounced AS soft_bounced,
	e.opens, e.clicks, e.conversions,
	round(e.converted::numeric / nullif(k.sent, 0), 4) AS converted_rate,
	round(e.clicked::numeric / nullif(e.delivered, 0), 4) AS ctr,
	round(e.clicks::numeric / nullif(e.opens, 0), 4) AS ctor,
	round(e.clicked::numeric / nullif(e.opened, 0), 4) AS reactivity
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.version v ON v.version_id = r.version_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT coalesce(sum(c.open) FILTER (WHERE c.status = 'pending'), 0)::bigint AS pending,
		coalesce(sum(c.open) FILTER (WHERE c.status = 'leased'), 0)::bigint AS leased,
		coalesce(sum(c.sent), 0)::bigint AS sent,
		coalesce(sum(c.failed), 0)::bigint AS failed,
		(coalesce(sum(c.expired), 0) + coalesce(sum(c.open) FILTER (WHERE c.status = 'expired'), 0))::bigint AS expired,
		(coalesce(sum(c.withdrawn), 0) + coalesce(sum(c.open) FILTER (WHERE c.status = 'withdrawn'), 0))::bigint AS withdrawn
	FROM (
		SELECT t.tally[1] AS open, t.tally[2] AS sent, t.tally[3] AS failed, t.tally[4] AS withdrawn, t.tally[5] AS expired,
			CASE WHEN t.tally[1] > 0 THEN campaign.message_status('.', t.leased_until, t.expires_at, r.state) END AS status
		FROM (
			SELECT campaign.tally_results(n.results, n.last_id - n.first_id + 1) AS tally, n.leased_until, n.expires_at
			FROM campaign.chunk n WHERE n.delivery_id = d.delivery_id
			OFFSET 0
		) t
	) c
) s
CROSS JOIN LATERAL (
	SELECT count(*) AS retries FROM campaign.outcome o
	WHERE o.delivery_id = d.delivery_id AND o.status = 'retried'
) o
CROSS JOIN LATERAL (
	SELECT coalesce(sum(f.messages) FILTER (WHERE f.event = 'delivered'), 0)::bigint AS delivered,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'bounced'), 0)::bigint AS bounced,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'opened'), 0)::bigint AS opened,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'clicked'), 0)::bigint AS clicked,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'unsubscribed'), 0)::bigint AS unsubscribed,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'complained'), 0)::bigint AS complained,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'converted'), 0)::bigint AS converted,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'hard_bounced'), 0)::bigint AS hard_bounced,
		coalesce(sum(f.events) FILTER (WHERE f.event = 'opened'), 0)::bigint AS opens,
		coalesce(sum(f.events) FILTER (WHERE f.event = 'clicked'), 0)::bigint AS clicks,
		coalesce(sum(f.events) FILTER (WHERE f.event = 'converted'), 0)::bigint AS conversions,
		coalesce(sum(f.value), 0) AS converted_value
	FROM campaign.figure f
	WHERE f.delivery_id = d.delivery_id AND f.grain = 'minute'
) e
CROSS JOIN LATERAL (
	SELECT coalesce((d.figures #>> '{report,sent}')::bigint, s.sent) AS sent,
		coalesce((d.figures #>> '{report,failed}')::bigint, s.failed) AS failed,
		coalesce((d.figures #>> '{report,expired}')::bigint, s.expired) AS expired,
		coalesce((d.figures #>> '{report,withdrawn}')::bigint, s.withdrawn) AS withdrawn,
		coalesce((d.figures #>> '{report,retries}')::bigint, o.retries) AS retries
) k
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
COMMENT ON VIEW campaign.report IS 'figures of each delivery: messages from targeted to sent, and people by what they did';
COMMENT ON COLUMN campaign.report.sent IS 'messages that a sender acknowledged as sent';
COMMENT ON COLUMN campaign.report.delivered_rate IS 'delivered / sent';
COMMENT ON COLUMN campaign.report.version IS 'number of the version that the run executes';
COMMENT ON COLUMN campaign.report.started_at IS 'when the run was started';
COMMENT ON COLUMN campaign.report.occurrence IS 'the launch of the schedule that the run is; NULL: somebody started it';
COMMENT ON COLUMN campaign.report.pending IS 'messages that wait to be claimed';
COMMENT ON COLUMN campaign.report.leased IS 'messages that a sender has';
COMMENT ON COLUMN campaign.report.failed IS 'messages that failed for good: errors of sending';
COMMENT ON COLUMN campaign.report.expired IS 'messages that were not sent in time';
COMMENT ON COLUMN campaign.report.withdrawn IS 'messages that must not be sent any more';
COMMENT ON COLUMN campaign.report.retries IS 'attempts that failed for now, of which a message may have several';
COMMENT ON COLUMN campaign.report.hard_bounced IS 'messages that came back for good';
COMMENT ON COLUMN campaign.report.soft_bounced IS 'messages that came back, but not for good: bounced - hard_bounced';
COMMENT ON COLUMN campaign.report.opens IS 'all opens, of which a message may have several';
COMMENT ON COLUMN campaign.report.clicks IS 'all clicks, of which a message may have several';
COMMENT ON COLUMN campaign.report.conversions IS 'all conversions, of which a message may have several';
COMMENT ON COLUMN campaign.report.converted_rate IS 'converted / sent';
COMMENT ON COLUMN campaign.report.ctr IS 'click-through rate: clicked / delivered';
COMMENT ON COLUMN campaign.report.ctor IS 'click-to-open rate: clicks / opens';
COMMENT ON COLUMN campaign.report.reactivity IS 'clicked / opened';
COMMENT ON FUNCTION campaign.two_proportions(bigint, bigint, bigint, bigint)
	IS 'p-value of two shares being the same; 1 where nothing can be said';
CREATE OR REPLACE VIEW campaign.experiment WITH (security_barrier) AS
WITH figures AS (
	SELECT g.name AS campaign, d.run_id, d.activity, x.number, x.name AS variant, d.winner = x.number AS winner,
		x.event, x.sent, x.people
	FROM campaign.campaign g
	JOIN campaign.run r ON r.campaign_id = g.campaign_id
	JOIN campaign.delivery d ON d.run_id = r.run_id
	JOIN campaign.activity a ON a.version_id = r.version_id AND a.name = d.activity
	CROSS JOIN LATERAL (SELECT count(*) + 1 AS languages FROM jsonb_object_keys(coalesce(a.options -> 'languages', '{}'))) l
	CROSS JOIN LATERAL (
		WITH kept AS MATERIALIZED (
			SELECT f.event, f.edition / l.languages AS number, sum(f.messages) AS messages
			FROM campaign.figure f
			WHERE f.delivery_id = d.delivery_id AND f.grain = 'minute' AND f.edition >= 0
			GROUP BY f.event, f.edition / l.languages
		)
		SELECT v.number - 1 AS number, v.variant ->> 'name' AS name, k.event,
			coalesce(CASE WHEN d.figures IS NULL THEN s.sent ELSE o.messages END, 0)::bigint AS sent,
			coalesce(p.messages, 0)::bigint AS people
		FROM jsonb_array_elements(a.options -> 'variants') WITH ORDINALITY AS v (variant, number)
		CROSS JOIN unnest('{delivered,opened,clicked,unsubscribed,converted}'::text[]) AS k (event)
		LEFT JOIN (
			SELECT c.edition / l.languages AS number, sum(campaign.count_results(c.results, 's')) AS sent
			FROM campaign.chunk c WHERE c.delivery_id = d.delivery_id AND c.edition >= 0
			GROUP BY c.edition / l.languages
		) s ON s.number = v.number - 1
		LEFT JOIN kept o ON o.number = v.number - 1 AND o.event = 'sent'
		LEFT JOIN kept p ON p.number = v.number - 1 AND p.event = k.event
	) x
	WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test
)
SELECT f.campaign, f.run_id, f.activity, f.variant, f.event, f.sent, f.people,
	round(f.people::numeric / nullif(f.sent, 0), 4) AS rate,
	round((f.people::numeric / nullif(f.sent, 0)) / nullif(b.people::numeric / nullif(b.sent, 0), 0) - 1, 4) AS lift,
	CASE WHEN f.number > 0 THEN round(campaign.two_proportions(f.people, f.sent, b.people, b.sent)::numeric, 4) END AS p_value,
	coalesce(f.winner, false) AS winner
FROM figures f
JOIN figures b ON b.run_id = f.run_id AND b.activity = f.activity AND b.event = f.event AND b.number = 0;
COMMENT ON VIEW campaign.experiment IS 'variants of messages by what people did, compared with the first variant';
COMMENT ON COLUMN campaign.experiment.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.experiment.run_id IS 'number of the run';
COMMENT ON COLUMN campaign.experiment.activity IS 'name of the channel activity';
COMMENT ON COLUMN campaign.experiment.variant IS 'name of the variant';
COMMENT ON COLUMN campaign.experiment.event IS 'what people did: delivered, opened, clicked, unsubscribed or converted';
COMMENT ON COLUMN campaign.experiment.sent IS 'messages of the variant that were sent';
COMMENT ON COLUMN campaign.experiment.people IS 'those of them with the event';
COMMENT ON COLUMN campaign.experiment.rate IS 'people / sent';
COMMENT ON COLUMN campaign.experiment.lift IS 'by how much the rate is above that of the first variant: 0.1 is a tenth more';
COMMENT ON COLUMN campaign.experiment.p_value IS 'how probable such a difference from the first variant is by chance alone; NULL for the first';
COMMENT ON COLUMN campaign.experiment.winner IS 'whether it was chosen for those kept back';
CREATE FUNCTION @extschema@.campaign_why(
	run bigint, key text,
	OUT step integer, OUT activity text, OUT kind text,
	OUT dimension text, OUT fate text, OUT outcome text, OUT reason text,
	OUT message_id bigint, OUT address text, OUT attempts integer,
	OUT settled_at timestamptz, OUT met boolean, OUT decided_by text,
	OUT judged text, OUT facts jsonb, OUT events jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_why'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION @extschema@.campaign_why(bigint, text)
	IS 'the path of one row through a run: what each activity did with it, and what decided';
CREATE FUNCTION @extschema@.campaign_history(
	dimension text, key text, max_rows bigint DEFAULT 100,
	related boolean DEFAULT true,
	OUT at timestamptz, OUT what text, OUT owner text, OUT campaign text,
	OUT run_id bigint, OUT activity text, OUT channel text,
	OUT recipient text, OUT message_id bigint, OUT address text,
	OUT detail jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_history'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION @extschema@.campaign_history(text, text, bigint, boolean)
	IS 'all messages of a person and what came of them, newest first, over all campaigns the caller may look at';
COMMENT ON FUNCTION @extschema@.campaign_forget(text, text)
	IS 'erases a person: returns how many messages were blanked and withdrawn, how many are with senders, and how many events and rows of populations were blanked';
COMMENT ON VIEW campaign.audiences IS 'saved audiences in the versions that are kept';
COMMENT ON COLUMN campaign.audiences.name IS 'name of the audience';
COMMENT ON COLUMN campaign.audiences.version IS 'number of the version, from 1';
COMMENT ON COLUMN campaign.audiences.rows IS 'how many rows it has';
COMMENT ON COLUMN campaign.audiences.dimension IS 'the dimension whose keys they are';
COMMENT ON COLUMN campaign.audiences.mode IS 'how it was saved: create, overwrite, replace or append';
COMMENT ON COLUMN campaign.audiences.relation IS 'the table that has the rows: the key, and the columns that were kept';
COMMENT ON COLUMN campaign.audiences.campaign IS 'name of the campaign that saved it, at that time';
COMMENT ON COLUMN campaign.audiences.run_id IS 'the run that saved it';
COMMENT ON COLUMN campaign.audiences.activity IS 'the activity that saved it';
COMMENT ON COLUMN campaign.audiences.saved_at IS 'when';
COMMENT ON COLUMN campaign.audiences.newest IS 'whether it is the version that is read';
COMMENT ON COLUMN campaign.audiences.owner IS 'name of the role that owns the audience';
COMMENT ON FUNCTION @extschema@.campaign_audience_diff(text, integer, integer)
	IS 'rows that were added to an audience, removed or changed from one version to another';
COMMENT ON FUNCTION @extschema@.campaign_audience_drop(text)
	IS 'drops a saved audience with all its versions';
CREATE VIEW campaign.report_by_message WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, d.channel, s.message_id, s.recipient,
	s.result = 's' AS sent, s.result = 'f' AS failed,
	coalesce(s.delivered, false) AS delivered,
	coalesce(s.bounced, false) AS bounced,
	coalesce(s.opened, false) AS opened,
	coalesce(s.clicked, false) AS clicked,
	coalesce(s.unsubscribed, false) AS unsubscribed,
	coalesce(s.complained, false) AS complained,
	coalesce(s.converted, false) AS converted,
	coalesce(s.converted_value, 0) AS converted_value,
	CASE WHEN position('@' IN s.address) = 0 THEN ''
		ELSE rtrim(lower(split_part(s.address, '@', -1)), '> .') END AS domain
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT min(n.last_id) - 999 AS first_id, max(n.last_id) AS last_id
	FROM campaign.chunk n WHERE n.delivery_id = d.delivery_id
) b
CROSS JOIN LATERAL (
	SELECT s.message_id, s.recipient, s.address, s.result,
		e.delivered, e.bounced, e.opened, e.clicked, e.unsubscribed, e.complained, e.converted, e.converted_value
	FROM (
		SELECT m.message_id, m.recipient, m.address,
			CASE WHEN m.message_id BETWEEN c.first_id AND c.last_id
				THEN coalesce(chr(get_byte(c.results, (m.message_id - c.first_id)::integer)), '.') END AS result
		FROM (
			SELECT n.message_id, n.recipient, n.address
			FROM campaign.dispatch n
			WHERE n.delivery_id = d.delivery_id AND n.message_id BETWEEN b.first_id AND b.last_id
			UNION ALL
			SELECT n.message_id, n.recipient COLLATE "C", n.address COLLATE "C"
			FROM campaign.distributed_messages(d.delivery_id, b.first_id, b.last_id) n WHERE d.distributed
		) m
		FULL JOIN (
			SELECT o.first_id, o.last_id, o.results || '' AS results
			FROM campaign.chunk o WHERE o.delivery_id = d.delivery_id
			OFFSET 0
		) c ON (c.last_id & 68719476735) / 1000 = (m.message_id & 68719476735) / 1000
			AND m.message_id BETWEEN c.first_id AND c.last_id
		OFFSET 0
	) s
	FULL JOIN (
		SELECT v.message_id,
			bool_or(v.event = 'delivered') AS delivered,
			bool_or(v.event = 'bounced') AS bounced,
			bool_or(v.event = 'opened') AS opened,
			bool_or(v.event = 'clicked') AS clicked,
			bool_or(v.event = 'unsubscribed') AS unsubscribed,
			bool_or(v.event = 'complained') AS complained,
			bool_or(v.event = 'converted') AS converted,
			sum(CASE WHEN v.event = 'converted' THEN (v.detail ->> 'value')::numeric END) AS converted_value
		FROM campaign.event v
		WHERE v.delivery_id = d.delivery_id AND v.message_id BETWEEN b.first_id AND b.last_id
		GROUP BY v.message_id
	) e ON e.message_id = s.message_id
	OFFSET 0
) s
WHERE s.result <> 'r'
	AND (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
COMMENT ON VIEW campaign.report_by_message IS 'what the figures of each delivery are counted from: a row per message';
COMMENT ON COLUMN campaign.report_by_message.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report_by_message.run_id IS 'the run';
COMMENT ON COLUMN campaign.report_by_message.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report_by_message.channel IS 'the channel';
COMMENT ON COLUMN campaign.report_by_message.message_id IS 'number of the message, unique in the database';
COMMENT ON COLUMN campaign.report_by_message.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.report_by_message.sent IS 'a sender acknowledged it as sent';
COMMENT ON COLUMN campaign.report_by_message.failed IS 'it failed for good';
COMMENT ON COLUMN campaign.report_by_message.delivered IS 'a provider said it was delivered';
COMMENT ON COLUMN campaign.report_by_message.bounced IS 'it came back, hard or soft';
COMMENT ON COLUMN campaign.report_by_message.opened IS 'it was opened';
COMMENT ON COLUMN campaign.report_by_message.clicked IS 'a link of it was clicked';
COMMENT ON COLUMN campaign.report_by_message.unsubscribed IS 'somebody unsubscribed after it';
COMMENT ON COLUMN campaign.report_by_message.complained IS 'somebody called it spam';
COMMENT ON COLUMN campaign.report_by_message.converted IS 'it led to a conversion';
COMMENT ON COLUMN campaign.report_by_message.converted_value IS 'sum of the values of its conversions';
COMMENT ON COLUMN campaign.report_by_message.domain IS 'what follows the @ of the address, in small letters; empty without one';
CREATE OR REPLACE VIEW campaign.report_by_domain WITH (security_barrier) AS
SELECT f.campaign, f.run_id, f.activity, f.channel, f.domain,
	f.queued, f.sent, f.failed, f.delivered, f.bounced, f.opened, f.clicked, f.unsubscribed, f.complained,
	round(f.delivered::numeric / nullif(f.sent, 0), 4) AS delivered_rate,
	round(f.bounced::numeric / nullif(f.sent, 0), 4) AS bounced_rate,
	round(f.opened::numeric / nullif(f.sent, 0), 4) AS opened_rate,
	round(f.clicked::numeric / nullif(f.sent, 0), 4) AS clicked_rate,
	round(f.unsubscribed::numeric / nullif(f.sent, 0), 4) AS unsubscribed_rate,
	round(f.complained::numeric / nullif(f.sent, 0), 4) AS complained_rate
FROM (
	SELECT m.campaign, m.run_id, m.activity, m.channel, m.domain, count(*) AS queued,
		count(*) FILTER (WHERE m.sent) AS sent,
		count(*) FILTER (WHERE m.failed) AS failed,
		count(*) FILTER (WHERE m.delivered) AS delivered,
		count(*) FILTER (WHERE m.bounced) AS bounced,
		count(*) FILTER (WHERE m.opened) AS opened,
		count(*) FILTER (WHERE m.clicked) AS clicked,
		count(*) FILTER (WHERE m.unsubscribed) AS unsubscribed,
		count(*) FILTER (WHERE m.complained) AS complained
	FROM campaign.report_by_message m
	GROUP BY m.campaign, m.run_id, m.activity, m.channel, m.domain
) f;
COMMENT ON VIEW campaign.report_by_domain IS 'figures of each delivery by the domain of the address';
COMMENT ON COLUMN campaign.report_by_domain.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report_by_domain.run_id IS 'the run';
COMMENT ON COLUMN campaign.report_by_domain.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report_by_domain.channel IS 'the channel';
COMMENT ON COLUMN campaign.report_by_domain.domain IS 'what follows the @ of the address, in small letters; empty without one';
COMMENT ON COLUMN campaign.report_by_domain.queued IS 'messages';
COMMENT ON COLUMN campaign.report_by_domain.sent IS 'messages that a sender acknowledged as sent';
COMMENT ON COLUMN campaign.report_by_domain.failed IS 'messages that failed for good';
COMMENT ON COLUMN campaign.report_by_domain.delivered IS 'messages that a provider said were delivered';
COMMENT ON COLUMN campaign.report_by_domain.bounced IS 'messages that came back, hard or soft';
COMMENT ON COLUMN campaign.report_by_domain.opened IS 'messages that were opened';
COMMENT ON COLUMN campaign.report_by_domain.clicked IS 'messages of which a link was clicked';
COMMENT ON COLUMN campaign.report_by_domain.unsubscribed IS 'messages after which somebody unsubscribed';
COMMENT ON COLUMN campaign.report_by_domain.complained IS 'messages that somebody called spam';
COMMENT ON COLUMN campaign.report_by_domain.delivered_rate IS 'delivered / sent';
COMMENT ON COLUMN campaign.report_by_domain.bounced_rate IS 'bounced / sent';
COMMENT ON COLUMN campaign.report_by_domain.opened_rate IS 'opened / sent';
COMMENT ON COLUMN campaign.report_by_domain.clicked_rate IS 'clicked / sent';
COMMENT ON COLUMN campaign.report_by_domain.unsubscribed_rate IS 'unsubscribed / sent';
COMMENT ON COLUMN campaign.report_by_domain.complained_rate IS 'complained / sent';
CREATE OR REPLACE VIEW campaign.report_by_link WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, d.channel, e.link, e.messages, e.clicks,
	round(e.messages::numeric / nullif(s.sent, 0), 4) AS clicked_rate, e.first_at, e.last_at
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT coalesce((d.figures #>> '{report,sent}')::bigint, sum(campaign.count_results(c.results, 's')), 0)::bigint AS sent
	FROM campaign.chunk c WHERE c.delivery_id = d.delivery_id
) s
CROSS JOIN LATERAL (
	SELECT f.name COLLATE "default" AS link, sum(f.messages)::bigint AS messages, sum(f.events)::bigint AS clicks,
		min(f.first_at) AS first_at, max(f.last_at) AS last_at
	FROM campaign.figure f
	WHERE f.delivery_id = d.delivery_id AND f.grain = 'link'
	GROUP BY f.name
	HAVING sum(f.events) > 0
) e
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
COMMENT ON VIEW campaign.report_by_link IS 'clicks of each delivery by link';
COMMENT ON COLUMN campaign.report_by_link.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report_by_link.run_id IS 'the run';
COMMENT ON COLUMN campaign.report_by_link.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report_by_link.channel IS 'the channel';
COMMENT ON COLUMN campaign.report_by_link.link IS 'what was clicked; NULL where the event does not say';
COMMENT ON COLUMN campaign.report_by_link.messages IS 'messages in which it was clicked, each counted once';
COMMENT ON COLUMN campaign.report_by_link.clicks IS 'clicks, of which a message may have several';
COMMENT ON COLUMN campaign.report_by_link.clicked_rate IS 'messages / sent, of the whole delivery';
COMMENT ON COLUMN campaign.report_by_link.first_at IS 'the first click';
COMMENT ON COLUMN campaign.report_by_link.last_at IS 'the last click';
CREATE VIEW campaign.report_by_minute WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, d.channel, h.minute,
	h.sent, h.delivered, h.bounced, h.opened, h.clicked, h.unsubscribed, h.complained, h.converted
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT m.minute, coalesce(sum(m.messages) FILTER (WHERE m.event = 'sent'), 0)::bigint AS sent,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'delivered'), 0)::bigint AS delivered,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'bounced'), 0)::bigint AS bounced,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'opened'), 0)::bigint AS opened,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'clicked'), 0)::bigint AS clicked,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'unsubscribed'), 0)::bigint AS unsubscribed,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'complained'), 0)::bigint AS complained,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'converted'), 0)::bigint AS converted
	FROM (
		SELECT date_bin('1 minute', c.leased_until, '2000-01-01 00:00+00') AS minute, 'sent' COLLATE "C" AS event,
			campaign.count_results(c.results, 's') AS messages
		FROM campaign.chunk c
		WHERE c.delivery_id = d.delivery_id AND d.figures IS NULL
		UNION ALL
		SELECT f.minute, f.event, f.messages
		FROM campaign.figure f
		WHERE f.delivery_id = d.delivery_id AND f.grain = 'minute' AND f.minute IS NOT NULL AND f.event <> 'hard_bounced'
	) m
	GROUP BY m.minute
) h
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test
	AND (h.sent > 0 OR h.delivered > 0 OR h.bounced > 0 OR h.opened > 0 OR h.clicked > 0
		OR h.unsubscribed > 0 OR h.complained > 0 OR h.converted > 0);
COMMENT ON VIEW campaign.report_by_minute IS 'figures of each delivery by the minute in which it happened';
COMMENT ON COLUMN campaign.report_by_minute.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report_by_minute.run_id IS 'the run';
COMMENT ON COLUMN campaign.report_by_minute.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report_by_minute.channel IS 'the channel';
COMMENT ON COLUMN campaign.report_by_minute.minute IS 'when the minute began';
COMMENT ON COLUMN campaign.report_by_minute.sent IS 'messages that a sender acknowledged as sent';
COMMENT ON COLUMN campaign.report_by_minute.delivered IS 'messages that were first said to be delivered in this minute';
COMMENT ON COLUMN campaign.report_by_minute.bounced IS 'messages that came back first';
COMMENT ON COLUMN campaign.report_by_minute.opened IS 'messages that were first opened';
COMMENT ON COLUMN campaign.report_by_minute.clicked IS 'messages of which a link was first clicked';
COMMENT ON COLUMN campaign.report_by_minute.unsubscribed IS 'messages after which somebody unsubscribed';
COMMENT ON COLUMN campaign.report_by_minute.complained IS 'messages that somebody called spam';
COMMENT ON COLUMN campaign.report_by_minute.converted IS 'messages that first led to a conversion';
CREATE OR REPLACE VIEW campaign.report_by_hour WITH (security_barrier) AS
SELECT m.campaign, m.run_id, m.activity, m.channel, date_trunc('hour', m.minute) AS hour,
	sum(m.sent)::bigint AS sent,
	sum(m.delivered)::bigint AS delivered,
	sum(m.bounced)::bigint AS bounced,
	sum(m.opened)::bigint AS opened,
	sum(m.clicked)::bigint AS clicked,
	sum(m.unsubscribed)::bigint AS unsubscribed,
	sum(m.complained)::bigint AS complained,
	sum(m.converted)::bigint AS converted
FROM campaign.report_by_minute m
GROUP BY m.campaign, m.run_id, m.activity, m.channel, date_trunc('hour', m.minute);
COMMENT ON VIEW campaign.report_by_hour IS 'figures of each delivery by the hour in which it happened';
COMMENT ON COLUMN campaign.report_by_hour.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report_by_hour.run_id IS 'the run';
COMMENT ON COLUMN campaign.report_by_hour.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report_by_hour.channel IS 'the channel';
COMMENT ON COLUMN campaign.report_by_hour.hour IS 'when the hour began, by the clock of the session';
COMMENT ON COLUMN campaign.report_by_hour.sent IS 'messages that a sender acknowledged as sent';
COMMENT ON COLUMN campaign.report_by_hour.delivered IS 'messages that were first said to be delivered in this hour';
COMMENT ON COLUMN campaign.report_by_hour.bounced IS 'messages that came back first';
COMMENT ON COLUMN campaign.report_by_hour.opened IS 'messages that were first opened';
COMMENT ON COLUMN campaign.report_by_hour.clicked IS 'messages of which a link was first clicked';
COMMENT ON COLUMN campaign.report_by_hour.unsubscribed IS 'messages after which somebody unsubscribed';
COMMENT ON COLUMN campaign.report_by_hour.complained IS 'messages that somebody called spam';
COMMENT ON COLUMN campaign.report_by_hour.converted IS 'messages that first led to a conversion';
CREATE VIEW campaign.report_exclusions WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, d.channel, e.reason, e.people,
	round(e.people::numeric / nullif(d.targeted, 0), 4) AS rate
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT n.reason, count(*) AS people FROM campaign.exclusion n
	WHERE n.delivery_id = d.delivery_id AND d.figures IS NULL
	GROUP BY n.reason
	UNION ALL
	SELECT f.key COLLATE "C", f.value::bigint FROM jsonb_each_text(d.figures -> 'reasons') AS f
) e
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
COMMENT ON VIEW campaign.report_exclusions IS 'how many people each delivery left out, by reason';
COMMENT ON COLUMN campaign.report_exclusions.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report_exclusions.run_id IS 'the run';
COMMENT ON COLUMN campaign.report_exclusions.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report_exclusions.channel IS 'the channel';
COMMENT ON COLUMN campaign.report_exclusions.reason IS 'why they were left out, as in campaign.excluded';
COMMENT ON COLUMN campaign.report_exclusions.people IS 'rows left out for it, which count for one reason only';
COMMENT ON COLUMN campaign.report_exclusions.rate IS 'people / targeted';
CREATE OR REPLACE VIEW campaign.queue_status WITH (security_barrier) AS
SELECT d.channel, g.name AS campaign, d.run_id, d.activity, d.queued,
	s.pending, s.due, s.leased, 
	coalesce((d.figures #>> '{queue,sent}')::bigint, s.sent) AS sent,
	coalesce((d.figures #>> '{queue,failed}')::bigint, s.failed) AS failed,
	coalesce((d.figures #>> '{queue,withdrawn}')::bigint, s.withdrawn) AS withdrawn,
	coalesce((d.figures #>> '{queue,expired}')::bigint, s.expired) AS expired,
	s.oldest, s.next_at, s.rate
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT coalesce(sum(c.open) FILTER (WHERE c.status = 'pending'), 0)::bigint AS pending,
		coalesce(sum(c.open) FILTER (WHERE c.status = 'pending' AND c.due_at <= statement_timestamp()), 0)::bigint AS due,
		coalesce(sum(c.open) FILTER (WHERE c.status = 'leased'), 0)::bigint AS leased,
		coalesce(sum(c.sent), 0)::bigint AS sent,
		coalesce(sum(c.failed), 0)::bigint AS failed,
		coalesce(sum(c.withdrawn) + sum(c.open) FILTER (WHERE c.status = 'withdrawn'), sum(c.withdrawn), 0)::bigint AS withdrawn,
		coalesce(sum(c.expired) + sum(c.open) FILTER (WHERE c.status = 'expired'), sum(c.expired), 0)::bigint AS expired,
		min(c.due_at) FILTER (WHERE c.open > 0 AND c.status = 'pending' AND c.due_at <= statement_timestamp()) AS oldest,
		min(c.due_at) FILTER (WHERE c.open > 0 AND c.status = 'pending' AND c.due_at > statement_timestamp()
			AND isfinite(c.due_at)) AS next_at,
		round(coalesce(sum(c.sent) FILTER (WHERE c.leased_until BETWEEN statement_timestamp() - interval '1 minute' AND statement_timestamp()), 0) / 60, 1) AS rate
	FROM (
		SELECT t.tally[1] AS open, t.tally[2] AS sent, t.tally[3] AS failed, t.tally[4] AS withdrawn, t.tally[5] AS expired, t.due_at, t.leased_until,
			CASE WHEN t.tally[1] > 0 THEN campaign.message_status('.', t.leased_until, t.expires_at, r.state) END AS status
		FROM (
			SELECT campaign.tally_results(n.results, n.last_id - n.first_id + 1) AS tally, n.leased_until, n.expires_at, n.due_at
			FROM campaign.chunk n WHERE n.delivery_id = d.delivery_id
			OFFSET 0
		) t
	) c
) s
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
COMMENT ON VIEW campaign.queue_status IS 'how far the messages of each delivery have come';
COMMENT ON COLUMN campaign.queue_status.channel IS 'the channel';
COMMENT ON COLUMN campaign.queue_status.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.queue_status.run_id IS 'the run';
COMMENT ON COLUMN campaign.queue_status.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.queue_status.queued IS 'messages: pending + leased + sent + failed + withdrawn + expired';
COMMENT ON COLUMN campaign.queue_status.pending IS 'messages that wait to be claimed';
COMMENT ON COLUMN campaign.queue_status.due IS 'those of them whose time has come';
COMMENT ON COLUMN campaign.queue_status.leased IS 'messages that a sender has';
COMMENT ON COLUMN campaign.queue_status.sent IS 'messages that a sender acknowledged as sent';
COMMENT ON COLUMN campaign.queue_status.failed IS 'messages that failed for good';
COMMENT ON COLUMN campaign.queue_status.withdrawn IS 'messages that must not be sent any more';
COMMENT ON COLUMN campaign.queue_status.expired IS 'messages that were not sent in time';
COMMENT ON COLUMN campaign.queue_status.oldest IS 'since when the first of those due has been waiting';
COMMENT ON COLUMN campaign.queue_status.next_at IS 'when the next of the others falls due';
COMMENT ON COLUMN campaign.queue_status.rate IS 'messages sent per second, of the last minute';
CREATE VIEW campaign.open_queue WITH (security_barrier) AS
SELECT q.* FROM campaign.delivery o
CROSS JOIN LATERAL (SELECT * FROM campaign.queue_status n WHERE n.run_id = o.run_id AND n.activity = o.activity OFFSET 0) q
WHERE NOT o.drained;
COMMENT ON VIEW campaign.open_queue IS 'the same of deliveries that may have messages left';
COMMENT ON COLUMN campaign.open_queue.channel IS 'the channel';
COMMENT ON COLUMN campaign.open_queue.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.open_queue.run_id IS 'the run';
COMMENT ON COLUMN campaign.open_queue.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.open_queue.queued IS 'messages: pending + leased + sent + failed + withdrawn + expired';
COMMENT ON COLUMN campaign.open_queue.pending IS 'messages that wait to be claimed';
COMMENT ON COLUMN campaign.open_queue.due IS 'those of them whose time has come';
COMMENT ON COLUMN campaign.open_queue.leased IS 'messages that a sender has';
COMMENT ON COLUMN campaign.open_queue.sent IS 'messages that a sender acknowledged as sent';
COMMENT ON COLUMN campaign.open_queue.failed IS 'messages that failed for good';
COMMENT ON COLUMN campaign.open_queue.withdrawn IS 'messages that must not be sent any more';
COMMENT ON COLUMN campaign.open_queue.expired IS 'messages that were not sent in time';
COMMENT ON COLUMN campaign.open_queue.oldest IS 'since when the first of those due has been waiting';
COMMENT ON COLUMN campaign.open_queue.next_at IS 'when the next of the others falls due';
COMMENT ON COLUMN campaign.open_queue.rate IS 'messages sent per second, of the last minute';
CREATE FUNCTION @extschema@.campaign_funnel(run bigint,
	OUT activity text, OUT channel text, OUT step text, OUT messages bigint,
	OUT rate numeric, OUT step_rate numeric, OUT lost bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_funnel_run'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 7;
COMMENT ON FUNCTION @extschema@.campaign_funnel(bigint)
	IS 'how many messages of each delivery of a run came how far';
CREATE FUNCTION @extschema@.campaign_funnel(campaign text,
	OUT activity text, OUT channel text, OUT step text, OUT messages bigint,
	OUT rate numeric, OUT step_rate numeric, OUT lost bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_funnel_campaign'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 7;
COMMENT ON FUNCTION @extschema@.campaign_funnel(text)
	IS 'how many messages of each activity came how far, over all runs of a campaign';
CREATE FUNCTION @extschema@.campaign_crosstab(
	run bigint, activity text, attribute text,
	OUT value text, OUT targeted bigint, OUT excluded bigint,
	OUT queued bigint, OUT sent bigint, OUT delivered bigint,
	OUT bounced bigint, OUT opened bigint, OUT clicked bigint,
	OUT unsubscribed bigint, OUT complained bigint, OUT converted bigint,
	OUT converted_value numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_crosstab'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_crosstab(bigint, text, text)
	IS 'figures of a delivery by an attribute of its recipients';
CREATE FUNCTION @extschema@.campaign_filter(
	name text, dimension text, condition text,
	parameters jsonb DEFAULT NULL, description text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_filter'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_filter(text, text, text, jsonb, text)
	IS 'saves a condition under a name, for rules to use; returns its name';
CREATE FUNCTION @extschema@.campaign_unfilter(name text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_unfilter'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_unfilter(text)
	IS 'drops a saved filter that nothing uses';
CREATE FUNCTION @extschema@.campaign_rule_sql(
	dimension text, rule jsonb, parameters jsonb DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_rule_sql'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_rule_sql(text, jsonb, jsonb)
	IS 'the condition that a rule becomes, as SQL';
CREATE FUNCTION @extschema@.campaign_count(
	dimension text, condition text DEFAULT NULL,
	parameters jsonb DEFAULT NULL, sample integer DEFAULT 0,
	OUT rows bigint, OUT sampled jsonb)
RETURNS record
AS 'MODULE_PATHNAME', 'campaign_count'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_count(text, text, jsonb, integer)
	IS 'how many rows satisfy a condition, and some of them';
CREATE FUNCTION @extschema@.campaign_values(
	dimension text, attribute text, condition text DEFAULT NULL,
	max_values bigint DEFAULT 100, estimated boolean DEFAULT false,
	OUT value text, OUT rows bigint, OUT share numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_values'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_values(text, text, text, bigint, boolean)
	IS 'the values of an attribute with the rows that have each and their share';
CREATE VIEW campaign.returned WITH (security_barrier) AS
SELECT g.name AS campaign, m.activity, b.dimension, r.key, b.run_id,
	b.returned_at, r.fingerprint
FROM campaign.campaign g
JOIN campaign.memory m ON m.campaign_id = g.campaign_id
JOIN campaign.memory_batch b ON b.memory_id = m.memory_id
LEFT JOIN campaign.run u ON u.run_id = b.run_id
JOIN campaign.memory_row r ON r.batch_id = b.batch_id
WHERE campaign.visible(g.owner) AND (b.settled OR u.state IS DISTINCT FROM 'stopped');
COMMENT ON VIEW campaign.returned IS 'rows that incremental activities have returned and do not return again';
COMMENT ON COLUMN campaign.returned.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.returned.activity IS 'name of the activity';
COMMENT ON COLUMN campaign.returned.dimension IS 'the dimension whose row it is';
COMMENT ON COLUMN campaign.returned.key IS 'key of the row, as campaign.message.recipient has it';
COMMENT ON COLUMN campaign.returned.run_id IS 'the run that returned it';
COMMENT ON COLUMN campaign.returned.returned_at IS 'when';
COMMENT ON COLUMN campaign.returned.fingerprint IS 'hash of the expressions of changed_by then; NULL: the row stays away however it changes';
CREATE VIEW campaign.remembered WITH (security_barrier) AS
SELECT r.batch_id, r.key, r.fingerprint
FROM campaign.campaign g
JOIN campaign.memory m ON m.campaign_id = g.campaign_id
JOIN campaign.memory_batch b ON b.memory_id = m.memory_id
JOIN campaign.memory_row r ON r.batch_id = b.batch_id
WHERE campaign.visible(g.owner);
COMMENT ON VIEW campaign.remembered IS 'rows of batches of a memory; campaign.returned says which of them count';
COMMENT ON COLUMN campaign.remembered.batch_id IS 'the execution that returned it';
COMMENT ON COLUMN campaign.remembered.key IS 'key of the row, as campaign.message.recipient has it';
COMMENT ON COLUMN campaign.remembered.fingerprint IS 'as in campaign.returned';
CREATE FUNCTION campaign.is_new(key bigint, batches bigint[])
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_is_new'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION campaign.is_new(bigint, bigint[])
	IS 'whether none of the batches of a memory has the key';
CREATE FUNCTION @extschema@.campaign_forget_returned(
	campaign text, activity text, keys text[] DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'campaign_forget_returned'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_forget_returned(text, text, text[])
	IS 'lets an incremental activity forget what it has returned, all of it or some keys; returns how many rows';
CREATE VIEW campaign.refused WITH (security_barrier) AS
SELECT j.run_id, j.activity, j.recipient, j.sqlstate, j.error
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.reject j ON j.run_id = r.run_id
WHERE campaign.visible(g.owner);
COMMENT ON VIEW campaign.refused IS 'rows that a table refused, with the reason';
COMMENT ON COLUMN campaign.refused.run_id IS 'the run';
COMMENT ON COLUMN campaign.refused.activity IS 'the activity that was to change the table';
COMMENT ON COLUMN campaign.refused.recipient IS 'key of the row, as in campaign.message';
COMMENT ON COLUMN campaign.refused.sqlstate IS 'SQLSTATE of the error';
COMMENT ON COLUMN campaign.refused.error IS 'its message; NULL once the person was erased';
COMMENT ON COLUMN campaign.template_version.name IS 'name of the template or snippet';
COMMENT ON COLUMN campaign.template_version.number IS 'number of the version, from 1';
COMMENT ON COLUMN campaign.template_version.channel IS 'kind of activity whose messages it is for; NULL: a snippet';
COMMENT ON COLUMN campaign.template_version.subject IS 'its subject';
COMMENT ON COLUMN campaign.template_version.body IS 'its body';
COMMENT ON COLUMN campaign.template_version.parts IS 'its other parts, by name';
COMMENT ON COLUMN campaign.template_version.description IS 'what it is, as its author said';
COMMENT ON COLUMN campaign.template_version.owner IS 'name of the role that owns it';
COMMENT ON COLUMN campaign.template_version.created_at IS 'when the version was declared';
COMMENT ON COLUMN campaign.template_version.newest IS 'whether it is the version that counts';
COMMENT ON COLUMN campaign.schedules.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.schedules.meaning IS 'its schedule in words';
COMMENT ON COLUMN campaign.schedules.state IS 'active; held, with everything or because it is at home in another database; ended if no launch is left';
COMMENT ON COLUMN campaign.schedules.next_at IS 'the next launch; in the past if it waits for a run to end';
COMMENT ON COLUMN campaign.schedules.launched IS 'runs the schedule has started';
COMMENT ON COLUMN campaign.schedules.last_run_id IS 'run of the last launch, even of an earlier schedule';
COMMENT ON COLUMN campaign.schedules.last_launch IS 'when that was meant to be';
COMMENT ON COLUMN campaign.schedules.last_state IS 'its state; missed if it was not started';
COMMENT ON COLUMN campaign.schedules.schedule IS 'the schedule, with what had been left open';
COMMENT ON COLUMN campaign.schedules.owner IS 'name of the role that owns the campaign';
COMMENT ON COLUMN campaign.schedules.scheduled_at IS 'when it was given that schedule';
COMMENT ON COLUMN campaign.run_progress.run_id IS 'the run';
COMMENT ON COLUMN campaign.run_progress.campaign IS 'name of its campaign';
COMMENT ON COLUMN campaign.run_progress.activity IS 'name of the activity';
COMMENT ON COLUMN campaign.run_progress.kind IS 'kind of the activity';
COMMENT ON COLUMN campaign.run_progress.state IS 'state of the task; running while an executor is at it';
COMMENT ON COLUMN campaign.run_progress.rows_in IS 'rows that flow in; NULL where nothing can, or nothing did yet';
COMMENT ON COLUMN campaign.run_progress.rows_out IS 'rows that came out of all outcomes; while it works, rows handled so far';
COMMENT ON COLUMN campaign.run_progress.elapsed IS 'time since the task was begun, until it ended';
COMMENT ON COLUMN campaign.run_progress.bar IS 'share that is done of the rows it is to give, twenty characters wide';
COMMENT ON COLUMN campaign.run_progress.eta IS 'when a waiting task goes on, or what is executed will be done';
COMMENT ON COLUMN campaign.run_progress.error IS 'message of the last failed attempt';
COMMENT ON COLUMN campaign.run_progress.sqlstate IS 'its SQLSTATE';
COMMENT ON COLUMN campaign.run_progress.detail IS 'its detail';
COMMENT ON COLUMN campaign.run_progress.hint IS 'its hint';
COMMENT ON COLUMN campaign.run_progress.attempts IS 'failed attempts since the last retry';
COMMENT ON COLUMN campaign.run_progress.run_state IS 'state of the run; held if it is at home in another database';
COMMENT ON COLUMN campaign.run_progress.test IS 'true: it is a test, which writes and sends nothing';
COMMENT ON COLUMN campaign.run_progress.parent_run IS 'the run that has started the run; NULL: none';
COMMENT ON COLUMN campaign.run_progress.parent_activity IS 'the activity of it that did';
COMMENT ON COLUMN campaign.run_progress.depth IS 'how many runs are above the run';
COMMENT ON COLUMN campaign.run_progress.overdue IS 'true: it takes longer than its option max_duration says';
COMMENT ON COLUMN campaign.run_progress.rate IS 'rows_out per second of elapsed';
COMMENT ON COLUMN campaign.open_progress.run_id IS 'the run';
COMMENT ON COLUMN campaign.open_progress.campaign IS 'name of its campaign';
COMMENT ON COLUMN campaign.open_progress.activity IS 'name of the activity';
COMMENT ON COLUMN campaign.open_progress.kind IS 'kind of the activity';
COMMENT ON COLUMN campaign.open_progress.state IS 'state of the task; running while an executor is at it';
COMMENT ON COLUMN campaign.open_progress.rows_in IS 'rows that flow in; NULL where nothing can, or nothing did yet';
COMMENT ON COLUMN campaign.open_progress.rows_out IS 'rows that came out of all outcomes; while it works, rows handled so far';
COMMENT ON COLUMN campaign.open_progress.elapsed IS 'time since the task was begun, until it ended';
COMMENT ON COLUMN campaign.open_progress.bar IS 'share that is done of the rows it is to give, twenty characters wide';
COMMENT ON COLUMN campaign.open_progress.eta IS 'when a waiting task goes on, or what is executed will be done';
COMMENT ON COLUMN campaign.open_progress.error IS 'message of the last failed attempt';
COMMENT ON COLUMN campaign.open_progress.sqlstate IS 'its SQLSTATE';
COMMENT ON COLUMN campaign.open_progress.detail IS 'its detail';
COMMENT ON COLUMN campaign.open_progress.hint IS 'its hint';
COMMENT ON COLUMN campaign.open_progress.attempts IS 'failed attempts since the last retry';
COMMENT ON COLUMN campaign.open_progress.run_state IS 'state of the run; held if it is at home in another database';
COMMENT ON COLUMN campaign.open_progress.test IS 'true: it is a test, which writes and sends nothing';
COMMENT ON COLUMN campaign.open_progress.parent_run IS 'the run that has started the run; NULL: none';
COMMENT ON COLUMN campaign.open_progress.parent_activity IS 'the activity of it that did';
COMMENT ON COLUMN campaign.open_progress.depth IS 'how many runs are above the run';
COMMENT ON COLUMN campaign.open_progress.overdue IS 'true: it takes longer than its option max_duration says';
COMMENT ON COLUMN campaign.open_progress.rate IS 'rows_out per second of elapsed';
COMMENT ON COLUMN campaign.flow_counts.run_id IS 'the run';
COMMENT ON COLUMN campaign.flow_counts.source IS 'activity out of which the rows came';
COMMENT ON COLUMN campaign.flow_counts.outcome IS 'its outcome';
COMMENT ON COLUMN campaign.flow_counts.target IS 'activity that the outcome feeds, one line each; NULL if it feeds none';
COMMENT ON COLUMN campaign.flow_counts.rows IS 'how many rows';
COMMENT ON COLUMN campaign.flow_counts.relation IS 'table that has the rows as long as they are needed; NULL where they were only counted';
COMMENT ON COLUMN campaign.approvals.approval_id IS 'number of the question, for campaign_decide';
COMMENT ON COLUMN campaign.approvals.run_id IS 'the run that waits for the answer';
COMMENT ON COLUMN campaign.approvals.campaign IS 'name of its campaign';
COMMENT ON COLUMN campaign.approvals.activity IS 'the activity that asks';
COMMENT ON COLUMN campaign.approvals.question IS 'what is asked';
COMMENT ON COLUMN campaign.approvals.answers IS 'the possible answers';
COMMENT ON COLUMN campaign.approvals.roles IS 'names of the roles that are asked';
COMMENT ON COLUMN campaign.approvals.all_answer IS 'whether each of them has to answer';
COMMENT ON COLUMN campaign.approvals.state IS 'open, answered, or closed: the activity does not wait any more';
COMMENT ON COLUMN campaign.approvals.asked IS 'whether the reader may answer';
COMMENT ON COLUMN campaign.approvals.asked_at IS 'when it was asked';
COMMENT ON COLUMN campaign.approvals.deadline IS 'when it is too late to answer; NULL: never';
COMMENT ON COLUMN campaign.approvals.default_answer IS 'what is taken then; NULL: outcome timeout';
COMMENT ON COLUMN campaign.approvals.votes IS 'the answers so far: role, answer, comment, by, at';
COMMENT ON COLUMN campaign.approvals.answer IS 'what was decided';
COMMENT ON COLUMN campaign.approvals.answered_at IS 'when that was';
COMMENT ON COLUMN campaign.overlap.run_id IS 'the run';
COMMENT ON COLUMN campaign.overlap.activity IS 'the activity that combines';
COMMENT ON COLUMN campaign.overlap.sets IS 'the sets in which the rows were, and in no other of the activity; NULL for those of all further combinations of sets, beyond a thousand';
COMMENT ON COLUMN campaign.overlap.rows IS 'how many rows';
COMMENT ON COLUMN campaign.message.run_id IS 'the run';
COMMENT ON COLUMN campaign.message.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.message.message_id IS 'number of the message, unique in the database';
COMMENT ON COLUMN campaign.message.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.message.channel IS 'the channel';
COMMENT ON COLUMN campaign.message.address IS 'where it goes';
COMMENT ON COLUMN campaign.message.status IS 'pending, leased, sent, failed, withdrawn or expired; test in a test run';
COMMENT ON COLUMN campaign.message.send_at IS 'not before';
COMMENT ON COLUMN campaign.message.settled_at IS 'when it was acknowledged or withdrawn; of one that is to be tried again, when the last attempt failed';
COMMENT ON COLUMN campaign.failed.run_id IS 'the run';
COMMENT ON COLUMN campaign.failed.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.failed.message_id IS 'number of the message, unique in the database';
COMMENT ON COLUMN campaign.failed.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.failed.channel IS 'the channel';
COMMENT ON COLUMN campaign.failed.address IS 'where it was to go; empty once it is forgotten';
COMMENT ON COLUMN campaign.failed.attempts IS 'how often the message was handed out';
COMMENT ON COLUMN campaign.failed.failed_at IS 'when the last attempt was acknowledged';
COMMENT ON COLUMN campaign.failed.error IS 'reason of the last attempt';
COMMENT ON COLUMN campaign.excluded.run_id IS 'the run';
COMMENT ON COLUMN campaign.excluded.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.excluded.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.excluded.reason IS 'gone, no_person, no_address, malformed_address, no_consent, suppressed, duplicate_person, duplicate_address, control_group, pressure, capacity, too_long or duplicate';
COMMENT ON COLUMN campaign.suppressed.channel IS 'the channel';
COMMENT ON COLUMN campaign.suppressed.address_hash IS 'campaign.address_hash() of the address';
COMMENT ON COLUMN campaign.claimed_message.message_id IS 'number of the message, to be named if it fails';
COMMENT ON COLUMN campaign.claimed_message.lease IS 'the lease, the same for all messages of a claim';
COMMENT ON COLUMN campaign.claimed_message.idempotency_key IS '32 hex digits, the same whenever this message is handed out; pass it to the provider';
COMMENT ON COLUMN campaign.claimed_message.address IS 'where to send it';
COMMENT ON COLUMN campaign.claimed_message.subject IS 'rendered subject, one line; NULL if the channel has none';
COMMENT ON COLUMN campaign.claimed_message.body IS 'rendered body: HTML for email';
COMMENT ON COLUMN campaign.claimed_message.attributes IS 'campaign, activity and recipient, for tags and logs; unsubscribe_url of an e-mail where tracking is set up';
COMMENT ON COLUMN campaign.claimed_message.attempt IS 'how many times it has been handed out, this time included';
COMMENT ON COLUMN campaign.acknowledged.result IS 'settled; or late, settled before or unknown, when nothing was changed';
COMMENT ON COLUMN campaign.acknowledged.sent IS 'messages that were settled as sent';
COMMENT ON COLUMN campaign.acknowledged.failed IS 'messages that failed for good';
COMMENT ON COLUMN campaign.acknowledged.retried IS 'messages that will be handed out again';
COMMENT ON COLUMN campaign.log.logged_at IS 'when, by the clock and not by the transaction';
COMMENT ON COLUMN campaign.log.role_name IS 'who did it: name of the current user';
COMMENT ON COLUMN campaign.log.owner IS 'owner of the campaign; rows are shown to who has its rights';
COMMENT ON COLUMN campaign.log.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.log.run_id IS 'the run, if it was about one';
COMMENT ON COLUMN campaign.log.activity IS 'the activity, if it was about one';
COMMENT ON COLUMN campaign.log.event IS 'move (of a state), define, publish, start, error, confirmation needed or time zone missing';
COMMENT ON COLUMN campaign.log.old_state IS 'of a move: the state before';
COMMENT ON COLUMN campaign.log.new_state IS 'of a move: the state after';
COMMENT ON COLUMN campaign.log.message IS 'why, or what';
COMMENT ON COLUMN campaign.log.sqlstate IS 'of an error: its SQLSTATE';
COMMENT ON COLUMN campaign.log.hint IS 'of an error: what to do';
COMMENT ON COLUMN campaign.log.level IS 'error, warning, notice (somebody is asked, or has stopped something), info, or debug (moves of activities)';
COMMENT ON COLUMN campaign.dimension.name IS 'unique among its owner''s dimensions; the alias of the row in expressions';
COMMENT ON COLUMN campaign.dimension.relation IS 'oid of the relation; believed as long as it has the name';
COMMENT ON COLUMN campaign.dimension.relation_name IS 'schema and name of the relation, quoted';
COMMENT ON COLUMN campaign.dimension.key IS 'columns of the key, in order';
COMMENT ON COLUMN campaign.dimension.addresses IS 'channel: expression giving the address';
COMMENT ON COLUMN campaign.dimension.consent IS 'channel: condition under which marketing may be sent';
COMMENT ON COLUMN campaign.dimension.time_zone IS 'expression giving whose clock a message goes by; NULL: none';
COMMENT ON COLUMN campaign.dimension.language IS 'expression giving the language of who gets a message; NULL: none';
COMMENT ON COLUMN campaign.dimension.profile IS 'expression giving the key of the person behind the row';
COMMENT ON COLUMN campaign.dimension.profile_dimension IS 'name of the owner''s dimension whose key profile gives; NULL: its rows are not read';
COMMENT ON COLUMN campaign.dimension.search_path IS 'under which its expressions are read';
COMMENT ON COLUMN campaign.template.name IS 'unique among its owner''s, with the number';
COMMENT ON COLUMN campaign.template.number IS 'number of the version, from 1; the newest counts';
COMMENT ON COLUMN campaign.template.channel IS 'kind of activity whose messages it is for; NULL: a snippet';
COMMENT ON COLUMN campaign.template.parts IS 'texts by the names of the parts';
COMMENT ON COLUMN campaign.campaign.dimension IS 'name of the owner''s dimension that branches begin with';
COMMENT ON COLUMN campaign.campaign.status IS 'draft, published, closed, stopped or archived';
COMMENT ON COLUMN campaign.campaign.settings IS 'variables, keep_populations, priority and throttle';
COMMENT ON COLUMN campaign.version.number IS '0: the draft; -1: what is tested; the others are frozen, the highest is live';
COMMENT ON COLUMN campaign.version.hash IS 'SHA-256 of the frozen definition; NULL for the draft';
COMMENT ON COLUMN campaign.version.definition IS 'what campaign_export shows; NULL for the draft';
COMMENT ON COLUMN campaign.version.dimensions IS 'copies of the dimensions it uses; NULL for the draft';
COMMENT ON COLUMN campaign.activity.position IS 'order of definition';
COMMENT ON COLUMN campaign.activity.search_path IS 'under which its expressions are read';
COMMENT ON COLUMN campaign.activity.objects IS 'identities of what its expressions refer to; set on publishing';
COMMENT ON COLUMN campaign.transition.position IS 'order of definition';
COMMENT ON COLUMN campaign.run.uuid IS 'what the idempotency keys of its messages are derived from';
COMMENT ON COLUMN campaign.run.home IS 'server and database that may execute it';
COMMENT ON COLUMN campaign.run.epoch IS 'whose partition of the queue takes its messages';
COMMENT ON COLUMN campaign.run.variables IS 'values of the run variables';
COMMENT ON COLUMN campaign.run.started_by IS 'name of the role that started it';
COMMENT ON COLUMN campaign.run.occurrence IS 'the launch of the campaign''s schedule that it is; NULL: none';
COMMENT ON COLUMN campaign.run.parent_run IS 'the run that has started it; NULL: none, or it was dropped';
COMMENT ON COLUMN campaign.run.parent_activity IS 'the activity of it that did';
COMMENT ON COLUMN campaign.run.depth IS 'how many runs are above it';
COMMENT ON COLUMN campaign.run.unheard IS 'true: it has ended, and the parent is to be told in the scheduler''s next turn';
COMMENT ON COLUMN campaign.run.attached IS 'true: the parent waits for its end, and to pause, resume or stop the parent does the same to it';
COMMENT ON COLUMN campaign.run.errors IS 'activities that failed and let the run go on, counted over runs until one has none';
COMMENT ON COLUMN campaign.run.test IS 'true: it is a test, which writes and sends nothing';
COMMENT ON COLUMN campaign.run.test_options IS 'how a test is done; NULL: it is none';
COMMENT ON COLUMN campaign.schedule.schedule IS 'the schedule, with what had been left open';
COMMENT ON COLUMN campaign.schedule.meaning IS 'the same in words';
COMMENT ON COLUMN campaign.schedule.home IS 'server and database that may launch it';
COMMENT ON COLUMN campaign.schedule.next_at IS 'the next launch; NULL: none is left';
COMMENT ON COLUMN campaign.schedule.launched IS 'runs it has started';
COMMENT ON COLUMN campaign.task.position IS 'order of definition';
COMMENT ON COLUMN campaign.task.due_at IS 'not to be executed before';
COMMENT ON COLUMN campaign.task.hurried IS 'the time it waits for counts as come, because a person said so';
COMMENT ON COLUMN campaign.task.attempts IS 'failed attempts since the last retry';
COMMENT ON COLUMN campaign.task.warn_at IS 'when it is told that the activity takes too long; NULL: never';
COMMENT ON COLUMN campaign.task.rows_in IS 'rows that flowed in; -1 where nothing can';
COMMENT ON COLUMN campaign.task.sqlstate IS 'of the last failed attempt, as are error, detail and hint';
COMMENT ON COLUMN campaign.signal.name IS 'name of the signal';
COMMENT ON COLUMN campaign.signal.payload IS 'run variables that whoever takes it sets';
COMMENT ON COLUMN campaign.signal.sent_by IS 'name of the role that sent it';
COMMENT ON COLUMN campaign.signal.sent_at IS 'when';
COMMENT ON COLUMN campaign.approval.answers IS 'the possible answers, in order';
COMMENT ON COLUMN campaign.approval.roles IS 'names of the roles that are asked';
COMMENT ON COLUMN campaign.approval.all_answer IS 'each of them has to answer; of different answers the one that stands last in answers counts';
COMMENT ON COLUMN campaign.approval.reminded_at IS 'when they were asked the last time';
COMMENT ON COLUMN campaign.approval.deadline IS 'when it is too late to answer';
COMMENT ON COLUMN campaign.approval.default_answer IS 'what is taken then; NULL: outcome timeout';
COMMENT ON COLUMN campaign.approval.votes IS 'the answers so far: role, answer, comment, by, at';
COMMENT ON COLUMN campaign.approval.answer IS 'what was decided; NULL: nothing yet';
COMMENT ON COLUMN campaign.flow.rows IS 'rows that came out';
COMMENT ON COLUMN campaign.flow.dimension IS 'name of the dimension the rows are of';
COMMENT ON COLUMN campaign.flow.population IS 'table in campaign_data holding the rows; NULL where they were only counted, or are not needed any more';
COMMENT ON COLUMN campaign.flow.active IS 'false: the outcome is not to be followed';
COMMENT ON COLUMN campaign.flow.kept IS 'true: the population stays until the campaign is started again';
COMMENT ON COLUMN campaign.origin.system IS 'identifier of the server';
COMMENT ON COLUMN campaign.epoch.month IS 'first day of the month, in UTC';
COMMENT ON COLUMN campaign.epoch.partition IS 'its partition of campaign.dispatch, in campaign_data';
COMMENT ON COLUMN campaign.delivery.targeted IS 'rows that came in: queued + excluded';
COMMENT ON COLUMN campaign.delivery.excluded IS 'rows in campaign.exclusion';
COMMENT ON COLUMN campaign.delivery.queued IS 'rows in campaign.dispatch, or in campaign.dispatch_bucket';
COMMENT ON COLUMN campaign.delivery.distributed IS 'its messages are in campaign.dispatch_bucket';
COMMENT ON COLUMN campaign.dispatch.message_id IS 'epoch * 2^36 + a number; those of a chunk are consecutive';
COMMENT ON COLUMN campaign.dispatch.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.dispatch.person IS 'key of the person behind it; NULL where that is the recipient';
COMMENT ON COLUMN campaign.dispatch.variables IS 'values of the templates'' expressions, in their order';
COMMENT ON COLUMN campaign.dispatch_bucket.bucket IS 'number of the thousand within the epoch: the messages of a chunk are in one';
COMMENT ON COLUMN campaign.chunk.first_id IS 'first message';
COMMENT ON COLUMN campaign.chunk.last_id IS 'last message';
COMMENT ON COLUMN campaign.chunk.first_recipient IS 'lowest of the recipients, in byte order';
COMMENT ON COLUMN campaign.chunk.last_recipient IS 'highest of the recipients';
COMMENT ON COLUMN campaign.chunk.first_block IS 'block of the partition the first message was written to; a hint; -1: it is in campaign.dispatch_bucket';
COMMENT ON COLUMN campaign.chunk.last_block IS 'block of the partition the last message was written to; a hint; -1 as above';
COMMENT ON COLUMN campaign.chunk.edition IS 'which content of the delivery its messages get; negative: not decided yet';
COMMENT ON COLUMN campaign.delivery.decide_at IS 'when the winner of its variants is chosen; NULL: nothing is to be decided';
COMMENT ON COLUMN campaign.delivery.winner IS 'position of the variant that was chosen';
COMMENT ON COLUMN campaign.chunk.domain IS 'domain of its addresses, where that has a limit; otherwise empty';
COMMENT ON COLUMN campaign.chunk.send_at IS 'when its messages are meant to be sent';
COMMENT ON COLUMN campaign.chunk.due_at IS 'not to be handed out before; infinity: not decided yet';
COMMENT ON COLUMN campaign.chunk.expires_at IS 'not to be handed out from then on; NULL: no end';
COMMENT ON COLUMN campaign.chunk.settled IS 'no message is open any more';
COMMENT ON COLUMN campaign.chunk.lease IS 'of the sender that has, or had, it';
COMMENT ON COLUMN campaign.chunk.holder IS 'role that claimed it';
COMMENT ON COLUMN campaign.chunk.leased_until IS 'end of the lease; of a settled chunk, when it was settled';
COMMENT ON COLUMN campaign.chunk.attempts IS 'how often it was claimed';
COMMENT ON COLUMN campaign.chunk.results IS 'a byte per message: . open, s sent, f failed, w withdrawn, e expired, r moved to a chunk of its own; NULL: all open';
COMMENT ON COLUMN campaign.outcome.attempt IS 'which attempt it was';
COMMENT ON COLUMN campaign.outcome.status IS 'failed, retried or withdrawn';
COMMENT ON COLUMN campaign.outcome.reason IS 'what the sender said, or why it was withdrawn';
COMMENT ON COLUMN campaign.exclusion.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.exclusion.person IS 'key of the person behind it; NULL where that is the recipient';
COMMENT ON COLUMN campaign.exclusion.reason IS 'code; see the view campaign.excluded';
COMMENT ON COLUMN campaign.suppression.address_hash IS 'campaign.address_hash() of the address: what is compared';
COMMENT ON COLUMN campaign.suppression.role_name IS 'role that suppressed it, and may take that back';
COMMENT ON COLUMN campaign.lost_lease.lease IS 'a lease that ran out, and whose messages were claimed again';
COMMENT ON COLUMN campaign.lost_lease.holder IS 'role that had it';
COMMENT ON COLUMN campaign.delivery.confirmed IS 'false: its messages wait for campaign_confirm';
COMMENT ON COLUMN campaign.delivery.lanes IS 'domains of its chunks';
COMMENT ON COLUMN campaign.delivery.drained IS 'none of its chunks is unsettled any more';
COMMENT ON COLUMN campaign.delivery.passed_due IS 'with passed_chunk: chunks due before are all settled';
COMMENT ON COLUMN campaign.delivery.passed_chunk IS 'with passed_due: chunks before are all settled';
COMMENT ON COLUMN campaign.channel.name IS 'name of the channel';
COMMENT ON COLUMN campaign.channel.kind IS 'email, sms, push, direct_mail or custom';
COMMENT ON COLUMN campaign.channel.settings IS 'limits and whether it is paused';
COMMENT ON COLUMN campaign.deferred.delivery_id IS 'the delivery';
COMMENT ON COLUMN campaign.deferred.message_id IS 'number of the message';
COMMENT ON COLUMN campaign.deferred.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.deferred.send_at IS 'when it is to be sent';
COMMENT ON COLUMN campaign.hold.held IS 'always true: there is one row at most';
COMMENT ON COLUMN campaign.hold.held_at IS 'since when everything is held';
COMMENT ON COLUMN campaign.hold.role_name IS 'who holds it';
COMMENT ON COLUMN campaign.hold.reason IS 'why';
COMMENT ON COLUMN campaign.task.follow_at IS 'when a succeeded one has something to do for its messages again';
COMMENT ON COLUMN campaign.channels.name IS 'name of the channel';
COMMENT ON COLUMN campaign.channels.kind IS 'email, sms, push, direct_mail or custom';
COMMENT ON COLUMN campaign.channels.settings IS 'limits and whether it is paused';
COMMENT ON COLUMN campaign.channels.paused IS 'nothing of it is handed out';
COMMENT ON COLUMN campaign.throttle.bucket IS 'what is limited, for how long: a channel, a domain of one, a campaign';
COMMENT ON COLUMN campaign.throttle.slice IS 'number of the newest slice of time';
COMMENT ON COLUMN campaign.throttle.counts IS 'messages handed out per slice, from the newest to the oldest';
COMMENT ON COLUMN campaign.event.event IS 'delivered, bounced, opened, clicked, unsubscribed, complained or converted';
COMMENT ON COLUMN campaign.event.at IS 'when it happened';
COMMENT ON COLUMN campaign.event.event_key IS 'hash by which a repetition is known';
COMMENT ON COLUMN campaign.event.detail IS 'what was said about it: id, type, link, value and others';
COMMENT ON COLUMN campaign.event.first IS 'whether it is the one of its kind that counts the message: the first to be recorded';
COMMENT ON COLUMN campaign.figure.grain IS 'minute or link: what the row counts by';
COMMENT ON COLUMN campaign.figure.level IS 'how often rows were replaced by their sum to make it';
COMMENT ON COLUMN campaign.figure.event IS 'kind of event; hard_bounced; of messages that are deleted, sent';
COMMENT ON COLUMN campaign.figure.minute IS 'in which messages had their first such event, and events were';
COMMENT ON COLUMN campaign.figure.edition IS 'content of the messages, as in campaign.chunk';
COMMENT ON COLUMN campaign.figure.name IS 'the link; NULL if the events do not say';
COMMENT ON COLUMN campaign.figure.messages IS 'messages, each counted once; below 0 where one was counted too late before';
COMMENT ON COLUMN campaign.figure.events IS 'events, of which a message may have several';
COMMENT ON COLUMN campaign.figure.value IS 'sum of the values of conversions';
COMMENT ON COLUMN campaign.figure.first_at IS 'the first of the events';
COMMENT ON COLUMN campaign.figure.last_at IS 'the last of the events';
COMMENT ON COLUMN campaign.parked_event.role IS 'role that reported it';
COMMENT ON COLUMN campaign.parked_event.message_id IS 'the message it was said to be about';
COMMENT ON COLUMN campaign.soft_bounce.address_hash IS 'campaign.address_hash() of the address';
COMMENT ON COLUMN campaign.soft_bounce.bounces IS 'soft bounces since the address was let in, if it ever was suppressed';
COMMENT ON COLUMN campaign.soft_bounce.bounced_at IS 'the last time';
COMMENT ON COLUMN campaign.secret.sole IS 'true: there is one row';
COMMENT ON COLUMN campaign.secret.secret IS '32 random bytes';
COMMENT ON COLUMN campaign.event_counts.run_id IS 'the run';
COMMENT ON COLUMN campaign.event_counts.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.event_counts.channel IS 'the channel';
COMMENT ON COLUMN campaign.event_counts.event IS 'what happened';
COMMENT ON COLUMN campaign.event_counts.first_at IS 'when it happened first';
COMMENT ON COLUMN campaign.event_counts.last_at IS 'when it happened last';
COMMENT ON COLUMN campaign.report.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report.run_id IS 'the run';
COMMENT ON COLUMN campaign.report.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report.channel IS 'the channel';
COMMENT ON COLUMN campaign.report.targeted IS 'rows that came in: excluded + queued';
COMMENT ON COLUMN campaign.report.excluded IS 'rows that got no message; see campaign.excluded';
COMMENT ON COLUMN campaign.report.queued IS 'messages';
COMMENT ON COLUMN campaign.report.delivered IS 'messages that a provider said were delivered';
COMMENT ON COLUMN campaign.report.bounced IS 'messages that came back, hard or soft';
COMMENT ON COLUMN campaign.report.opened IS 'messages that were opened';
COMMENT ON COLUMN campaign.report.clicked IS 'messages of which a link was clicked';
COMMENT ON COLUMN campaign.report.unsubscribed IS 'messages after which somebody unsubscribed';
COMMENT ON COLUMN campaign.report.complained IS 'messages that somebody called spam';
COMMENT ON COLUMN campaign.report.bounced_rate IS 'bounced / sent';
COMMENT ON COLUMN campaign.report.opened_rate IS 'opened / sent';
COMMENT ON COLUMN campaign.report.clicked_rate IS 'clicked / sent';
COMMENT ON COLUMN campaign.report.unsubscribed_rate IS 'unsubscribed / sent';
COMMENT ON COLUMN campaign.report.complained_rate IS 'complained / sent';
COMMENT ON COLUMN campaign.report.converted IS 'messages that led to a conversion';
COMMENT ON COLUMN campaign.report.converted_value IS 'sum of the values of all conversions';
COMMENT ON COLUMN campaign.feedback_counts.recorded IS 'events that were new';
COMMENT ON COLUMN campaign.feedback_counts.repeated IS 'events that were known already';
COMMENT ON COLUMN campaign.feedback_counts.parked IS 'events of messages that are not there, or not the caller''s';
COMMENT ON COLUMN campaign.rule.name IS 'unique among its owner''s';
COMMENT ON COLUMN campaign.rule.kind IS 'pressure, capacity, control or quiet_hours';
COMMENT ON COLUMN campaign.rule.settings IS 'as they were declared';
COMMENT ON COLUMN campaign.rule.search_path IS 'under which its expression is read';
COMMENT ON COLUMN campaign.version.rules IS 'copies of the rules that may hold; NULL for the draft';
COMMENT ON COLUMN campaign.contact.first_id IS 'first message of the chunk as it was enqueued';
COMMENT ON COLUMN campaign.contact.last_id IS 'last message';
COMMENT ON COLUMN campaign.contact.contacted_at IS 'when its messages are meant to be sent';
COMMENT ON COLUMN campaign.contact.weight IS 'of each message, in hundredths';
COMMENT ON COLUMN campaign.contact.subjects IS 'campaign.subject_hash() of who is counted, per message; 0: nobody; NULL: messages are counted only';
COMMENT ON COLUMN campaign.contacted.rule_id IS 'the rule, as in campaign.rule';
COMMENT ON COLUMN campaign.contacted.contacted_at IS 'when the message is meant to be sent';
COMMENT ON COLUMN campaign.contacted.weight IS 'of the message, in hundredths';
COMMENT ON COLUMN campaign.contacted.test_run_id IS 'the test run whose message it is; NULL: it is no test''s';
COMMENT ON COLUMN campaign.contacted.subject IS 'campaign.subject_hash() of who is counted';
COMMENT ON COLUMN campaign.rules.name IS 'unique among its owner''s';
COMMENT ON COLUMN campaign.rules.kind IS 'pressure, capacity, control or quiet_hours';
COMMENT ON COLUMN campaign.rules.settings IS 'as they were declared';
COMMENT ON COLUMN campaign.rules.always IS 'holds for all marketing deliveries of its owner';
COMMENT ON COLUMN campaign.rules.owner IS 'role that declared it';
COMMENT ON COLUMN campaign.version.links IS 'copies of the links it uses; NULL for the draft';
COMMENT ON COLUMN campaign.version.filters IS 'copies of the saved filters it uses; NULL for the draft';
COMMENT ON COLUMN campaign.filter.name IS 'unique among its owner''s';
COMMENT ON COLUMN campaign.filter.dimension IS 'whose rows it is about';
COMMENT ON COLUMN campaign.filter.condition IS 'SQL expression over the row, or a rule as JSON';
COMMENT ON COLUMN campaign.filter.parameters IS 'name -> type and, if it has one, default';
COMMENT ON COLUMN campaign.filter.description IS 'for people; may be NULL';
COMMENT ON COLUMN campaign.filter.search_path IS 'under which its expressions are read';
COMMENT ON COLUMN campaign.filters.name IS 'by which rules name it';
COMMENT ON COLUMN campaign.filters.dimension IS 'whose rows it is about';
COMMENT ON COLUMN campaign.filters.condition IS 'SQL expression over the row, or a rule as JSON';
COMMENT ON COLUMN campaign.filters.parameters IS 'name -> type and, if it has one, default';
COMMENT ON COLUMN campaign.filters.description IS 'what it is for';
COMMENT ON COLUMN campaign.filters.used_by IS 'other filters, and activities of drafts';
COMMENT ON COLUMN campaign.filters.owner IS 'role that saved it';
COMMENT ON COLUMN campaign.link.name IS 'unique among its owner''s links from the source';
COMMENT ON COLUMN campaign.link.source IS 'name of the dimension it leads from';
COMMENT ON COLUMN campaign.link.target IS 'name of the dimension it leads to';
COMMENT ON COLUMN campaign.link.alias IS 'what the row it leads to is called in the condition';
COMMENT ON COLUMN campaign.link.condition IS 'SQL expression over both rows';
COMMENT ON COLUMN campaign.link.cardinality IS 'one, zero or one, or many: how many rows a row leads to';
COMMENT ON COLUMN campaign.link.search_path IS 'under which its condition is read';
COMMENT ON COLUMN campaign.links.source IS 'name of the dimension it leads from';
COMMENT ON COLUMN campaign.links.name IS 'by which paths name it';
COMMENT ON COLUMN campaign.links.target IS 'name of the dimension it leads to; NULL: a table that is none';
COMMENT ON COLUMN campaign.links.relation IS 'the table it leads to, with its schema';
COMMENT ON COLUMN campaign.links.cardinality IS 'one, zero or one, or many: how many rows a row leads to';
COMMENT ON COLUMN campaign.links.condition IS 'SQL expression over both rows';
COMMENT ON COLUMN campaign.links.declared IS 'declared with campaign_link(); else a foreign key gives it';
COMMENT ON COLUMN campaign.links.owner IS 'role whose dimension it leads from';
COMMENT ON COLUMN campaign.sent_or_tested.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.sent_or_tested.run_id IS 'number of the run';
COMMENT ON COLUMN campaign.sent_or_tested.activity IS 'name of the channel activity';
COMMENT ON COLUMN campaign.sent_or_tested.dimension IS 'dimension of the targeted row';
COMMENT ON COLUMN campaign.sent_or_tested.message_id IS 'number of the message';
COMMENT ON COLUMN campaign.sent_or_tested.recipient IS 'key of the targeted row';
COMMENT ON COLUMN campaign.sent_or_tested.person IS 'key of the person behind it, or the recipient';
COMMENT ON COLUMN campaign.sent_or_tested.sent_at IS 'when its sender said so';
COMMENT ON COLUMN campaign.sent_or_tested.events IS 'what became of it, each event once';
COMMENT ON COLUMN campaign.sent_or_tested.links IS 'links in it that were clicked, each once';
COMMENT ON COLUMN campaign.sent_or_tested.test IS 'true: a test counts it as sent';
SELECT pg_extension_config_dump('campaign.origin', '');
SELECT pg_extension_config_dump('campaign.dimension', '');
SELECT pg_extension_config_dump('campaign.dimension_dimension_id_seq', '');
SELECT pg_extension_config_dump('campaign.template', '');
SELECT pg_extension_config_dump('campaign.template_template_id_seq', '');
SELECT pg_extension_config_dump('campaign.rule', '');
SELECT pg_extension_config_dump('campaign.rule_rule_id_seq', '');
SELECT pg_extension_config_dump('campaign.link', '');
SELECT pg_extension_config_dump('campaign.link_link_id_seq', '');
SELECT pg_extension_config_dump('campaign.filter', '');
SELECT pg_extension_config_dump('campaign.filter_filter_id_seq', '');
SELECT pg_extension_config_dump('campaign.campaign', '');
SELECT pg_extension_config_dump('campaign.campaign_campaign_id_seq', '');
SELECT pg_extension_config_dump('campaign.privilege', '');
SELECT pg_extension_config_dump('campaign.version', '');
SELECT pg_extension_config_dump('campaign.version_version_id_seq', '');
SELECT pg_extension_config_dump('campaign.activity', '');
SELECT pg_extension_config_dump('campaign.transition', '');
SELECT pg_extension_config_dump('campaign.run', '');
SELECT pg_extension_config_dump('campaign.run_run_id_seq', '');
SELECT pg_extension_config_dump('campaign.schedule', '');
SELECT pg_extension_config_dump('campaign.task', '');
SELECT pg_extension_config_dump('campaign.hold', '');
SELECT pg_extension_config_dump('campaign.flow', '');
SELECT pg_extension_config_dump('campaign.signal', '');
SELECT pg_extension_config_dump('campaign.signal_signal_id_seq', '');
SELECT pg_extension_config_dump('campaign.approval', '');
SELECT pg_extension_config_dump('campaign.approval_approval_id_seq', '');
SELECT pg_extension_config_dump('campaign.log', '');
SELECT pg_extension_config_dump('campaign.log_log_id_seq', '');
SELECT pg_extension_config_dump('campaign.epoch', '');
SELECT pg_extension_config_dump('campaign.epoch_epoch_id_seq', '');
SELECT pg_extension_config_dump('campaign.channel', '');
SELECT pg_extension_config_dump('campaign.throttle', '');
SELECT pg_extension_config_dump('campaign.delivery', '');
SELECT pg_extension_config_dump('campaign.delivery_delivery_id_seq', '');
SELECT pg_extension_config_dump('campaign.dispatch', '');
SELECT pg_extension_config_dump('campaign.dispatch_bucket', '');
SELECT pg_extension_config_dump('campaign.message_number', '');
SELECT pg_extension_config_dump('campaign.chunk', '');
SELECT pg_extension_config_dump('campaign.chunk_chunk_id_seq', '');
SELECT pg_extension_config_dump('campaign.outcome', '');
SELECT pg_extension_config_dump('campaign.exclusion', '');
SELECT pg_extension_config_dump('campaign.contact', '');
SELECT pg_extension_config_dump('campaign.suppression', '');
SELECT pg_extension_config_dump('campaign.lost_lease', '');
SELECT pg_extension_config_dump('campaign.event', '');
SELECT pg_extension_config_dump('campaign.figure', '');
SELECT pg_extension_config_dump('campaign.audience', '');
SELECT pg_extension_config_dump('campaign.audience_audience_id_seq', '');
SELECT pg_extension_config_dump('campaign.audience_version', '');
SELECT pg_extension_config_dump('campaign.reject', '');
SELECT pg_extension_config_dump('campaign.reject_reject_id_seq', '');
SELECT pg_extension_config_dump('campaign.memory', '');
SELECT pg_extension_config_dump('campaign.memory_memory_id_seq', '');
SELECT pg_extension_config_dump('campaign.memory_batch', '');
SELECT pg_extension_config_dump('campaign.memory_batch_batch_id_seq', '');
SELECT pg_extension_config_dump('campaign.memory_row', '');
SELECT pg_extension_config_dump('campaign.soft_bounce', '');
SELECT pg_extension_config_dump('campaign.secret', '');
SELECT pg_extension_config_dump('campaign.parked_event', 'WHERE false');
REVOKE ALL ON SCHEMA campaign, campaign_data FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA campaign FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA campaign FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA campaign FROM PUBLIC;
GRANT USAGE ON SCHEMA campaign_data TO PUBLIC;
GRANT EXECUTE ON FUNCTION
	campaign.visible(oid),
	campaign.home(),
	campaign.executors(),
	campaign.cron_problems(),
	campaign.sample_position(text, text),
	campaign.address_hash(text),
	campaign.address_first(uuid, integer, bigint),
	campaign.count_passing(bigint, "any"),
	campaign.is_new(bigint, bigint[]),
	campaign.sms_segments(text),
	campaign.two_proportions(bigint, bigint, bigint, bigint),
	campaign.address_fault(text),
	campaign.count_results(bytea, text),
	campaign.tally_results(bytea, bigint),
	campaign.known_zone(text),
	campaign.local_instant(timestamp, text),
	campaign.quiet_until(timestamptz, text, jsonb),
	campaign.subject_hash(text),
	campaign.foreign_links(oid),
	campaign.distributed_messages(bigint, bigint, bigint),
	campaign.message_status(text, timestamptz, timestamptz, text)
TO PUBLIC;
GRANT SELECT ON
	campaign.template_version,
	campaign.schedules,
	campaign.viewable,
	campaign.privileges,
	campaign.run_progress,
	campaign.open_progress,
	campaign.flow_counts,
	campaign.overlap,
	campaign.approvals,
	campaign.message,
	campaign.excluded,
	campaign.failed,
	campaign.suppressed,
	campaign.experiment,
	campaign.deferred,
	campaign.rules,
	campaign.links,
	campaign.filters,
	campaign.contacted,
	campaign.channels,
	campaign.event_counts,
	campaign.sent,
	campaign.sent_or_tested,
	campaign.audiences,
	campaign.remembered,
	campaign.returned,
	campaign.refused,
	campaign.report,
	campaign.report_by_domain,
	campaign.report_by_link,
	campaign.report_by_hour,
	campaign.report_by_minute,
	campaign.report_by_message,
	campaign.report_exclusions,
	campaign.open_queue,
	campaign.queue_status,
	campaign.parked_event,
	campaign.log
TO PUBLIC;
ALTER TABLE campaign.link ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.filter ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.privilege ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.dispatch_bucket ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.figure ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.reject ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.memory ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.memory_batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.memory_row ENABLE ROW LEVEL SECURITY;
CREATE POLICY log_visible ON campaign.log FOR SELECT
	USING (campaign.visible(owner) OR (campaign, owner) IN (SELECT v.campaign, v.owner FROM campaign.viewable v));
-- Figures of what has been recorded so far, and the indexes of partitions.
UPDATE campaign.event e SET first = true
FROM (
	SELECT DISTINCT ON (message_id, event) message_id, event, event_key
	FROM campaign.event ORDER BY message_id, event, at, event_key
) f
WHERE e.message_id = f.message_id AND e.event = f.event AND e.event_key = f.event_key;
CREATE FUNCTION campaign.renew_partitions() RETURNS void AS 'MODULE_PATHNAME', 'campaign_renew_partitions' LANGUAGE C;
SELECT campaign.renew_partitions();
DROP FUNCTION campaign.renew_partitions();
INSERT INTO campaign.figure (delivery_id, grain, level, event, minute, edition, name, messages, events, value, first_at, last_at)
WITH told AS MATERIALIZED (
	SELECT e.delivery_id, e.message_id, e.event, e.at, date_bin('1 minute', e.at, '2000-01-01 00:00+00') AS minute, e.detail,
		e.first, e.event = 'bounced' AND e.detail ->> 'type' IS DISTINCT FROM 'soft' AS hard,
		CASE WHEN e.event = 'converted' THEN (e.detail ->> 'value')::numeric END AS value,
		coalesce((SELECT c.edition FROM campaign.chunk c
			WHERE c.last_id BETWEEN e.message_id AND e.message_id + 999 AND c.first_id <= e.message_id LIMIT 1), 0) AS edition
	FROM campaign.event e
	JOIN campaign.delivery d ON d.delivery_id = e.delivery_id
	JOIN campaign.run r ON r.run_id = d.run_id
	WHERE NOT r.test
)
SELECT t.delivery_id, 'minute', 3, t.event, t.minute, t.edition, NULL,
	count(*) FILTER (WHERE t.first), count(*), sum(t.value), min(t.at), max(t.at)
FROM told t
GROUP BY t.delivery_id, t.event, t.minute, t.edition
UNION ALL
SELECT b.delivery_id, 'minute', 3, 'hard_bounced', b.minute, b.edition, NULL, count(*), 0, NULL, NULL, NULL
FROM (SELECT DISTINCT ON (t.message_id) t.* FROM told t WHERE t.hard ORDER BY t.message_id, t.at) b
GROUP BY b.delivery_id, b.minute, b.edition
UNION ALL
SELECT t.delivery_id, 'link', 3, t.event, NULL, 0, t.detail ->> 'link',
	count(DISTINCT t.message_id), count(*), NULL, min(t.at), max(t.at)
FROM told t WHERE t.event = 'clicked'
GROUP BY t.delivery_id, t.event, t.detail ->> 'link';
