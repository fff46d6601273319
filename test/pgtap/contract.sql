-- The contract: what users, views of theirs and senders rely on.  A test that
-- fails here is an interface that broke; what is added gets a line.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
BEGIN;
SELECT no_plan();

CREATE TEMP VIEW member AS
SELECT d.classid, d.objid FROM pg_depend d
JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
WHERE e.extname = 'campaign';

-- ---------------------------------------------------------------------------
-- Functions: arguments with names, types and defaults, result, volatility
-- ---------------------------------------------------------------------------

CREATE TEMP TABLE expected_function (schema text, name text, arguments text, result text, volatility text, PRIMARY KEY (schema, name));
INSERT INTO expected_function VALUES
('public', 'campaign_ack',
	'lease uuid, failed jsonb DEFAULT NULL::jsonb',
	'campaign.acknowledged', 'volatile'),
('public', 'campaign_add',
	'campaign text, activity text, kind text, options jsonb DEFAULT ''{}''::jsonb, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_alert',
	'campaign text, activity text, message text, channel text DEFAULT NULL::text, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_approval',
	'campaign text, activity text, question text, roles text, answers text DEFAULT NULL::text, all_answer boolean DEFAULT NULL::boolean, timeout interval DEFAULT NULL::interval, default_answer text DEFAULT NULL::text, remind_every interval DEFAULT NULL::interval, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_audience',
	'campaign text, activity text, filter text DEFAULT NULL::text, feedback jsonb DEFAULT NULL::jsonb, dimension text DEFAULT NULL::text, skip_empty boolean DEFAULT NULL::boolean, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_combine',
	'campaign text, activity text, operation text, primary_set text DEFAULT NULL::text, priority text DEFAULT NULL::text, by text DEFAULT NULL::text, max_rows bigint DEFAULT NULL::bigint, seed text DEFAULT NULL::text, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_custom',
	'campaign text, activity text, attributes jsonb DEFAULT NULL::jsonb, address text DEFAULT NULL::text, category text DEFAULT NULL::text, one_per_address boolean DEFAULT NULL::boolean, template text DEFAULT NULL::text, languages jsonb DEFAULT NULL::jsonb, options jsonb DEFAULT NULL::jsonb, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_deduplicate',
	'campaign text, activity text, by text, keep text DEFAULT NULL::text, prefer jsonb DEFAULT NULL::jsonb, max_rows bigint DEFAULT NULL::bigint, seed text DEFAULT NULL::text, match_nulls boolean DEFAULT NULL::boolean, merge boolean DEFAULT NULL::boolean, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_direct_mail',
	'campaign text, activity text, attributes jsonb DEFAULT NULL::jsonb, address text DEFAULT NULL::text, category text DEFAULT NULL::text, one_per_address boolean DEFAULT NULL::boolean, template text DEFAULT NULL::text, languages jsonb DEFAULT NULL::jsonb, options jsonb DEFAULT NULL::jsonb, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_email',
	'campaign text, activity text, subject text DEFAULT NULL::text, body text DEFAULT NULL::text, text text DEFAULT NULL::text, address text DEFAULT NULL::text, category text DEFAULT NULL::text, one_per_address boolean DEFAULT NULL::boolean, template text DEFAULT NULL::text, languages jsonb DEFAULT NULL::jsonb, options jsonb DEFAULT NULL::jsonb, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_end',
	'campaign text, activity text, signal text DEFAULT NULL::text, receiver text DEFAULT NULL::text, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_enrich',
	'campaign text, activity text, columns jsonb DEFAULT NULL::jsonb, links jsonb DEFAULT NULL::jsonb, primary_set text DEFAULT NULL::text, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_fork',
	'campaign text, activity text, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_join',
	'campaign text, activity text, primary_set text DEFAULT NULL::text, quorum integer DEFAULT NULL::integer, timeout interval DEFAULT NULL::interval, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_push',
	'campaign text, activity text, title text DEFAULT NULL::text, body text DEFAULT NULL::text, url text DEFAULT NULL::text, attributes jsonb DEFAULT NULL::jsonb, address text DEFAULT NULL::text, category text DEFAULT NULL::text, one_per_address boolean DEFAULT NULL::boolean, template text DEFAULT NULL::text, languages jsonb DEFAULT NULL::jsonb, options jsonb DEFAULT NULL::jsonb, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_read_audience',
	'campaign text, activity text, audience text DEFAULT NULL::text, version bigint DEFAULT NULL::bigint, source text DEFAULT NULL::text, match text DEFAULT NULL::text, columns jsonb DEFAULT NULL::jsonb, sort_by text DEFAULT NULL::text, dimension text DEFAULT NULL::text, skip_empty boolean DEFAULT NULL::boolean, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_save_audience',
	'campaign text, activity text, audience text, mode text DEFAULT NULL::text, columns jsonb DEFAULT NULL::jsonb, versions bigint DEFAULT NULL::bigint, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_signal',
	'campaign text, activity text, signal text DEFAULT NULL::text, timeout interval DEFAULT NULL::interval, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_sms',
	'campaign text, activity text, body text DEFAULT NULL::text, max_segments integer DEFAULT NULL::integer, address text DEFAULT NULL::text, category text DEFAULT NULL::text, one_per_address boolean DEFAULT NULL::boolean, template text DEFAULT NULL::text, languages jsonb DEFAULT NULL::jsonb, options jsonb DEFAULT NULL::jsonb, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_split',
	'campaign text, activity text, outcomes jsonb, seed text DEFAULT NULL::text, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_sql',
	'campaign text, activity text, query text, dimension text DEFAULT NULL::text, skip_empty boolean DEFAULT NULL::boolean, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_test',
	'campaign text, activity text, outcomes jsonb, default_outcome text DEFAULT NULL::text, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_add_wait',
	'campaign text, activity text, duration interval DEFAULT NULL::interval, fixed_time timestamp with time zone DEFAULT NULL::timestamp with time zone, until_time text DEFAULT NULL::text, until_condition text DEFAULT NULL::text, check_every interval DEFAULT NULL::interval, timeout interval DEFAULT NULL::interval, quiet_hours jsonb DEFAULT NULL::jsonb, time_zone text DEFAULT NULL::text, after text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_adopt',
	'',
	'bigint', 'volatile'),
