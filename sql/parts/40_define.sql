-- ---------------------------------------------------------------------------
-- Functions: defining dimensions and campaigns
-- ---------------------------------------------------------------------------

-- Declares a table that can be targeted, or declares it anew.
CREATE FUNCTION @extschema@.campaign_dimension(
	relation regclass,
	name text DEFAULT NULL,
	key text DEFAULT NULL,
	addresses jsonb DEFAULT NULL,
	consent jsonb DEFAULT NULL,
	time_zone text DEFAULT NULL,
	language text DEFAULT NULL,
	profile text DEFAULT NULL,
	profile_dimension text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_dimension'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_dimension(regclass, text, text, jsonb, jsonb, text, text, text, text)
	IS 'declares a table whose rows can be targeted: key, addresses, consent, time zone, language, person';

-- Adds the next version of a template or snippet; gives its number.
CREATE FUNCTION @extschema@.campaign_template(
	name text,
	channel text DEFAULT NULL,
	subject text DEFAULT NULL,
	body text DEFAULT NULL,
	parts jsonb DEFAULT NULL,
	description text DEFAULT NULL)
RETURNS integer
AS 'MODULE_PATHNAME', 'campaign_template'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_template(text, text, text, text, jsonb, text)
	IS 'declares a template of a channel, or without one a snippet, or its next version';

CREATE FUNCTION @extschema@.campaign_template_drop(name text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_template_drop'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_template_drop(text)
	IS 'drops a template or snippet with all its versions';

-- Declares a rule of the caller's, or declares it anew.
--   kind      pressure, capacity, control or quiet_hours; a rule keeps its kind
--   settings  see docs/reference.md
CREATE FUNCTION @extschema@.campaign_rule(name text, kind text, settings jsonb)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_rule'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_rule(text, text, jsonb)
	IS 'declares a rule on how much people are sent; returns its name';

CREATE FUNCTION @extschema@.campaign_rule_drop(name text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_rule_drop'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_rule_drop(text)
	IS 'drops a rule, which holds no more, and forgets what it counted';

-- Declares how rows of one dimension lead to rows of another, or declares it
-- anew.
--   condition    over both rows, by the names of their dimensions; where these
--                are one, the row it leads to goes by the name of the link
--   cardinality  one, zero or one, or many
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

CREATE FUNCTION @extschema@.campaign_create(
	campaign text,
	dimension text,
	description text DEFAULT NULL,
	settings jsonb DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_create'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_create(text, text, text, jsonb)
	IS 'creates a campaign with an empty draft, owned by the caller';

CREATE FUNCTION @extschema@.campaign_add(
	campaign text,
	activity text,
	kind text,
	options jsonb DEFAULT '{}',
	after text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_add'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_add(text, text, text, jsonb, text)
	IS 'adds an activity of any kind to the draft';

CREATE FUNCTION @extschema@.campaign_connect(campaign text, source text, target text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_connect'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_connect(text, text, text)
	IS 'feeds an outcome of one activity of the draft to another';

CREATE FUNCTION @extschema@.campaign_disconnect(campaign text, source text, target text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_disconnect'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_disconnect(text, text, text)
	IS 'removes a transition of the draft';

CREATE FUNCTION @extschema@.campaign_alter(campaign text, activity text, options jsonb)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_alter'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_alter(text, text, jsonb)
	IS 'changes options of an activity of the draft; null removes one';

CREATE FUNCTION @extschema@.campaign_remove(campaign text, activity text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_remove'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_remove(text, text)
	IS 'removes an activity of the draft with its transitions';

CREATE FUNCTION @extschema@.campaign_rename(campaign text, activity text, new_name text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_rename'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_rename(text, text, text)
	IS 'renames an activity of the draft';

CREATE FUNCTION @extschema@.campaign_drop(campaign text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_drop'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_drop(text)
	IS 'drops a campaign with all its versions, runs and deliveries';

CREATE FUNCTION @extschema@.campaign_define(definition jsonb)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_define'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_define(jsonb)
	IS 'creates a campaign, or replaces its draft, from a whole definition';

CREATE FUNCTION @extschema@.campaign_export(campaign text, version integer DEFAULT 0)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'campaign_export'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_export(text, integer)
	IS 'the whole definition of the draft (version 0) or of a published version';

-- One typed function per kind.  They only gather their arguments.

CREATE FUNCTION @extschema@.campaign_add_audience(
	campaign text, activity text,
	filter text DEFAULT NULL, feedback jsonb DEFAULT NULL,
	dimension text DEFAULT NULL, skip_empty boolean DEFAULT NULL,
	after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'audience',
		jsonb_strip_nulls(jsonb_build_object('filter', filter,
			'feedback', feedback, 'dimension', dimension,
			'skip_empty', skip_empty)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_audience(text, text, text, jsonb, text, boolean, text)
	IS 'adds an audience: rows that satisfy a condition';

CREATE FUNCTION @extschema@.campaign_add_read_audience(
	campaign text, activity text, audience text DEFAULT NULL,
	version bigint DEFAULT NULL, source text DEFAULT NULL,
	match text DEFAULT NULL, columns jsonb DEFAULT NULL,
	sort_by text DEFAULT NULL, dimension text DEFAULT NULL,
	skip_empty boolean DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'read_audience',
		jsonb_strip_nulls(jsonb_build_object('audience', audience,
			'version', version, 'source', source, 'match', match,
			'columns', columns, 'sort_by', sort_by, 'dimension', dimension,
			'skip_empty', skip_empty)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_read_audience(text, text, text, bigint, text, text, jsonb, text, text, boolean, text)
	IS 'adds the rows that a saved audience, a table or a query names';

CREATE FUNCTION @extschema@.campaign_add_save_audience(
	campaign text, activity text, audience text,
	mode text DEFAULT NULL, columns jsonb DEFAULT NULL,
	versions bigint DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'save_audience',
		jsonb_strip_nulls(jsonb_build_object('audience', audience,
			'mode', mode, 'columns', columns, 'versions', versions)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_save_audience(text, text, text, text, jsonb, bigint, text)
	IS 'adds the saving of rows as an audience beyond the run';

CREATE FUNCTION @extschema@.campaign_add_enrich(
	campaign text, activity text, columns jsonb DEFAULT NULL,
	links jsonb DEFAULT NULL, primary_set text DEFAULT NULL,
	after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'enrich',
		jsonb_strip_nulls(jsonb_build_object('columns', columns,
			'links', links, 'primary_set', primary_set)), after);
END;
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

CREATE FUNCTION @extschema@.campaign_add_fork(campaign text, activity text, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'fork', '{}'::jsonb, after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_fork(text, text, text)
	IS 'adds a fork: branches that go on independently';

CREATE FUNCTION @extschema@.campaign_add_join(
	campaign text, activity text, primary_set text DEFAULT NULL,
	quorum integer DEFAULT NULL, timeout interval DEFAULT NULL,
	after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'join',
		jsonb_strip_nulls(jsonb_build_object('primary_set', primary_set,
			'quorum', quorum, 'timeout', timeout::text)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_join(text, text, text, integer, interval, text)
	IS 'adds a join: waits for all inbound branches, or for some of them';

CREATE FUNCTION @extschema@.campaign_add_test(
	campaign text, activity text, outcomes jsonb,
	default_outcome text DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'test',
		jsonb_strip_nulls(jsonb_build_object('outcomes', outcomes,
			'default_outcome', default_outcome)), after);
END;
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

CREATE FUNCTION @extschema@.campaign_add_approval(
	campaign text, activity text, question text, roles text,
	answers text DEFAULT NULL, all_answer boolean DEFAULT NULL,
	timeout interval DEFAULT NULL, default_answer text DEFAULT NULL,
	remind_every interval DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'approval',
		jsonb_strip_nulls(jsonb_build_object('question', question,
			'roles', roles, 'answers', answers, 'all_answer', all_answer,
			'timeout', timeout::text, 'default_answer', default_answer,
			'remind_every', remind_every::text)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_approval(text, text, text, text, text, boolean, interval, text, interval, text)
	IS 'adds an approval: the branch goes on by the answer of people who are asked';

CREATE FUNCTION @extschema@.campaign_add_alert(
	campaign text, activity text, message text,
	channel text DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'alert',
		jsonb_strip_nulls(jsonb_build_object('message', message,
			'channel', channel)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_alert(text, text, text, text, text)
	IS 'adds an alert: says something by NOTIFY and in the log';

CREATE FUNCTION @extschema@.campaign_add_wait(
	campaign text, activity text,
	duration interval DEFAULT NULL, fixed_time timestamptz DEFAULT NULL,
	until_time text DEFAULT NULL, until_condition text DEFAULT NULL,
	check_every interval DEFAULT NULL, timeout interval DEFAULT NULL,
	quiet_hours jsonb DEFAULT NULL, time_zone text DEFAULT NULL,
	after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'wait',
		jsonb_strip_nulls(jsonb_build_object('duration', duration::text,
			'fixed_time', fixed_time, 'until_time', until_time,
			'until_condition', until_condition,
			'check_every', check_every::text, 'timeout', timeout::text,
			'quiet_hours', quiet_hours, 'time_zone', time_zone)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_wait(text, text, interval, timestamptz, text, text, interval, interval, jsonb, text, text)
	IS 'adds a wait: the branch goes on after a time, at a time, or when a condition holds';

CREATE FUNCTION @extschema@.campaign_add_email(
	campaign text, activity text,
	subject text DEFAULT NULL, body text DEFAULT NULL,
	text text DEFAULT NULL,
	address text DEFAULT NULL, category text DEFAULT NULL,
	one_per_address boolean DEFAULT NULL, template text DEFAULT NULL,
	languages jsonb DEFAULT NULL, options jsonb DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'email',
		coalesce(options, '{}'::jsonb) ||
		jsonb_strip_nulls(jsonb_build_object('subject', subject, 'body', body,
			'text', "text",
			'address', address, 'category', category,
			'one_per_address', one_per_address, 'template', template,
			'languages', languages)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_email(text, text, text, text, text, text, text, boolean, text, jsonb, jsonb, text)
	IS 'adds an e-mail to every row that may get one';

CREATE FUNCTION @extschema@.campaign_add_sms(
	campaign text, activity text,
	body text DEFAULT NULL, max_segments integer DEFAULT NULL,
	address text DEFAULT NULL, category text DEFAULT NULL,
	one_per_address boolean DEFAULT NULL, template text DEFAULT NULL,
	languages jsonb DEFAULT NULL, options jsonb DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'sms',
		coalesce(options, '{}'::jsonb) ||
		jsonb_strip_nulls(jsonb_build_object('body', body,
			'max_segments', max_segments,
			'address', address, 'category', category,
			'one_per_address', one_per_address, 'template', template,
			'languages', languages)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_sms(text, text, text, integer, text, text, boolean, text, jsonb, jsonb, text)
	IS 'adds a text message to every row that may get one';

CREATE FUNCTION @extschema@.campaign_add_push(
	campaign text, activity text,
	title text DEFAULT NULL, body text DEFAULT NULL,
	url text DEFAULT NULL, attributes jsonb DEFAULT NULL,
	address text DEFAULT NULL, category text DEFAULT NULL,
	one_per_address boolean DEFAULT NULL, template text DEFAULT NULL,
	languages jsonb DEFAULT NULL, options jsonb DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'push',
		coalesce(options, '{}'::jsonb) ||
		jsonb_strip_nulls(jsonb_build_object('title', title, 'body', body,
			'url', url, 'attributes', attributes,
			'address', address, 'category', category,
			'one_per_address', one_per_address, 'template', template,
			'languages', languages)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_push(text, text, text, text, text, jsonb, text, text, boolean, text, jsonb, jsonb, text)
	IS 'adds a push notification to every row that may get one';

CREATE FUNCTION @extschema@.campaign_add_direct_mail(
	campaign text, activity text,
	attributes jsonb DEFAULT NULL,
	address text DEFAULT NULL, category text DEFAULT NULL,
	one_per_address boolean DEFAULT NULL, template text DEFAULT NULL,
	languages jsonb DEFAULT NULL, options jsonb DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'direct_mail',
		coalesce(options, '{}'::jsonb) ||
		jsonb_strip_nulls(jsonb_build_object('attributes', attributes,
			'address', address, 'category', category,
			'one_per_address', one_per_address, 'template', template,
			'languages', languages)), after);
END;
COMMENT ON FUNCTION @extschema@.campaign_add_direct_mail(text, text, jsonb, text, text, boolean, text, jsonb, jsonb, text)
	IS 'adds a letter to every row that may get one';

CREATE FUNCTION @extschema@.campaign_add_custom(
	campaign text, activity text,
	attributes jsonb DEFAULT NULL,
	address text DEFAULT NULL, category text DEFAULT NULL,
	one_per_address boolean DEFAULT NULL, template text DEFAULT NULL,
	languages jsonb DEFAULT NULL, options jsonb DEFAULT NULL, after text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT @extschema@.campaign_add(campaign, activity, 'custom',
		coalesce(options, '{}'::jsonb) ||
		jsonb_strip_nulls(jsonb_build_object('attributes', attributes,
			'address', address, 'category', category,
			'one_per_address', one_per_address, 'template', template,
			'languages', languages)), after);
END;
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