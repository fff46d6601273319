-- A function that somebody may call who should not, or a row that somebody
-- sees who should not, is a breach: everything is tried as everybody.
\set VERBOSITY terse
CREATE ROLE regress_rights_boss SUPERUSER;
CREATE ROLE regress_rights_ann LOGIN;
CREATE ROLE regress_rights_bob LOGIN;
CREATE ROLE regress_rights_member LOGIN IN ROLE regress_rights_ann;
CREATE ROLE regress_rights_noinherit LOGIN NOINHERIT IN ROLE regress_rights_ann;
CREATE ROLE regress_rights_nologin;
CREATE ROLE regress_rights_plain LOGIN;
CREATE ROLE regress_rights_outsider LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_rights_ann, regress_rights_bob,
	regress_rights_member, regress_rights_noinherit, regress_rights_nologin, regress_rights_plain;
CREATE SCHEMA rights;
GRANT ALL ON SCHEMA rights TO PUBLIC;
SET search_path = rights, public;

-- ---------------------------------------------------------------------------
-- What the catalog says; unaligned, so that a new line changes no other
-- ---------------------------------------------------------------------------
\pset format unaligned

CREATE TEMP VIEW member AS
SELECT d.classid, d.objid FROM pg_depend d
JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
WHERE e.extname = 'campaign';
GRANT SELECT ON member TO PUBLIC;
-- Functions with a search path that a caller could choose: none.
SELECT p.oid::regprocedure AS function, p.prosecdef AS definer
FROM member d JOIN pg_proc p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass JOIN pg_language l ON l.oid = p.prolang
WHERE p.prosecdef OR l.lanname IN ('sql', 'plpgsql') AND p.prosqlbody IS NULL ORDER BY 1::text;
-- Whom functions are executable by, and how they may be planned.
SELECT p.oid::regprocedure AS function, p.prokind AS kind, p.provolatile AS vol, p.proparallel AS par, p.proisstrict AS strict,
	p.proleakproof AS leakproof, EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
	WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE') AS public
FROM member d JOIN pg_proc p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass ORDER BY p.oid::regprocedure::text COLLATE "C";
-- Rights on relations that anybody but the extension's owner has: to read
-- views and the log, no others.
SELECT c.oid::regclass AS relation, c.relkind AS kind, a.privilege_type, a.grantee = 0 AS public
FROM member d JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass,
aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner))) a
WHERE a.grantee <> c.relowner ORDER BY 1::text, 3;
SELECT attrelid::regclass, attname FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid IN (SELECT objid FROM member);
SELECT n.nspname, a.privilege_type, a.grantee = 0 AS public
FROM pg_namespace n, aclexplode(n.nspacl) a
WHERE n.nspname LIKE 'campaign%' AND a.grantee <> n.nspowner AND a.grantee = 0 ORDER BY 1, 2;
SELECT t.typname, a.privilege_type FROM member d JOIN pg_type t ON t.oid = d.objid AND d.classid = 'pg_type'::regclass,
aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) a
WHERE a.grantee = 0 AND t.typcategory <> 'A' AND t.typtype = 'c'
	AND EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c') ORDER BY 1;
-- Tables without row security, and policies: the log has one.
SELECT c.oid::regclass FROM member d JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass
WHERE c.relkind IN ('r', 'p') AND NOT c.relrowsecurity;
SELECT polrelid::regclass, polname, polcmd, polroles, pg_get_expr(polqual, polrelid)
FROM pg_policy WHERE polrelid IN (SELECT objid FROM member) ORDER BY polname;
-- Partitions are no members; nobody has rights on them either.
SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, aclexplode(c.relacl) a
WHERE i.inhparent IN ('campaign.dispatch'::regclass, 'campaign.event'::regclass) AND a.grantee <> c.relowner;
-- Views that could leak rows to functions of the reader's: none but the one of
-- hashes without owners.
SELECT c.oid::regclass FROM member d JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass
WHERE c.relkind = 'v' AND NOT coalesce('security_barrier=true' = ANY (c.reloptions), false);
-- Code that runs behind a statement's back: none on our tables.
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgrelid IN (SELECT objid FROM member) AND NOT tgisinternal;
SELECT ev_class::regclass FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class
WHERE ev_class IN (SELECT objid FROM member) AND c.relkind <> 'v';
-- What pg_dump would lose: nothing.
SELECT c.oid::regclass AS relation, c.relkind FROM pg_extension e, member d
JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'p', 'S')
WHERE e.extname = 'campaign' AND NOT c.oid = ANY (coalesce(e.extconfig, '{}')) ORDER BY 1;
-- Foreign keys without an index on the referencing columns: none.
SELECT c.conrelid::regclass AS table, c.conname FROM pg_constraint c
WHERE c.contype = 'f' AND c.conrelid IN (SELECT objid FROM member) AND NOT EXISTS (
	SELECT FROM pg_index i WHERE i.indrelid = c.conrelid
		AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)
ORDER BY 1::text, 2;
-- Columns that would stop pg_upgrade: none.
SELECT attrelid::regclass, attname, atttypid::regtype FROM pg_attribute
WHERE attrelid IN (SELECT objid FROM member) AND atttypid::regtype::text IN
	('regproc', 'regprocedure', 'regoper', 'regoperator', 'regnamespace', 'regconfig', 'regdictionary', 'regcollation');
-- Keys and other unique columns compare bytes, whatever the locale becomes.
SELECT i.indexrelid::regclass, a.attname FROM pg_index i
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indisunique AND i.indrelid IN (SELECT objid FROM member)
	AND a.attcollation NOT IN (0, 'pg_catalog."C"'::regcollation);

-- ---------------------------------------------------------------------------
-- Two owners, each with everything
-- ---------------------------------------------------------------------------