('public', 'campaign_alter',
	'campaign text, activity text, options jsonb',
	'void', 'volatile'),
('public', 'campaign_audience_diff',
	'name text, version1 integer, version2 integer, OUT key text, OUT change text',
	'SETOF record', 'volatile'),
('public', 'campaign_audience_drop',
	'name text',
	'void', 'volatile'),
('public', 'campaign_confirm',
	'run bigint, activity text',
	'void', 'volatile'),
('public', 'campaign_simulate',
	'VARIADIC campaigns text[], OUT campaign text, OUT activity text, OUT reason text, OUT recipients bigint',
	'SETOF record', 'volatile'),
('public', 'campaign_hold_all',
	'reason text DEFAULT NULL::text',
	'boolean', 'volatile'),
('public', 'campaign_hurry',
	'run bigint, activity text DEFAULT NULL::text',
	'integer', 'volatile'),
('public', 'campaign_resume_all',
	'',
	'boolean', 'volatile'),
('public', 'campaign_recheck',
	'lease uuid, OUT message_id bigint, OUT reason text',
	'SETOF record', 'volatile'),
('public', 'campaign_channel',
	'name text, kind text DEFAULT NULL::text, settings jsonb DEFAULT NULL::jsonb',
	'text', 'volatile'),
('public', 'campaign_channel_drop',
	'name text',
	'boolean', 'volatile'),
('public', 'campaign_check',
	'campaign text, OUT severity text, OUT activity text, OUT code text, OUT message text, OUT hint text',
	'SETOF record', 'volatile'),
('public', 'campaign_claim',
	'channel text, size integer DEFAULT 1000, lease interval DEFAULT NULL::interval',
	'SETOF campaign.claimed_message', 'volatile'),
('public', 'campaign_connect',
	'campaign text, source text, target text',
	'void', 'volatile'),
('public', 'campaign_create',
	'campaign text, dimension text, description text DEFAULT NULL::text, settings jsonb DEFAULT NULL::jsonb',
	'text', 'volatile'),
('public', 'campaign_decide',
	'approval bigint, answer text, comment text DEFAULT NULL::text',
	'boolean', 'volatile'),
('public', 'campaign_define',
	'definition jsonb',
	'text', 'volatile'),
('public', 'campaign_dimension',
	'relation regclass, name text DEFAULT NULL::text, key text DEFAULT NULL::text, addresses jsonb DEFAULT NULL::jsonb, consent jsonb DEFAULT NULL::jsonb, time_zone text DEFAULT NULL::text, language text DEFAULT NULL::text, profile text DEFAULT NULL::text, profile_dimension text DEFAULT NULL::text',
	'text', 'volatile'),
