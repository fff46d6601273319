-- Would fail if who edits a campaign, or has nothing to do with it, could have
-- code executed by whoever only looks, or bring the server down with his own.
\set VERBOSITY terse
CREATE ROLE regress_trojan_owner LOGIN;
CREATE ROLE regress_trojan_editor LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_trojan_owner, regress_trojan_editor;
CREATE SCHEMA trojan AUTHORIZATION regress_trojan_owner;
CREATE SCHEMA horse AUTHORIZATION regress_trojan_editor;
GRANT USAGE ON SCHEMA horse TO PUBLIC;

SET SESSION AUTHORIZATION regress_trojan_editor;
SET search_path = horse, public;
CREATE TABLE canary (place text, who name, session name);
GRANT INSERT ON canary TO PUBLIC;
CREATE FUNCTION act(place text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO horse.canary VALUES (place, current_user, session_user);
	RETURN true;
END $$;
CREATE DOMAIN word AS text CHECK (horse.act(VALUE));
CREATE DOMAIN plain AS text;
CREATE TYPE pair AS (a integer, b word);
CREATE TYPE span AS RANGE (SUBTYPE = word);
CREATE DOMAIN words AS word[];
CREATE FUNCTION takes(pair[]) RETURNS boolean LANGUAGE sql AS 'SELECT true';

SET SESSION AUTHORIZATION regress_trojan_owner;
SET search_path = trojan, public;
CREATE TABLE people (id bigint PRIMARY KEY, email text, tags horse.plain[]);
INSERT INTO people SELECT n, n || '@example.com', '{a}' FROM generate_series(1, 3) n;
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
SELECT campaign_create('mine', 'people');
SELECT campaign_add_audience('mine', 'all');
SELECT campaign_publish('mine');
SELECT campaign_grant('mine', 'regress_trojan_editor', 'edit');

-- Literals whose reading executes something are refused, wherever they stand.
SET SESSION AUTHORIZATION regress_trojan_editor;
SET search_path = horse, public;
SELECT campaign_add_audience('mine', 'x', filter => $$'{a}'::word[] IS NULL$$);
SELECT campaign_add_audience('mine', 'x', filter => $$'{a}'::words IS NULL$$);
SELECT campaign_add_audience('mine', 'x', filter => $$'(1,a)'::pair IS NULL$$);
SELECT campaign_add_audience('mine', 'x', filter => $$pair '(1,a)' IS NULL$$);
SELECT campaign_add_audience('mine', 'x', filter => $$'[a,b]'::span IS NULL$$);
SELECT campaign_add_audience('mine', 'x', filter => $$'{[a,b]}'::span_multirange IS NULL$$);
SELECT campaign_add_audience('mine', 'x', filter => $$takes('{"(1,a)"}')$$);
SELECT campaign_add_audience('mine', 'x', filter => $$ARRAY['(1,a)']::pair[] IS NULL$$);
SELECT campaign_add_audience('mine', 'x', filter => $$NULL::word[] IS DISTINCT FROM '{a}'$$);
SELECT campaign_add_audience('mine', 'x', filter => $$EXISTS (SELECT FROM (VALUES (NULL::word[]), ('{a}')) v)$$);
SELECT campaign_add_audience('mine', 'x', filter => $$EXISTS (WITH RECURSIVE r (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM r WHERE a < 2)
	CYCLE a SET c TO _word '{a}' DEFAULT _word '{b}' USING p SELECT FROM r)$$);
SELECT campaign_add('mine', 'x', 'sql', '{"query": "SELECT id FROM trojan.people WHERE ''{a}''::horse.word[] IS NOT NULL"}');
SELECT campaign_add('mine', 'x', 'split', '{"outcomes": [{"name": "a", "filter": "''(1,a)''::horse.pair IS NULL"}]}', after => 'all');
-- Those of rule trees too; the check of a domain itself waits for the run.
SELECT campaign_add('mine', 'added', 'enrich', '{"columns": {"w": "text ''a''::horse.word", "p": "NULL::horse.word[]"}}', after => 'all');
SELECT campaign_add('mine', 'by_words', 'split', '{"outcomes": [{"name": "a", "filter": {"attribute": "p", "operator": "equal", "value": "{a}"}}]}', after => 'added');
SELECT campaign_add('mine', 'by_word', 'split', '{"outcomes": [{"name": "a", "filter": {"attribute": "w", "operator": "equal", "value": "a"}}]}', after => 'added');
-- What is read when it is executed may be written, and harmless types as ever.
SELECT campaign_add_audience('mine', 'later', filter => $$CAST(text '{a}' AS word[]) IS NOT NULL AND tags = '{b}' AND '[1,2]'::int4range @> 1$$);
SELECT campaign_add_audience('mine', 'wrong', filter => $$id = 'one'$$);

-- Whoever looks at it executes nothing of it.
SELECT count(*) FROM campaign_check('mine');
SET SESSION AUTHORIZATION regress_trojan_owner;
SET search_path = trojan, public;
SELECT severity, code FROM campaign_check('mine');
SELECT length(campaign_hash('mine'));
SELECT count(*) > 0 AS shown FROM campaign_diff('mine');
SELECT campaign_graph('mine') <> '' AS drawn;
RESET SESSION AUTHORIZATION;
SELECT * FROM horse.canary;

-- The log of a campaign that is gone is not shown by the next of its name.
SET SESSION AUTHORIZATION regress_trojan_owner;
SELECT campaign_create('name', 'people');
SELECT campaign_drop('name');
SET SESSION AUTHORIZATION regress_trojan_editor;
CREATE TABLE horse.own (id bigint PRIMARY KEY);
INSERT INTO horse.own VALUES (1), (2);
SET search_path = horse, public;
SELECT campaign_dimension('own');
SELECT campaign_create('name', 'own');
SELECT campaign_grant('name', 'regress_trojan_editor', 'view');
SELECT event, message, owner = 'regress_trojan_editor'::regrole AS own FROM campaign.log WHERE campaign = 'name' ORDER BY log_id;

-- Functions that explain or rehearse while they are planned or executed.
SELECT campaign_add_audience('name', 'all');
SELECT campaign_add_end('name', 'end', after => 'all');
CREATE FUNCTION explains() RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$BEGIN PERFORM public.campaign_explain('name'); RETURN true; END$$;
CREATE FUNCTION rehearses() RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$BEGIN PERFORM public.campaign_simulate('name'); RETURN true; END$$;
SELECT campaign_publish('name');
SELECT campaign_create('outer', 'own', settings => '{"variables": {"v": {"type": "text", "query": "SELECT ''published''"}}}');
SELECT campaign_add_audience('outer', 'all', filter => 'explains()');
SELECT count(*) FROM campaign_explain('outer');
SELECT campaign_alter('outer', 'all', '{"filter": "rehearses() AND vars.v = ''published''"}');
SELECT campaign_add_end('outer', 'end', after => 'all');
SELECT count(*) FROM campaign_explain('outer');
SELECT campaign_publish('outer');
-- What is evaluated is what was published, not what the draft says now.
SELECT campaign_define(jsonb_set(campaign_export('outer')::jsonb, '{settings,variables,v,query}', '"SELECT ''draft''"')) IS NOT NULL AS defined;
SELECT campaign_start('outer') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT activity, state, rows_out, error FROM campaign.run_progress WHERE run_id = :run;

-- Tables that options name: after the editor has swapped them, nothing is read
-- from them or written to them; his own table, too, must be the one it was. The
-- owner's may be swapped by the owner.
RESET SESSION AUTHORIZATION;
CREATE SCHEMA market;
GRANT ALL ON SCHEMA market TO regress_trojan_owner, regress_trojan_editor;
SET SESSION AUTHORIZATION regress_trojan_owner;
SET search_path = market, trojan, public;
CREATE TABLE arrivals AS SELECT 1::bigint AS id;
CREATE TABLE cards (id bigint PRIMARY KEY, points int);
CREATE TABLE written (id bigint);
SELECT campaign_dimension('trojan.people', 'visitors', addresses => '{"email": "email"}');
SELECT campaign_create('market', dimension => 'visitors');
SELECT campaign_add_read_audience('market', 'reads', source => 'arrivals');
SELECT campaign_add_audience('market', 'all');
SELECT campaign_add_update_data('market', 'changes', after => 'all', operation => 'upsert', target => 'cards', by => '{"id": "id"}', fields => '[{"column": "points", "value": "1"}]');
SELECT campaign_add_extract_file('market', 'writes', after => 'all', relation => 'written');
SELECT campaign_add_extract_file('market', 'makes', after => 'all', relation => 'made');
SELECT campaign_publish('market');
SELECT campaign_start('market') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_out FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
SELECT campaign_stop(:run);
-- By the owner.
DROP TABLE written, made;
CREATE TABLE written (id bigint);
CREATE TABLE made (id bigint);
SELECT campaign_start('market') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_out FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
DROP TABLE arrivals, cards, written, made;
-- By somebody else.
SET SESSION AUTHORIZATION regress_trojan_editor;
SET search_path = market;
CREATE TABLE arrivals AS SELECT 1::bigint AS id;
CREATE TABLE cards (id bigint PRIMARY KEY, points int);
CREATE TABLE written (id bigint);
CREATE TABLE made (id bigint);
GRANT ALL ON arrivals, cards, written, made TO PUBLIC;
SET SESSION AUTHORIZATION regress_trojan_owner;
SET search_path = trojan, public;
SELECT campaign_start('market') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_out, error FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
SELECT (SELECT count(*) FROM market.cards) + (SELECT count(*) FROM market.written) + (SELECT count(*) FROM market.made) AS leaked;
SELECT campaign_stop(:run);
-- Published again it is what was meant; his table cannot become another's either.
SELECT campaign_publish('market');
SELECT campaign_start('market') AS run \gset
SELECT campaign_wait(:run);
SELECT (SELECT count(*) FROM market.cards) + (SELECT count(*) FROM market.written) + (SELECT count(*) FROM market.made) AS written;
RESET SESSION AUTHORIZATION;
ALTER TABLE market.written OWNER TO CURRENT_USER;
SET SESSION AUTHORIZATION regress_trojan_owner;
SELECT campaign_start('market') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL ORDER BY activity;
SELECT campaign_stop(:run);
SELECT campaign_drop('market');

RESET SESSION AUTHORIZATION;
SET client_min_messages = error;
SET ROLE regress_trojan_owner;
SELECT campaign_drop('mine');
SET ROLE regress_trojan_editor;
SELECT campaign_drop('outer'), campaign_drop('name');
RESET ROLE;
DROP SCHEMA trojan, horse, market CASCADE;
DROP OWNED BY regress_trojan_owner, regress_trojan_editor;
DROP ROLE regress_trojan_owner, regress_trojan_editor;