SET SESSION AUTHORIZATION regress_rights_ann;
CREATE TABLE ann_people (id int PRIMARY KEY, email text, opt_in boolean, divisor int DEFAULT 1);
INSERT INTO ann_people SELECT g, 'ann' || g || '@example.com', g > 1 FROM generate_series(1, 5) g;
SELECT campaign_dimension('ann_people', name => 'people', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
SELECT campaign_template('ann', body => 'of ann');
SELECT campaign_link('ann', 'people', 'people', 'ann.id = people.id', 'one');
SELECT campaign_filter('ann', 'people', 'id > 1');
SELECT campaign_rule('ann', 'pressure', '{"messages": 9, "per": "day"}');
SELECT campaign_create('ann', dimension => 'people');
SELECT campaign_add_audience('ann', 'everybody');
SELECT campaign_add_email('ann', 'mail', after => 'everybody', subject => 'From ann', body => '<p>{{ id }}</p>', options => '{"rules": "ann"}');
SELECT campaign_add_audience('ann', 'fails', filter => '1 / divisor = 1', after => 'mail');
SELECT campaign_add_save_audience('ann', 'keep', 'ann', after => 'everybody');
SELECT campaign_add_incremental('ann', 'newcomers', after => 'everybody');
SELECT campaign_add_update_data('ann', 'mark', 'update', fields => '[{"column": "id", "value": "-1", "if": "id = 1"}]', after => 'everybody');
ALTER TABLE ann_people ADD CONSTRAINT positive CHECK (id > 0);
SELECT campaign_publish('ann');
UPDATE ann_people SET divisor = 0;
SELECT campaign_schedule('ann', '{"frequency": "daily", "at": "09:00", "time_zone": "UTC", "from": "2096-01-01"}');
SELECT campaign_start('ann') AS ann_run \gset
SELECT campaign_wait(:ann_run);
SET SESSION AUTHORIZATION regress_rights_bob;
CREATE TABLE bob_people (id int PRIMARY KEY, email text, opt_in boolean, divisor int DEFAULT 1);
INSERT INTO bob_people SELECT g, 'bob' || g || '@example.com', g > 2 FROM generate_series(1, 7) g;
SELECT campaign_dimension('bob_people', name => 'people', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
SELECT campaign_template('bob', body => 'of bob');
SELECT campaign_link('bob', 'people', 'people', 'bob.id = people.id', 'one');
SELECT campaign_filter('bob', 'people', 'id > 1');
SELECT campaign_rule('bob', 'pressure', '{"messages": 9, "per": "day"}');
SELECT campaign_create('bob', dimension => 'people');
SELECT campaign_add_audience('bob', 'everybody');
SELECT campaign_add_email('bob', 'mail', after => 'everybody', subject => 'From bob', body => '<p>{{ id }}</p>', options => '{"rules": "bob"}');
SELECT campaign_add_audience('bob', 'fails', filter => '1 / divisor = 1', after => 'mail');
SELECT campaign_add_save_audience('bob', 'keep', 'bob', after => 'everybody');
SELECT campaign_add_incremental('bob', 'newcomers', after => 'everybody');
SELECT campaign_add_update_data('bob', 'mark', 'update', fields => '[{"column": "id", "value": "-1", "if": "id = 1"}]', after => 'everybody');
ALTER TABLE bob_people ADD CONSTRAINT positive CHECK (id > 0);
SELECT campaign_publish('bob');
UPDATE bob_people SET divisor = 0;
SELECT campaign_schedule('bob', '{"frequency": "daily", "at": "09:00", "time_zone": "UTC", "from": "2096-01-01"}');
SELECT campaign_start('bob') AS bob_run \gset
SELECT campaign_wait(:bob_run);

-- What each role sees in each view, by owner.
RESET SESSION AUTHORIZATION;
CREATE TABLE seen (role text, relation text, ann bigint, bob bigint, error text);
GRANT ALL ON seen TO PUBLIC;
CREATE FUNCTION look(ann_run bigint, bob_run bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	relation text;
	ann bigint;
	bob bigint;
BEGIN
	FOR relation IN SELECT objid::regclass::text FROM pg_temp.member JOIN pg_class c ON c.oid = objid
		WHERE classid = 'pg_class'::regclass AND relkind IN ('r', 'p', 'v', 'S') AND relname <> 'suppressed'
	LOOP
		BEGIN
			IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = relation::regclass AND attname = 'run_id') THEN
				EXECUTE format('SELECT count(*) FILTER (WHERE run_id = $1), count(*) FILTER (WHERE run_id = $2) FROM %s', relation)
				INTO ann, bob USING ann_run, bob_run;
			ELSIF relation IN ('campaign.template_version', 'campaign.rules', 'campaign.links', 'campaign.filters', 'campaign.schedules') THEN
				EXECUTE format('SELECT count(*) FILTER (WHERE owner ~ ''ann$''), count(*) FILTER (WHERE owner ~ ''bob$'') FROM %s', relation)
				INTO ann, bob;
			ELSE
				EXECUTE format('SELECT count(*), count(*) FROM %s', relation) INTO ann, bob;
			END IF;
			INSERT INTO rights.seen VALUES (session_user, relation, ann, bob);
		EXCEPTION WHEN OTHERS THEN
			INSERT INTO rights.seen VALUES (session_user, relation, NULL, NULL, sqlstate);
		END;
	END LOOP;
END $$;
SET SESSION AUTHORIZATION regress_rights_boss; SELECT look(:ann_run, :bob_run);
SET SESSION AUTHORIZATION regress_rights_ann; SELECT look(:ann_run, :bob_run);
SET SESSION AUTHORIZATION regress_rights_bob; SELECT look(:ann_run, :bob_run);
SET SESSION AUTHORIZATION regress_rights_member; SELECT look(:ann_run, :bob_run);
SET SESSION AUTHORIZATION regress_rights_noinherit; SELECT look(:ann_run, :bob_run);
SET SESSION AUTHORIZATION regress_rights_nologin; SELECT look(:ann_run, :bob_run);
SET SESSION AUTHORIZATION regress_rights_plain; SELECT look(:ann_run, :bob_run);
SET SESSION AUTHORIZATION regress_rights_outsider; SELECT look(:ann_run, :bob_run);
RESET SESSION AUTHORIZATION;
-- Views: the owner, who is a member of the owner, and superusers; nobody else.
SELECT relation, replace(role, 'regress_rights_', '') AS role, ann, bob, error FROM seen
WHERE relation IN (SELECT objid::regclass::text FROM member JOIN pg_class c ON c.oid = objid
	WHERE classid = 'pg_class'::regclass AND relkind = 'v') OR relation IN ('campaign.log', 'campaign.parked_event')
ORDER BY relation COLLATE "C", role COLLATE "C";
-- Tables and sequences: superusers.
SELECT replace(role, 'regress_rights_', '') AS role, error, count(*) > 0 AS some FROM seen
WHERE relation NOT IN (SELECT objid::regclass::text FROM member JOIN pg_class c ON c.oid = objid
	WHERE classid = 'pg_class'::regclass AND relkind = 'v') AND relation NOT IN ('campaign.log', 'campaign.parked_event')
GROUP BY 1, 2 ORDER BY 1, 2;
-- The same rows, asked with a function that tells what it is shown.
SET SESSION AUTHORIZATION regress_rights_bob;
CREATE FUNCTION tell(what text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
BEGIN
	IF what ~ 'ann' THEN RAISE NOTICE 'leaked: %', what; END IF;
	RETURN true;
END $$;
SELECT count(*) FROM campaign.message WHERE tell(address);
SELECT count(*) > 0 AS some FROM campaign.log WHERE tell(campaign);
SELECT count(*) FROM campaign.run_progress WHERE tell(campaign);
SELECT count(*) FROM campaign.excluded e, campaign.flow_counts f WHERE tell(e.recipient || f.source) AND e.run_id = f.run_id;
SELECT count(*) FROM campaign_claim('email', 100) WHERE address !~ '^bob';
SELECT count(*) FROM campaign.executors() e WHERE e.owner <> 'regress_rights_bob'::regrole;
-- A grant by mistake shows nothing, and changes nothing.
RESET SESSION AUTHORIZATION;
BEGIN;
GRANT ALL ON ALL TABLES IN SCHEMA campaign TO regress_rights_bob;
SET LOCAL SESSION AUTHORIZATION regress_rights_bob;
SELECT (SELECT count(*) FROM campaign.campaign), (SELECT count(*) FROM campaign.dispatch), (SELECT count(*) FROM campaign.suppression),
	(SELECT count(*) FROM campaign.task), (SELECT count(*) FROM campaign.dimension);
UPDATE campaign.campaign SET owner = 10;
DELETE FROM campaign.task;
INSERT INTO campaign.suppression (channel, address_hash, role_name) VALUES ('email', campaign.address_hash('x'), 'x');
ROLLBACK;
-- No table, sequence or view takes a row from anybody.
CREATE TABLE tries (role text, relation text, verb text, error text);
GRANT ALL ON tries TO PUBLIC;
CREATE FUNCTION try_dml() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	relation text;
	verb text;
	code text;
BEGIN
	FOR relation IN SELECT objid::regclass::text FROM pg_temp.member JOIN pg_class c ON c.oid = objid
		WHERE classid = 'pg_class'::regclass AND relkind IN ('r', 'p', 'v')
		UNION ALL SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent IN ('campaign.dispatch'::regclass, 'campaign.event'::regclass)
	LOOP
		FOREACH verb IN ARRAY ARRAY['INSERT INTO %s DEFAULT VALUES', 'DELETE FROM %s', 'LOCK %s IN ACCESS EXCLUSIVE MODE',
			'ALTER TABLE %s DISABLE ROW LEVEL SECURITY', 'CREATE TRIGGER t AFTER INSERT ON %s EXECUTE FUNCTION suppress_redundant_updates_trigger()']
		LOOP
			BEGIN
				code := NULL;
				EXECUTE format(verb, relation);
			EXCEPTION WHEN OTHERS THEN
				code := sqlstate;
			END;
			INSERT INTO rights.tries VALUES (session_user, relation, verb, code);
		END LOOP;
	END LOOP;
END $$;
SET SESSION AUTHORIZATION regress_rights_ann; SELECT try_dml();
SET SESSION AUTHORIZATION regress_rights_member; SELECT try_dml();
SET SESSION AUTHORIZATION regress_rights_plain; SELECT try_dml();
SET SESSION AUTHORIZATION regress_rights_outsider; SELECT try_dml();
RESET SESSION AUTHORIZATION;
SELECT replace(role, 'regress_rights_', '') AS role, error, count(*) > 80 AS many FROM tries
WHERE relation <> ALL (ARRAY['campaign.message', 'campaign.excluded', 'campaign.run_progress', 'campaign.open_progress', 'campaign.flow_counts', 'campaign.overlap', 'campaign.approvals', 'campaign.event_counts', 'campaign.report',
	'campaign.report_by_domain', 'campaign.report_by_link', 'campaign.report_by_hour', 'campaign.report_by_minute', 'campaign.report_by_message', 'campaign.report_exclusions', 'campaign.queue_status', 'campaign.open_queue'])
GROUP BY 1, 2 ORDER BY 1, 2;
-- Views that join cannot be written to at all.
SELECT DISTINCT relation, error FROM tries
WHERE relation = ANY (ARRAY['campaign.message', 'campaign.excluded', 'campaign.run_progress', 'campaign.open_progress', 'campaign.flow_counts', 'campaign.overlap', 'campaign.approvals', 'campaign.event_counts', 'campaign.report',
	'campaign.report_by_domain', 'campaign.report_by_link', 'campaign.report_by_hour', 'campaign.report_by_minute', 'campaign.report_by_message', 'campaign.report_exclusions', 'campaign.queue_status', 'campaign.open_queue'])
	AND error <> '42501' ORDER BY 1, 2;
SELECT * FROM tries WHERE error IS NULL;
SET SESSION AUTHORIZATION regress_rights_plain;
CREATE TABLE campaign.intruder ();
CREATE TABLE campaign_data.intruder ();
RESET SESSION AUTHORIZATION;

-- ---------------------------------------------------------------------------
-- Every function, as everybody, on what is his, somebody else's, or missing
-- ---------------------------------------------------------------------------

-- In a call, $1 stands for the name of a campaign, $2 for a run, $3 for a lease.
CREATE TABLE calls (function regprocedure, object text, call text);
INSERT INTO calls VALUES
('campaign_dimension(regclass, text, text, jsonb, jsonb, text, text, text, text)', 'table', $$SELECT campaign_dimension(to_regclass('rights.' || $1 || '_people'))$$),
('campaign_template(text, text, text, text, jsonb, text)', 'none', $$SELECT campaign_template($1 || '_text', body => 'x')$$),
('campaign_template_drop(text)', 'name', $$SELECT campaign_template_drop($1)$$),
('campaign_link(text, text, text, text, text)', 'none', $$SELECT campaign_link($1 || '_link', 'people', 'people', 'true')$$),
('campaign_unlink(text, text)', 'name', $$SELECT campaign_unlink($1)$$),
('campaign_filter(text, text, text, jsonb, text)', 'none', $$SELECT campaign_filter($1 || '_filter', 'people', 'true')$$),
('campaign_unfilter(text)', 'name', $$SELECT campaign_unfilter($1)$$),
('campaign_rule_sql(text, jsonb, jsonb)', 'none', $$SELECT campaign_rule_sql('people', '{}')$$),
('campaign_count(text, text, jsonb, integer)', 'none', $$SELECT campaign_count('people')$$),
('campaign_values(text, text, text, bigint, boolean)', 'none', $$SELECT campaign_values('people', 'id')$$),
('campaign_rule(text, text, jsonb)', 'none', $$SELECT campaign_rule($1 || '_rule', 'control', '{"percent": 1}')$$),
('campaign_rule_drop(text)', 'name', $$SELECT campaign_rule_drop($1)$$),
('campaign_create(text, text, text, jsonb)', 'none', $$SELECT campaign_create('new', 'people')$$),
('campaign_add(text, text, text, jsonb, text)', 'campaign', $$SELECT campaign_add($1, 'new', 'audience')$$),
('campaign_connect(text, text, text)', 'campaign', $$SELECT campaign_connect($1, 'mail', 'everybody')$$),
('campaign_disconnect(text, text, text)', 'campaign', $$SELECT campaign_disconnect($1, 'everybody', 'mail')$$),
('campaign_alter(text, text, jsonb)', 'campaign', $$SELECT campaign_alter($1, 'everybody', '{"filter": "true"}')$$),
('campaign_remove(text, text)', 'campaign', $$SELECT campaign_remove($1, 'fails')$$),
('campaign_rename(text, text, text)', 'campaign', $$SELECT campaign_rename($1, 'everybody', 'all_of_them')$$),
('campaign_drop(text)', 'idle', $$SELECT campaign_drop($1)$$),
('campaign_define(jsonb)', 'name', $$SELECT campaign_define(jsonb_build_object('name', $1, 'dimension', 'people', 'activities', '[]'::jsonb, 'transitions', '[]'::jsonb))$$),
('campaign_export(text, integer)', 'campaign', $$SELECT campaign_export($1)$$),
('campaign_add_audience(text, text, text, jsonb, text, boolean, text)', 'campaign', $$SELECT campaign_add_audience($1, 'new')$$),
('campaign_add_change_dimension(text, text, text, text, text, bigint, jsonb, text, jsonb, text, text)', 'campaign', $$SELECT campaign_add_change_dimension($1, 'new', 'people', $1)$$),
('campaign_add_reconcile(text, text, text, jsonb, text, text, text, text, jsonb, text)', 'campaign', $$SELECT campaign_add_reconcile($1, 'new', 'people', match => 'true')$$),
('campaign_add_combine(text, text, text, text, text, text, bigint, text, jsonb, text)', 'campaign', $$SELECT campaign_add_combine($1, 'new', 'union')$$),
('campaign_add_deduplicate(text, text, text, text, jsonb, bigint, text, boolean, boolean, jsonb, text)', 'campaign', $$SELECT campaign_add_deduplicate($1, 'new', 'id')$$),
('campaign_add_enrich(text, text, jsonb, jsonb, text, text)', 'campaign', $$SELECT campaign_add_enrich($1, 'new', '{"one": "1"}')$$),
('campaign_add_incremental(text, text, text, numeric, text, text, interval, text, boolean, text)', 'campaign', $$SELECT campaign_add_incremental($1, 'new')$$),
('campaign_add_read_audience(text, text, text, bigint, text, text, jsonb, text, text, boolean, text)', 'campaign', $$SELECT campaign_add_read_audience($1, 'new', 'x')$$),
('campaign_add_save_audience(text, text, text, text, jsonb, bigint, text)', 'campaign', $$SELECT campaign_add_save_audience($1, 'new', 'x')$$),
('campaign_add_split(text, text, jsonb, text, boolean, boolean, boolean, text, text)', 'campaign', $$SELECT campaign_add_split($1, 'new', '[{"name": "a"}]')$$),
('campaign_add_extract_file(text, text, text, text, text, jsonb, text, text, text, text, text, boolean, text, text, text)', 'campaign', $$SELECT campaign_add_extract_file($1, 'new', relation => 'new_table')$$),
('campaign_add_load_file(text, text, text, text, jsonb, text, text, text, text, text, text, bigint, text, boolean, bigint, text, bigint, boolean, boolean, text)', 'campaign', $$SELECT campaign_add_load_file($1, 'new', relation => 'pg_catalog.pg_class')$$),
('campaign_add_sql(text, text, text, boolean, text, boolean, text)', 'campaign', $$SELECT campaign_add_sql($1, 'new', 'SELECT 1 AS id')$$),
('campaign_add_update_data(text, text, text, text, jsonb, jsonb, boolean, text, text, bigint, text)', 'campaign', $$SELECT campaign_add_update_data($1, 'new', 'delete')$$),
('campaign_add_fork(text, text, text)', 'campaign', $$SELECT campaign_add_fork($1, 'new')$$),
('campaign_add_join(text, text, text, integer, interval, text)', 'campaign', $$SELECT campaign_add_join($1, 'new')$$),
('campaign_add_test(text, text, jsonb, text, text)', 'campaign', $$SELECT campaign_add_test($1, 'new', '[{"name": "a", "condition": "true"}]')$$),
('campaign_add_signal(text, text, text, interval, text, text)', 'campaign', $$SELECT campaign_add_signal($1, 'new')$$),
('campaign_add_approval(text, text, text, text, text, boolean, interval, text, interval, text)', 'campaign', $$SELECT campaign_add_approval($1, 'new', '?', 'regress_rights_plain')$$),
('campaign_add_alert(text, text, text, text, text)', 'campaign', $$SELECT campaign_add_alert($1, 'new', '!')$$),
('campaign_add_wait(text, text, interval, timestamp with time zone, text, text, interval, interval, jsonb, text, text)', 'campaign', $$SELECT campaign_add_wait($1, 'new', '1 day')$$),
('campaign_add_email(text, text, text, text, text, text, text, boolean, text, jsonb, jsonb, text)', 'campaign', $$SELECT campaign_add_email($1, 'new', 's', 'b')$$),
('campaign_add_sms(text, text, text, integer, text, text, boolean, text, jsonb, jsonb, text)', 'campaign', $$SELECT campaign_add_sms($1, 'new', 'b', address => 'id::text')$$),
('campaign_add_push(text, text, text, text, text, jsonb, text, text, boolean, text, jsonb, jsonb, text)', 'campaign', $$SELECT campaign_add_push($1, 'new', 't', 'b', address => 'id::text')$$),
('campaign_add_direct_mail(text, text, jsonb, text, text, boolean, text, jsonb, jsonb, text)', 'campaign', $$SELECT campaign_add_direct_mail($1, 'new', '{"a": "b"}', address => 'id::text')$$),
('campaign_add_custom(text, text, jsonb, text, text, boolean, text, jsonb, jsonb, text)', 'campaign', $$SELECT campaign_add_custom($1, 'new', address => 'id::text')$$),
('campaign_add_sub_campaign(text, text, text, jsonb, boolean, interval, text, text)', 'campaign', $$SELECT campaign_add_sub_campaign($1, 'new', 'x')$$),
('campaign_add_end(text, text, text, text, text, jsonb, text)', 'campaign', $$SELECT campaign_add_end($1, 'new')$$),
('campaign_explain(text, boolean, jsonb)', 'campaign', $$SELECT count(*) > 0 FROM campaign_explain($1)$$),
('campaign_preview(text, text, text, integer, jsonb)', 'campaign', $$SELECT subject FROM campaign_preview($1, 'mail', '2')$$),
('campaign_publish(text, text)', 'campaign', $$SELECT campaign_publish($1)$$),
('campaign_read_message(bigint, text, text)', 'run', $$SELECT address IS NOT NULL FROM campaign_read_message($2, 'mail', '1')$$),
('campaign_test(text, jsonb, text, bigint, numeric, text[], boolean, jsonb, jsonb, jsonb)', 'idle', $$SELECT campaign_test($1) > 0$$),
('campaign_start(text, jsonb)', 'idle', $$SELECT campaign_start($1)$$),
('campaign_schedule(text, jsonb, text)', 'campaign', $$SELECT campaign_schedule($1, '{"frequency": "daily", "at": "09:00", "time_zone": "UTC"}')$$),
('campaign_clean_up()', 'none', $$SELECT complete FROM campaign_clean_up()$$),
('campaign_unschedule(text)', 'campaign', $$SELECT campaign_unschedule($1)$$),
('campaign_next_launches(text, integer, timestamptz)', 'campaign', $$SELECT count(*) FROM campaign_next_launches($1)$$),
('campaign_hash(text, integer)', 'campaign', $$SELECT length(campaign_hash($1))$$),
('campaign_grant(text, text, text)', 'campaign', $$SELECT campaign_grant($1, 'regress_rights_plain', 'view')$$),
('campaign_revoke(text, text, text)', 'campaign', $$SELECT campaign_revoke($1, 'regress_rights_plain', 'view')$$),
('campaign_unpublish(text)', 'campaign', $$SELECT campaign_unpublish($1)$$),
('campaign_close(text)', 'campaign', $$SELECT campaign_close($1)$$),
('campaign_archive(text)', 'idle', $$SELECT campaign_archive($1)$$),
('campaign_duplicate(text, text, jsonb)', 'campaign', $$SELECT campaign_duplicate($1, 'another')$$),
('campaign_import(jsonb, text)', 'none', $$SELECT campaign_import('{"name": "brought", "dimension": "people"}')$$),
('campaign_diff(text, integer, integer)', 'campaign', $$SELECT count(*) FROM campaign_diff($1)$$),
('campaign_wait(bigint, interval)', 'run', $$SELECT campaign_wait($2)$$),
('campaign_pause(bigint)', 'run', $$SELECT campaign_pause($2)$$),
('campaign_resume(bigint)', 'run', $$SELECT campaign_resume($2)$$),
('campaign_stop(bigint)', 'run', $$SELECT campaign_stop($2)$$),
('campaign_retry(bigint)', 'run', $$SELECT campaign_retry($2)$$),
('campaign_restart(bigint, text)', 'run', $$SELECT campaign_restart($2, 'everybody')$$),
('campaign_adopt()', 'none', $$SELECT campaign_adopt()$$),
('campaign_work()', 'none', $$CALL campaign_work()$$),
('campaign_confirm(bigint, text)', 'run', $$SELECT campaign_confirm($2, 'mail')$$),
('campaign_simulate(text[])', 'campaign', $$SELECT count(*) FROM campaign_simulate($1)$$),
('campaign_signal(text, text, jsonb)', 'campaign', $$SELECT campaign_signal($1, 'none')$$),
('campaign_decide(bigint, text, text)', 'run', $$SELECT campaign_decide($2, 'approved')$$),
('campaign_hurry(bigint, text)', 'run', $$SELECT campaign_hurry($2)$$),
('campaign_hold_all(text)', 'none', $$SELECT campaign_hold_all()$$),
('campaign_resume_all()', 'none', $$SELECT campaign_resume_all()$$),
('campaign_recheck(uuid)', 'lease', $$SELECT count(*) FROM campaign_recheck($3)$$),
('campaign_channel(text, text, jsonb)', 'none', $$SELECT campaign_channel('rights', 'email')$$),
('campaign_channel_drop(text)', 'none', $$SELECT campaign_channel_drop('rights')$$),
('campaign_claim(text, integer, interval)', 'none', $$SELECT count(*) FROM campaign_claim('email', 1)$$),
('campaign_ack(uuid, jsonb)', 'lease', $$SELECT result FROM campaign_ack($3)$$),
('campaign_release(uuid)', 'lease', $$SELECT campaign_release($3)$$),
('campaign_extend(uuid, interval)', 'lease', $$SELECT campaign_extend($3, '1 hour')$$),
('campaign_suppress(text, text, text)', 'none', $$SELECT campaign_suppress('email', 'new@example.com')$$),
('campaign_unsuppress(text, text)', 'none', $$SELECT campaign_unsuppress('email', 'of_boss@example.com')$$),
('campaign_feedback(bigint, text, timestamptz, jsonb)', 'run', $$SELECT parked FROM campaign_feedback((SELECT min(first_id) FROM rights.numbers WHERE run_id = $2), 'opened')$$),
('campaign_feedback(jsonb)', 'run', $$SELECT recorded || '/' || parked FROM campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', first_id, 'event', 'complained')) FROM rights.numbers WHERE run_id = $2))$$),
('campaign_track(text, text, jsonb)', 'none', $$SELECT campaign_track('forged') IS NULL$$),
('campaign.two_proportions(bigint, bigint, bigint, bigint)', 'none', $$SELECT campaign.two_proportions(1, 2, 1, 3)$$),
('campaign.count_results(bytea, text)', 'none', $$SELECT campaign.count_results('ss.', 's')$$),
('campaign.tally_results(bytea, bigint)', 'none', $$SELECT campaign.tally_results('ss.', 3)$$),
('campaign_common_options()', 'none', $$SELECT jsonb_array_length(campaign_common_options()) > 3$$),
('campaign_kinds()', 'none', $$SELECT count(*) > 5 FROM campaign_kinds()$$),
('campaign_check(text)', 'campaign', $$SELECT count(*) FROM campaign_check($1)$$),
('campaign_graph(text, text, bigint)', 'campaign', $$SELECT length(campaign_graph($1)) > 0$$),
('campaign_health()', 'none', $$SELECT count(*) FROM campaign_health() WHERE campaign IS NULL AND code = 'nothing'$$),
('campaign_population(bigint, text, text, bigint, boolean)', 'run', $$SELECT count(*) >= 0 FROM campaign_population($2, 'nobody')$$),
('campaign_population_columns(bigint, text, text)', 'run', $$SELECT count(*) >= 0 FROM campaign_population_columns($2, 'nobody')$$),
('campaign_verify(bigint)', 'run', $$SELECT count(*) FROM campaign_verify($2)$$),
('campaign_funnel(bigint)', 'run', $$SELECT count(*) FROM campaign_funnel($2)$$),
('campaign_funnel(text)', 'campaign', $$SELECT count(*) FROM campaign_funnel($1)$$),
('campaign_crosstab(bigint, text, text)', 'run', $$SELECT count(*) FROM campaign_crosstab($2, 'mail', 'id')$$),
('campaign_why(bigint, text)', 'run', $$SELECT count(*) FROM campaign_why($2, '1')$$),
('campaign_history(text, text, bigint, boolean)', 'none', $$SELECT count(*) FROM campaign_history('no such dimension', '1')$$),
('campaign_audience_diff(text, integer, integer)', 'name', $$SELECT count(*) FROM campaign_audience_diff($1, 1, 1)$$),
('campaign_audience_drop(text)', 'name', $$SELECT campaign_audience_drop($1)$$),
('campaign_forget_returned(text, text, text[])', 'campaign', $$SELECT campaign_forget_returned($1, 'newcomers')$$),
('campaign_forget(text, text)', 'none', $$SELECT messages FROM campaign_forget('no such dimension', '1')$$),
('campaign.message_status(text, timestamp with time zone, timestamp with time zone, text)', 'none', $$SELECT campaign.message_status('s', NULL, NULL, 'succeeded')$$),
('campaign.visible(oid)', 'role', $$SELECT campaign.visible(to_regrole('regress_rights_' || $1))$$),
('campaign.sample_position(text, text)', 'none', $$SELECT campaign.sample_position('a', 'b') < 1$$),
('campaign.home()', 'none', $$SELECT campaign.home() ~ '/'$$),
('campaign.cron_problems()', 'none', $$SELECT count(*) FROM campaign.cron_problems()$$),
('campaign.executors()', 'none', $$SELECT count(*) FROM campaign.executors() WHERE owner <> ALL (ARRAY[to_regrole('regress_rights_ann'), to_regrole('regress_rights_bob')])$$),
('campaign.address_first(uuid,integer,bigint)', 'none', $$SELECT campaign.address_first(campaign.address_hash('a'))$$),
('campaign.is_new(bigint,bigint[])', 'none', $$SELECT campaign.is_new(1, '{0}')$$),
('campaign.count_passing(bigint,"any")', 'none', $$SELECT campaign.count_passing(1, true)$$),
('campaign_distribute_queue()', 'none', $$SELECT campaign_distribute_queue()$$),
('campaign.distributed_messages(bigint, bigint, bigint)', 'none', $$SELECT count(*) FROM campaign.distributed_messages(0, 0, 0)$$),
('campaign.distributed_messages_support(internal)', 'none', $$SELECT campaign.distributed_messages_support(NULL)$$),
('campaign.count_passing_support(internal)', 'none', $$SELECT campaign.count_passing_support(NULL)$$),
('campaign.address_hash(text)', 'none', $$SELECT campaign.address_hash('a') = campaign.address_hash(' A ')$$),
('campaign.known_zone(text)', 'none', $$SELECT campaign.known_zone('Asia/Kolkata')$$),
('campaign.local_instant(timestamp, text)', 'none', $$SELECT campaign.local_instant('2026-01-01', 'UTC') IS NOT NULL$$),
('campaign.quiet_until(timestamptz, text, jsonb)', 'none', $$SELECT campaign.quiet_until('2026-01-01', 'UTC', '{"dates": ["12-25"]}') IS NOT NULL$$),
('campaign.subject_hash(text)', 'none', $$SELECT campaign.subject_hash('x') <> 0$$),
('campaign.foreign_links(oid)', 'none', $$SELECT count(*) FROM campaign.foreign_links('campaign.rule'::regclass)$$),
('campaign.sms_segments(text)', 'none', $$SELECT campaign.sms_segments('a')$$),
('campaign.address_fault(text)', 'none', $$SELECT campaign.address_fault('a') IS NULL$$);
-- Functions without a call here: none; write one.
SELECT d.objid::regprocedure AS "function without a test" FROM member d
WHERE d.classid = 'pg_proc'::regclass AND d.objid NOT IN (SELECT function FROM calls) ORDER BY 1;

SELECT campaign_stop(:ann_run), campaign_stop(:bob_run);
SELECT campaign_suppress('email', 'of_boss@example.com');
UPDATE ann_people SET divisor = 1;
UPDATE bob_people SET divisor = 1;
SET SESSION AUTHORIZATION regress_rights_ann;
SELECT campaign_create('ann running', dimension => 'people');
SELECT campaign_add_audience('ann running', 'everybody');
SELECT campaign_add_email('ann running', 'mail', after => 'everybody', subject => 's', body => 'b');
SELECT campaign_add_wait('ann running', 'wait', duration => '1 day', after => 'mail');
SELECT campaign_publish('ann running');
SELECT campaign_start('ann running') AS ann_run \gset
SELECT campaign_wait(:ann_run);
SELECT lease AS ann_lease FROM campaign_claim('email', 1) \gset
SET SESSION AUTHORIZATION regress_rights_bob;
SELECT campaign_create('bob running', dimension => 'people');
SELECT campaign_add_audience('bob running', 'everybody');
SELECT campaign_add_email('bob running', 'mail', after => 'everybody', subject => 's', body => 'b');
SELECT campaign_add_wait('bob running', 'wait', duration => '1 day', after => 'mail');
SELECT campaign_publish('bob running');
SELECT campaign_start('bob running') AS bob_run \gset
SELECT campaign_wait(:bob_run);
SELECT lease AS bob_lease FROM campaign_claim('email', 1) \gset
RESET SESSION AUTHORIZATION;
CREATE TABLE objects (owner text, campaign text, run bigint, lease uuid);
INSERT INTO objects VALUES ('ann', 'ann', :ann_run, :'ann_lease'), ('bob', 'bob', :bob_run, :'bob_lease'),
	('nobody', 'nobody', 999999999, '00000000-0000-0000-0000-000000000001');
CREATE TABLE numbers AS SELECT d.run_id, min(c.first_id) AS first_id FROM campaign.chunk c JOIN campaign.delivery d USING (delivery_id) GROUP BY 1
	UNION ALL SELECT 999999999, 1;
GRANT SELECT ON numbers TO PUBLIC;
CREATE TABLE results (role text, function text, object text, owner text, result text);
GRANT ALL ON results TO PUBLIC;
GRANT SELECT ON calls, objects TO PUBLIC;
-- Makes every call, undoing what it did.
CREATE FUNCTION call_all() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	c record;
	outcome text;
BEGIN
	FOR c IN SELECT p.proname || (SELECT CASE WHEN count(*) > 1 THEN '/' || p.pronargs ELSE '' END FROM pg_proc q WHERE (q.proname, q.pronamespace) = (p.proname, p.pronamespace)) AS proname,
		k.object, k.call, o.* FROM rights.calls k JOIN pg_proc p ON p.oid = k.function, rights.objects o
		WHERE k.object <> 'none' OR o.owner = 'nobody'
	LOOP
		BEGIN
			EXECUTE replace(replace(replace(c.call, '$1', quote_literal(c.campaign)), '$2', c.run || '::bigint'), '$3', quote_literal(c.lease) || '::uuid')
			INTO outcome;
			RAISE EXCEPTION USING errcode = 'ZZZZZ';
		EXCEPTION WHEN SQLSTATE 'ZZZZZ' THEN
			outcome := CASE WHEN c.proname ~ '_(start|export|dimension)$' THEN 'done' ELSE coalesce(nullif(outcome, ''), 'done') END;
		WHEN OTHERS THEN
			outcome := sqlstate || CASE WHEN sqlstate = '42501' AND sqlerrm ~ '^permission denied for schema campaign' THEN ' user' ELSE '' END;
		END;
		INSERT INTO rights.results VALUES (replace(session_user, 'regress_rights_', ''), c.proname, c.object, c.owner, outcome);
	END LOOP;
END $$;
SET client_min_messages = warning;
SET SESSION AUTHORIZATION regress_rights_boss; SELECT call_all();
SET SESSION AUTHORIZATION regress_rights_ann; SELECT call_all();
SET SESSION AUTHORIZATION regress_rights_bob; SELECT call_all();
SET SESSION AUTHORIZATION regress_rights_member; SELECT call_all();
SET SESSION AUTHORIZATION regress_rights_noinherit; SELECT call_all();
SET SESSION AUTHORIZATION regress_rights_nologin; SELECT call_all();
SET SESSION AUTHORIZATION regress_rights_plain; SELECT call_all();
SET SESSION AUTHORIZATION regress_rights_outsider; SELECT call_all();
RESET SESSION AUTHORIZATION;
-- Each cell: what the call gave on what belongs to ann / bob / nobody, or, of
-- functions without an object, what it gave.
CREATE VIEW cell AS SELECT function, role, string_agg(result, ' / ' ORDER BY owner COLLATE "C") AS outcome
FROM results GROUP BY function, role;
SELECT function, max(outcome) FILTER (WHERE role = 'boss') AS boss, max(outcome) FILTER (WHERE role = 'ann') AS ann,
	max(outcome) FILTER (WHERE role = 'bob') AS bob, max(outcome) FILTER (WHERE role = 'plain') AS plain
FROM cell GROUP BY function ORDER BY function COLLATE "C";
-- A member of ann is ann to us; one who does not inherit her rights is not.
SELECT a.function, a.outcome AS ann, m.outcome AS member FROM cell a JOIN cell m USING (function)
WHERE a.role = 'ann' AND m.role = 'member' AND a.outcome <> m.outcome ORDER BY 1;
SELECT p.function, p.outcome AS plain, o.role, o.outcome FROM cell p JOIN cell o USING (function)
WHERE p.role = 'plain' AND o.role IN ('noinherit', 'nologin') AND p.outcome <> o.outcome ORDER BY 1, 3;
-- Without USAGE on schema campaign nothing works.
SELECT outcome, count(*), min(function COLLATE "C") FROM cell WHERE role = 'outsider' GROUP BY 1 ORDER BY 1;
-- Somebody else's and what is not there cannot be told apart.
SELECT f.role, f.function, f.result, m.result FROM results f JOIN results m USING (role, function)
WHERE f.role IN ('ann', 'bob', 'plain', 'noinherit', 'nologin') AND f.owner IN ('ann', 'bob') AND f.owner <> f.role
	AND m.owner = 'nobody' AND f.result <> m.result
	AND f.object NOT IN ('table', 'role', 'name') ORDER BY 1, 2;
-- But tables and roles are for everybody to see, and a name can be had once.
SELECT DISTINCT f.function, f.result, m.result AS missing FROM results f JOIN results m USING (role, function)
WHERE f.role IN ('ann', 'bob') AND f.owner IN ('ann', 'bob') AND f.owner <> f.role
	AND m.owner = 'nobody' AND f.result <> m.result AND f.object IN ('table', 'role', 'name') ORDER BY 1, 2;

-- ---------------------------------------------------------------------------
-- Installing: not into the schema of the tables, not over somebody's objects
-- ---------------------------------------------------------------------------

\set VERBOSITY default
SELECT extrelocatable, extnamespace::regnamespace FROM pg_extension WHERE extname = 'campaign';
ALTER EXTENSION campaign SET SCHEMA rights;
SELECT json_agg(p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' ORDER BY p.oid) AS functions
FROM member d JOIN pg_proc p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass
WHERE p.pronamespace <> 'campaign'::regnamespace AND p.prokind = 'f' \gset
SELECT current_database() AS home \gset
CREATE DATABASE regress_rights;
GRANT CREATE ON DATABASE regress_rights TO regress_rights_plain;
\c regress_rights
GRANT CREATE ON SCHEMA public TO regress_rights_plain;
SET SESSION AUTHORIZATION regress_rights_plain;
CREATE EXTENSION campaign;
CREATE SCHEMA campaign;
RESET SESSION AUTHORIZATION;
-- Since 18 the server says where in the script it was.
\set SHOW_CONTEXT never
CREATE EXTENSION campaign;
CREATE EXTENSION campaign SCHEMA campaign;
DROP SCHEMA campaign;
CREATE EXTENSION campaign SCHEMA campaign;
SET SESSION AUTHORIZATION regress_rights_plain;
CREATE SCHEMA campaign_data;
RESET SESSION AUTHORIZATION;
CREATE EXTENSION campaign;
CREATE EXTENSION campaign SCHEMA campaign_data;
DROP SCHEMA campaign_data;
\set SHOW_CONTEXT errors
-- A function of somebody's in the way of each of ours.
CREATE FUNCTION obstruct(signature text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	identity text := regexp_replace(signature, '(, |\m)OUT \w+ \w+( with time zone|\[\])?', '', 'g');
BEGIN
	EXECUTE format('CREATE FUNCTION public.%s RETURNS text LANGUAGE sql AS ''SELECT NULL::text''', identity);
	EXECUTE format('ALTER FUNCTION public.%s OWNER TO regress_rights_plain', identity);
	BEGIN
		CREATE EXTENSION campaign;
	EXCEPTION WHEN OTHERS THEN
		EXECUTE format('DROP FUNCTION public.%s', identity);
		RETURN sqlstate;
	END;
	RETURN 'created';
END $$;
SELECT obstruct(signature) AS sqlstate, count(*) > 30 AS many FROM json_array_elements_text(:'functions') signature GROUP BY 1;
-- With nothing in the way it installs, into a schema of one's own, too; nothing
-- of it stays when it goes.
CREATE SCHEMA "an odd schema";
CREATE EXTENSION campaign SCHEMA "an odd schema";
SELECT count(*) > 30 AS many FROM pg_proc WHERE pronamespace = '"an odd schema"'::regnamespace;
SET search_path = "an odd schema", public;
CREATE TABLE t (id int PRIMARY KEY);
SELECT campaign_dimension('t'), campaign_create('odd', 't'), campaign_add_audience('odd', 'all');
DROP EXTENSION campaign;
SELECT nspname FROM pg_namespace WHERE nspname ~ 'campaign';
\c :home
SET client_min_messages = warning;
DROP DATABASE regress_rights WITH (FORCE);

-- Nothing is left behind.
\set VERBOSITY terse
SELECT campaign_stop(:ann_run), campaign_stop(:bob_run);
SELECT campaign_drop(c) FROM unnest(ARRAY['ann', 'bob', 'ann running', 'bob running']) c;
SELECT campaign_audience_drop('ann'), campaign_audience_drop('bob');
SELECT campaign_unsuppress('email', 'of_boss@example.com');
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner ~ 'regress_rights';
DELETE FROM campaign.dimension WHERE owner_name ~ 'regress_rights';
DELETE FROM campaign.parked_event;
DELETE FROM campaign.log WHERE role_name ~ 'regress_rights' OR campaign ~ '^(ann|bob)';
DELETE FROM campaign.lost_lease l WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = l.holder AND r.rolname !~ '^regress_rights');
DROP SCHEMA rights CASCADE;
DROP OWNED BY regress_rights_boss, regress_rights_ann, regress_rights_bob, regress_rights_member, regress_rights_noinherit,
	regress_rights_nologin, regress_rights_plain, regress_rights_outsider;
DROP ROLE regress_rights_boss, regress_rights_ann, regress_rights_bob, regress_rights_member, regress_rights_noinherit,
	regress_rights_nologin, regress_rights_plain, regress_rights_outsider;