('public', 'campaign_disconnect',
	'campaign text, source text, target text',
	'void', 'volatile'),
('public', 'campaign_drop',
	'campaign text',
	'void', 'volatile'),
('public', 'campaign_export',
	'campaign text, version integer DEFAULT 0',
	'jsonb', 'volatile'),
('public', 'campaign_extend',
	'lease uuid, duration interval',
	'bigint', 'volatile'),
('public', 'campaign_feedback/1',
	'events jsonb',
	'campaign.feedback_counts', 'volatile'),
('public', 'campaign_feedback/4',
	'message_id bigint, event text, at timestamp with time zone DEFAULT NULL::timestamp with time zone, detail jsonb DEFAULT NULL::jsonb',
	'campaign.feedback_counts', 'volatile'),
('public', 'campaign_graph',
	'campaign text, format text DEFAULT ''text''::text, run bigint DEFAULT NULL::bigint',
	'text', 'volatile'),
('public', 'campaign_kinds',
	'OUT kind text, OUT category text, OUT purpose text, OUT inputs text, OUT outcomes text, OUT options jsonb',
	'SETOF record', 'stable'),
('public', 'campaign_pause',
	'run bigint',
	'text', 'volatile'),
('public', 'campaign_preview',
	'campaign text, activity text, key text, version integer DEFAULT 0, variables jsonb DEFAULT NULL::jsonb, OUT address text, OUT reason text, OUT subject text, OUT body text, OUT attributes jsonb, OUT edition smallint, OUT language text',
	'SETOF record', 'volatile'),
('public', 'campaign_publish',
	'campaign text',
	'integer', 'volatile'),
('public', 'campaign_release',
	'lease uuid',
	'bigint', 'volatile'),
('public', 'campaign_remove',
	'campaign text, activity text',
	'void', 'volatile'),
('public', 'campaign_rename',
	'campaign text, activity text, new_name text',
	'void', 'volatile'),
('public', 'campaign_resume',
	'run bigint',
	'text', 'volatile'),
('public', 'campaign_retry',
	'run bigint',
	'text', 'volatile'),
('public', 'campaign_signal',
	'campaign text, name text, payload jsonb DEFAULT NULL::jsonb',
	'integer', 'volatile'),
('public', 'campaign_start',
	'campaign text, variables jsonb DEFAULT NULL::jsonb',
	'bigint', 'volatile'),
('public', 'campaign_stop',
	'run bigint',
	'text', 'volatile'),
('public', 'campaign_suppress',
	'channel text, address text, reason text DEFAULT NULL::text',
	'boolean', 'volatile'),
('public', 'campaign_track',
	'token text, destination text DEFAULT NULL::text, detail jsonb DEFAULT NULL::jsonb',
	'text', 'volatile'),
('public', 'campaign_unsuppress',
	'channel text, address text',
	'boolean', 'volatile'),
('public', 'campaign_rule',
	'name text, kind text, settings jsonb',
	'text', 'volatile'),
('public', 'campaign_rule_drop',
	'name text',
	'void', 'volatile'),
('public', 'campaign_template',
	'name text, channel text DEFAULT NULL::text, subject text DEFAULT NULL::text, body text DEFAULT NULL::text, parts jsonb DEFAULT NULL::jsonb, description text DEFAULT NULL::text',
	'integer', 'volatile'),
('public', 'campaign_template_drop',
	'name text',
	'void', 'volatile'),
('public', 'campaign_verify',
	'run bigint, OUT code text, OUT detail text',
	'SETOF record', 'volatile'),
('public', 'campaign_why',
	'run bigint, key text, OUT step integer, OUT activity text, OUT kind text, OUT dimension text, OUT fate text, OUT outcome text, OUT reason text, OUT message_id bigint, OUT address text, OUT attempts integer, OUT settled_at timestamp with time zone',
	'SETOF record', 'volatile'),
('public', 'campaign_forget',
	'dimension text, key text, OUT messages bigint, OUT withdrawn bigint, OUT leased bigint, OUT events bigint, OUT rows bigint',
	'record', 'volatile'),
('campaign', 'message_status',
	'result text, leased_until timestamp with time zone, expires_at timestamp with time zone, run_state text',
	'text', 'stable'),
('public', 'campaign_wait',
	'run bigint, timeout interval DEFAULT ''00:10:00''::interval',
	'text', 'volatile'),
('public', 'campaign_work',
	'',
	'procedure', 'volatile'),
('campaign', 'address_fault',
	'address text',
	'text', 'immutable'),
('campaign', 'subject_hash',
	'subject text',
	'bigint', 'immutable'),
('campaign', 'address_first',
	'address_hash uuid',
	'boolean', 'volatile'),
('campaign', 'address_hash',
	'address text',
	'uuid', 'immutable'),
('campaign', 'count_results',
	'results bytea, result text',
	'bigint', 'immutable'),
('campaign', 'executors',
	'OUT pid integer, OUT owner oid, OUT run_id bigint, OUT activity text, OUT rows bigint, OUT started_at timestamp with time zone',
	'SETOF record', 'volatile'),
('campaign', 'home',
	'',
	'text', 'stable'),
('campaign', 'known_zone',
	'zone text',
	'text', 'immutable'),
('campaign', 'local_instant',
	'local timestamp without time zone, zone text',
	'timestamp with time zone', 'immutable'),
('campaign', 'quiet_until',
	'at timestamp with time zone, zone text, rule jsonb',
	'timestamp with time zone', 'immutable'),
('campaign', 'sample_position',
	'key text, seed text',
	'double precision', 'immutable'),
('campaign', 'two_proportions',
	'people1 bigint, sent1 bigint, people2 bigint, sent2 bigint',
	'double precision', 'immutable'),
('campaign', 'sms_segments',
	'body text',
	'integer', 'immutable'),
('campaign', 'visible',
	'owner oid',
	'boolean', 'stable');
CREATE TEMP VIEW actual_function AS
SELECT p.oid, n.nspname AS schema,
	p.proname || CASE WHEN count(*) OVER (PARTITION BY p.pronamespace, p.proname) > 1 THEN '/' || p.pronargs ELSE '' END AS name, pg_get_function_arguments(p.oid) AS arguments,
	CASE p.prokind WHEN 'p' THEN 'procedure' ELSE pg_get_function_result(p.oid) END AS result,
	CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS volatility
FROM member d JOIN pg_proc p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass
JOIN pg_namespace n ON n.oid = p.pronamespace;
SELECT is(a.arguments, e.arguments, format('arguments of %s.%s', e.schema, e.name))
FROM expected_function e LEFT JOIN actual_function a USING (schema, name) ORDER BY e.schema, e.name;
SELECT is(a.result, e.result, format('result of %s.%s', e.schema, e.name))
FROM expected_function e LEFT JOIN actual_function a USING (schema, name) ORDER BY e.schema, e.name;
SELECT is(a.volatility, e.volatility, format('volatility of %s.%s', e.schema, e.name))
FROM expected_function e LEFT JOIN actual_function a USING (schema, name) ORDER BY e.schema, e.name;
SELECT set_eq('SELECT schema, name FROM actual_function', 'SELECT schema, name FROM expected_function', 'no other functions');
SELECT is_empty($$SELECT name FROM actual_function WHERE obj_description(oid, 'pg_proc') IS NULL$$, 'every function says what it does');

-- ---------------------------------------------------------------------------
-- Views: their first columns; more may follow
-- ---------------------------------------------------------------------------

CREATE TEMP VIEW actual_columns AS
SELECT c.relname AS name, c.relkind AS kind,
	string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END, ', ' ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'campaign'::regnamespace GROUP BY 1, 2;
CREATE TEMP TABLE expected_view (name text PRIMARY KEY, columns text);
INSERT INTO expected_view VALUES
('run_progress',
	'run_id bigint, campaign text, activity text, kind text, state text, rows_in bigint, rows_out bigint, elapsed interval, bar text, eta timestamp with time zone, error text'),
('template_version',
	'name text, number integer, channel text, subject text, body text, parts jsonb, description text, owner text, created_at timestamp with time zone, newest boolean'),
('rules',
	'name text, kind text, settings jsonb, always boolean, owner text'),
('contacted',
	'rule_id bigint, contacted_at timestamp with time zone, weight integer, subject bigint'),
('audiences',
	'name text, version integer, rows bigint, dimension text, mode text, relation text, campaign text, run_id bigint, activity text, saved_at timestamp with time zone, newest boolean, owner text'),
('sent',
	'campaign text, run_id bigint, activity text, dimension text, message_id bigint, recipient text, person text, sent_at timestamp with time zone, events text[], links text[]'),
('flow_counts',
	'run_id bigint, source text, outcome text, target text, rows bigint'),
('approvals',
	'approval_id bigint, run_id bigint, campaign text, activity text, question text, answers text[], roles text[], all_answer boolean, state text, asked boolean, asked_at timestamp with time zone, deadline timestamp with time zone, default_answer text, votes jsonb, answer text, answered_at timestamp with time zone'),
('overlap',
	'run_id bigint, activity text, sets text[], rows bigint'),
('message',
	'run_id bigint, activity text, message_id bigint, recipient text, channel text, address text, status text, attempts integer, send_at timestamp with time zone, settled_at timestamp with time zone, error text'),
('failed',
	'run_id bigint, activity text, message_id bigint, recipient text, channel text, address text, attempts integer, failed_at timestamp with time zone, error text'),
('excluded',
	'run_id bigint, activity text, recipient text, reason text'),
('suppressed',
	'channel text, address_hash uuid'),
('experiment',
	'campaign text, run_id bigint, activity text, variant text, event text, sent bigint, people bigint, rate numeric, lift numeric, p_value numeric, winner boolean'),
('deferred',
	'delivery_id bigint, message_id bigint, recipient text, send_at timestamp with time zone'),
('channels',
	'name text, kind text, settings jsonb, paused boolean'),
('event_counts',
	'run_id bigint, activity text, channel text, event text, messages bigint, events bigint, first_at timestamp with time zone, last_at timestamp with time zone'),
('report',
	'campaign text, run_id bigint, activity text, channel text, targeted bigint, excluded bigint, queued bigint, sent bigint, delivered bigint, bounced bigint, opened bigint, clicked bigint, unsubscribed bigint, complained bigint, delivered_rate numeric, bounced_rate numeric, opened_rate numeric, clicked_rate numeric, unsubscribed_rate numeric, complained_rate numeric'),
('report_by_domain',
	'campaign text, run_id bigint, activity text, channel text, domain text, queued bigint, sent bigint, failed bigint, delivered bigint, bounced bigint, opened bigint, clicked bigint, unsubscribed bigint, complained bigint, delivered_rate numeric, bounced_rate numeric, opened_rate numeric, clicked_rate numeric, unsubscribed_rate numeric, complained_rate numeric'),
('report_by_link',
	'campaign text, run_id bigint, activity text, channel text, link text, messages bigint, clicks bigint, clicked_rate numeric, first_at timestamp with time zone, last_at timestamp with time zone'),
('report_by_hour',
	'campaign text, run_id bigint, activity text, channel text, hour timestamp with time zone, sent bigint, delivered bigint, bounced bigint, opened bigint, clicked bigint, unsubscribed bigint, complained bigint, converted bigint'),
('queue_status',
	'channel text, campaign text, run_id bigint, activity text, queued bigint, pending bigint, due bigint, leased bigint, sent bigint, failed bigint, withdrawn bigint, expired bigint, oldest timestamp with time zone, next_at timestamp with time zone');
SELECT is(left(a.columns, length(e.columns)), e.columns, 'first columns of campaign.' || e.name)
FROM expected_view e LEFT JOIN actual_columns a ON a.name = e.name AND a.kind = 'v' ORDER BY e.name;
SELECT set_eq($$SELECT name FROM actual_columns WHERE kind = 'v'$$, 'SELECT name FROM expected_view', 'no other views');

-- ---------------------------------------------------------------------------
-- Types of rows that functions give
-- ---------------------------------------------------------------------------

SELECT is(columns, 'result text, sent bigint, failed bigint, retried bigint',
	'attributes of campaign.acknowledged')
FROM actual_columns WHERE name = 'acknowledged';
SELECT is(columns, 'message_id bigint, lease uuid, idempotency_key text, address text, subject text, body text, attributes jsonb, attempt integer',
	'attributes of campaign.claimed_message')
FROM actual_columns WHERE name = 'claimed_message';
SELECT is(columns, 'recorded bigint, repeated bigint, parked bigint',
	'attributes of campaign.feedback_counts')
FROM actual_columns WHERE name = 'feedback_counts';

-- ---------------------------------------------------------------------------
-- Tables: columns in order, and keys
-- ---------------------------------------------------------------------------

CREATE TEMP TABLE expected_table (name text PRIMARY KEY, columns text);
INSERT INTO expected_table VALUES
('activity',
	'version_id bigint not null, name text not null, position integer not null, kind text not null, options jsonb not null, search_path text not null, objects text[]'),
('campaign',
	'campaign_id bigint not null, name text not null, owner oid not null, owner_name text not null, dimension text not null, description text, status text not null, settings jsonb not null, created_at timestamp with time zone not null'),
('hold',
	'held boolean not null, held_at timestamp with time zone not null, role_name text not null, reason text'),
('channel',
	'name text not null, kind text not null, settings jsonb not null'),
('throttle',
	'bucket text not null, slice bigint not null, counts integer[] not null'),
('chunk',
	'chunk_id bigint not null, delivery_id bigint not null, first_id bigint not null, last_id bigint not null, first_recipient text not null, last_recipient text not null, first_block bigint not null, last_block bigint not null, edition smallint not null, domain text not null, send_at timestamp with time zone not null, due_at timestamp with time zone not null, expires_at timestamp with time zone, settled boolean not null, lease uuid, holder oid, leased_until timestamp with time zone, attempts integer not null, results bytea'),
('delivery',
	'delivery_id bigint not null, run_id bigint not null, activity text not null, channel text not null, targeted bigint not null, excluded bigint not null, queued bigint not null, confirmed boolean not null, decide_at timestamp with time zone, winner smallint, lanes text[] not null, drained boolean not null, passed_due timestamp with time zone not null, passed_chunk bigint not null'),
('dimension',
	'dimension_id bigint not null, name text not null, owner oid not null, owner_name text not null, relation oid not null, relation_name text not null, key text[] not null, addresses jsonb not null, consent jsonb not null, time_zone text, language text, profile text, profile_dimension text, search_path text not null'),
('dispatch',
	'message_id bigint not null, delivery_id bigint not null, recipient text not null, person text, address text not null, variables text[]'),
('origin',
	'system bigint not null'),
('epoch',
	'epoch_id bigint not null, month date not null, partition text not null'),
('event',
	'message_id bigint not null, delivery_id bigint not null, event text not null, at timestamp with time zone not null, event_key uuid not null, detail jsonb'),
('exclusion',
	'delivery_id bigint not null, recipient text not null, person text, reason text not null'),
('flow',
	'run_id bigint not null, source text not null, outcome text not null, rows bigint not null, dimension text, population text, active boolean not null'),
('log',
	'log_id bigint not null, logged_at timestamp with time zone not null, role_name text not null, owner oid not null, campaign text, run_id bigint, activity text, event text not null, old_state text, new_state text, message text, sqlstate text'),
('audience',
	'audience_id bigint not null, name text not null, owner oid not null, owner_name text not null'),
('audience_version',
	'audience_id bigint not null, number integer not null, population text not null, dimension text not null, mode text not null, rows bigint not null, run_id bigint not null, activity text not null, campaign text not null, saved_at timestamp with time zone not null'),
('lost_lease',
	'lease uuid not null, holder oid not null, lost_at timestamp with time zone not null'),
('outcome',
	'message_id bigint not null, attempt integer not null, delivery_id bigint not null, status text not null, reason text, settled_at timestamp with time zone not null'),
('parked_event',
	'parked_at timestamp with time zone not null, role oid not null, message_id bigint not null, event text not null, at timestamp with time zone not null, detail jsonb'),
('run',
	'run_id bigint not null, uuid uuid not null, campaign_id bigint not null, version_id bigint not null, state text not null, home text not null, epoch bigint not null, variables jsonb not null, started_by text not null, started_at timestamp with time zone not null, ended_at timestamp with time zone'),
('secret',
	'sole boolean not null, secret bytea not null'),
('signal',
	'signal_id bigint not null, run_id bigint not null, name text not null, payload jsonb not null, sent_by text not null, sent_at timestamp with time zone not null'),
('approval',
	'approval_id bigint not null, run_id bigint not null, activity text not null, question text not null, answers text[] not null, roles text[] not null, all_answer boolean not null, asked_at timestamp with time zone not null, reminded_at timestamp with time zone not null, deadline timestamp with time zone not null, default_answer text, votes jsonb not null, answer text, answered_at timestamp with time zone'),
('soft_bounce',
	'channel text not null, address_hash uuid not null, bounces bigint not null'),
('suppression',
	'channel text not null, address_hash uuid not null, address text, reason text, role_name text not null, suppressed_at timestamp with time zone not null'),
('task',
	'run_id bigint not null, activity text not null, position integer not null, state text not null, due_at timestamp with time zone, follow_at timestamp with time zone, hurried boolean not null, attempts integer not null, rows_in bigint, overlap jsonb, started_at timestamp with time zone, ended_at timestamp with time zone, sqlstate text, error text, detail text, hint text'),
('contact',
	'rule_id bigint not null, delivery_id bigint not null, first_id bigint not null, last_id bigint not null, contacted_at timestamp with time zone not null, weight integer not null, subjects bigint[]'),
('rule',
	'rule_id bigint not null, name text not null, owner oid not null, owner_name text not null, kind text not null, settings jsonb not null, search_path text not null'),
('template',
	'template_id bigint not null, name text not null, number integer not null, owner oid not null, owner_name text not null, channel text, parts jsonb not null, description text, created_at timestamp with time zone not null'),
('transition',
	'version_id bigint not null, source text not null, outcome text not null, target text not null, position integer not null'),
('version',
	'version_id bigint not null, campaign_id bigint not null, number integer not null, hash bytea, definition jsonb, dimensions jsonb, rules jsonb, published_at timestamp with time zone, published_by text');
SELECT is(a.columns, e.columns, 'columns of campaign.' || e.name)
FROM expected_table e LEFT JOIN actual_columns a ON a.name = e.name AND a.kind IN ('r', 'p') ORDER BY e.name;
SELECT set_eq($$SELECT name FROM actual_columns WHERE kind IN ('r', 'p')$$, 'SELECT name FROM expected_table', 'no other tables');
CREATE TEMP TABLE expected_key (name text, definition text, PRIMARY KEY (name, definition));
INSERT INTO expected_key VALUES
('activity', 'FOREIGN KEY (version_id) REFERENCES campaign.version(version_id) ON DELETE CASCADE'),
('activity', 'PRIMARY KEY (version_id, name)'),
('audience', 'PRIMARY KEY (audience_id)'),
('audience', 'UNIQUE (owner, name, owner_name)'),
('audience_version', 'FOREIGN KEY (audience_id) REFERENCES campaign.audience(audience_id) ON DELETE CASCADE'),
('audience_version', 'PRIMARY KEY (audience_id, number)'),
('campaign', 'PRIMARY KEY (campaign_id)'),
('campaign', 'UNIQUE (name)'),
('chunk', 'FOREIGN KEY (delivery_id) REFERENCES campaign.delivery(delivery_id) ON DELETE CASCADE'),
('channel', 'PRIMARY KEY (name)'),
('hold', 'PRIMARY KEY (held)'),
('signal', 'FOREIGN KEY (run_id) REFERENCES campaign.run(run_id) ON DELETE CASCADE'),
('signal', 'PRIMARY KEY (signal_id)'),
('approval', 'FOREIGN KEY (run_id) REFERENCES campaign.run(run_id) ON DELETE CASCADE'),
('approval', 'PRIMARY KEY (approval_id)'),
('approval', 'UNIQUE (run_id, activity)'),
('chunk', 'PRIMARY KEY (chunk_id)'),
('throttle', 'PRIMARY KEY (bucket)'),
('delivery', 'FOREIGN KEY (run_id) REFERENCES campaign.run(run_id) ON DELETE CASCADE'),
('delivery', 'PRIMARY KEY (delivery_id)'),
('delivery', 'UNIQUE (run_id, activity)'),
('dimension', 'PRIMARY KEY (dimension_id)'),
('dimension', 'UNIQUE (owner, name, owner_name)'),
('epoch', 'PRIMARY KEY (epoch_id)'),
('epoch', 'UNIQUE (month)'),
('flow', 'FOREIGN KEY (run_id) REFERENCES campaign.run(run_id) ON DELETE CASCADE'),
('flow', 'PRIMARY KEY (run_id, source, outcome)'),
('log', 'PRIMARY KEY (log_id)'),
('outcome', 'FOREIGN KEY (delivery_id) REFERENCES campaign.delivery(delivery_id) ON DELETE CASCADE'),
('run', 'FOREIGN KEY (campaign_id) REFERENCES campaign.campaign(campaign_id) ON DELETE CASCADE'),
('run', 'FOREIGN KEY (version_id) REFERENCES campaign.version(version_id)'),
('run', 'PRIMARY KEY (run_id)'),
('secret', 'PRIMARY KEY (sole)'),
('soft_bounce', 'PRIMARY KEY (channel, address_hash)'),
('suppression', 'PRIMARY KEY (channel, address_hash)'),
('task', 'FOREIGN KEY (run_id) REFERENCES campaign.run(run_id) ON DELETE CASCADE'),
('contact', 'FOREIGN KEY (rule_id) REFERENCES campaign.rule(rule_id) ON DELETE CASCADE'),
('contact', 'FOREIGN KEY (delivery_id) REFERENCES campaign.delivery(delivery_id) ON DELETE CASCADE'),
('rule', 'PRIMARY KEY (rule_id)'),
('rule', 'UNIQUE (owner, name, owner_name)'),
('template', 'PRIMARY KEY (template_id)'),
('template', 'UNIQUE (owner, name, number, owner_name)'),
('task', 'PRIMARY KEY (run_id, activity)'),
('transition', 'FOREIGN KEY (version_id, source) REFERENCES campaign.activity(version_id, name) ON UPDATE CASCADE ON DELETE CASCADE'),
('transition', 'FOREIGN KEY (version_id, target) REFERENCES campaign.activity(version_id, name) ON UPDATE CASCADE ON DELETE CASCADE'),
('transition', 'PRIMARY KEY (version_id, target, source, outcome)'),
('version', 'FOREIGN KEY (campaign_id) REFERENCES campaign.campaign(campaign_id) ON DELETE CASCADE'),
('version', 'PRIMARY KEY (version_id)'),
('version', 'UNIQUE (campaign_id, number)');
SELECT ok(EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = to_regclass('campaign.' || e.name)
	AND pg_get_constraintdef(c.oid) = e.definition), format('campaign.%s: %s', e.name, e.definition))
FROM expected_key e ORDER BY e.name, e.definition;
SELECT set_eq($$SELECT c.relname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
	WHERE c.relnamespace = 'campaign'::regnamespace AND k.contype IN ('p', 'u', 'f')$$,
	'SELECT name::name, definition FROM expected_key', 'no other keys');
SELECT is_empty($$SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'campaign'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
	AND obj_description(c.oid, 'pg_class') IS NULL
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'i')$$,
	'every table, view and sequence says what it is');

-- ---------------------------------------------------------------------------
-- Names that can be written without quotes, everywhere
-- ---------------------------------------------------------------------------

CREATE TEMP VIEW reserved AS SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T');
SELECT is_empty($$SELECT f.name, argument FROM actual_function f JOIN pg_proc p ON p.oid = f.oid, unnest(p.proargnames) argument
	WHERE argument IN (SELECT word FROM reserved)$$, 'no argument is a reserved word');
SELECT is_empty($$SELECT kind, option ->> 'name' FROM campaign_kinds(), jsonb_array_elements(options) option
	WHERE option ->> 'name' IN (SELECT word FROM reserved)$$, 'no option is a reserved word');
SELECT is_empty($$SELECT attrelid::regclass, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
	WHERE c.relnamespace = 'campaign'::regnamespace AND attnum > 0 AND attname IN (SELECT word FROM reserved)$$, 'no column is a reserved word');

-- Every kind has a typed function, whose arguments are its options; those of
-- channels take options that all channels share, and few need, as one object.
SELECT set_eq(
	$$SELECT 'campaign_add_' || kind FROM campaign_kinds()$$,
	$$SELECT name::text FROM actual_function WHERE name ~ '^campaign_add_'$$, 'a typed function per kind');
CREATE TEMP VIEW wrapper_argument AS
SELECT substr(f.name, length('campaign_add_') + 1) AS kind, argument
FROM actual_function f JOIN pg_proc p ON p.oid = f.oid, unnest(p.proargnames) argument
WHERE f.name ~ '^campaign_add_' AND argument NOT IN ('campaign', 'activity', 'after');
SELECT set_eq(
	format($$SELECT option ->> 'name' FROM campaign_kinds() k, jsonb_array_elements(k.options) option WHERE k.kind = %1$L
		AND NOT (k.category = 'channel' AND EXISTS (SELECT FROM wrapper_argument w WHERE w.kind = %1$L AND w.argument = 'options')
			AND NOT EXISTS (SELECT FROM wrapper_argument w WHERE w.kind = %1$L AND w.argument = option ->> 'name'))$$, kind),
	format($$SELECT argument FROM wrapper_argument WHERE kind = %L AND argument <> 'options'$$, kind),
	format('arguments of campaign_add_%s are options of the kind', kind))
FROM campaign_kinds() ORDER BY kind;

SELECT * FROM finish();
ROLLBACK;
