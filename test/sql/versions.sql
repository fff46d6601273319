-- Would fail if a draft could not be edited beside a running version, two versions
-- differed in what nobody changed, a template were published or made into a
-- campaign with text in place of a value, or an import did not name all it lacks.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
SET lc_messages = 'C';
CREATE ROLE regress_versions LOGIN;
CREATE ROLE regress_versions_other LOGIN;
CREATE ROLE regress_versions_asked;
GRANT USAGE ON SCHEMA campaign TO regress_versions, regress_versions_other;
CREATE SCHEMA versions AUTHORIZATION regress_versions;
SELECT campaign_channel('regress_versions_mail', 'email');
SET SESSION AUTHORIZATION regress_versions;
SET search_path = versions, public;
CREATE TABLE people (id bigint PRIMARY KEY, email text, score integer);
INSERT INTO people SELECT g, 'p' || g || '@example.com', g FROM generate_series(1, 20) g;
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
SELECT campaign_template('welcome', 'email', 'Hello', 'You');
SELECT campaign_rule('seldom', 'pressure', '{"messages": 1, "per": "1 week"}');

-- O1: the draft is edited while a version runs; the next run is of the next version.
SELECT campaign_create('versions', dimension => 'people', description => 'first', settings => '{"variables": {"least": {"type": "integer", "default": 15}}}');
SELECT campaign_add_audience('versions', 'some', filter => 'score > vars.least');
SELECT campaign_add_wait('versions', 'pause', after => 'some', duration => '1 hour');
SELECT campaign_add_email('versions', 'mail', after => 'pause', template => 'welcome', options => '{"rules": "seldom"}');
SELECT campaign_publish('versions');
SELECT count(*) FROM campaign_diff('versions');
SELECT count(*) FROM campaign_diff('versions', 1, 1);
SELECT campaign_start('versions') AS run \gset
CALL campaign_work();
SELECT campaign_alter('versions', 'some', '{"filter": "score > vars.least + 2", "skip_empty": true}');
SELECT campaign_remove('versions', 'pause');
SELECT campaign_connect('versions', 'some', 'mail');
SELECT campaign_add_end('versions', 'done', after => 'mail');
SELECT campaign_define(jsonb_set(campaign_export('versions'), '{settings}', '{"priority": 7, "variables": {"least": {"type": "integer", "default": 10}, "word": {"type": "text"}}}') || '{"description": null}');
-- What others changed counts as well.
SELECT campaign_template('welcome', 'email', 'Good morning', 'You');
SELECT campaign_rule('seldom', 'pressure', '{"messages": 2, "per": "1 week"}');
SELECT campaign_dimension('people', addresses => '{"email": "lower(email)"}');
SELECT * FROM campaign_diff('versions');
SELECT count(*) FROM campaign_diff('versions', 1, 0) EXCEPT SELECT count(*) FROM campaign_diff('versions', NULL, NULL);
SELECT part, name, member, change FROM campaign_diff('versions', 0, 1) WHERE part IN ('activity', 'transition');
SELECT campaign_publish('versions');
SELECT count(*) FROM campaign_diff('versions', 2, 0);
SELECT count(*) FROM (SELECT * FROM campaign_diff('versions', 1, 2) EXCEPT SELECT * FROM campaign_diff('versions', 1, 2)) d;
SELECT part, count(*) FROM campaign_diff('versions', 1, 2) GROUP BY part ORDER BY part;
SELECT campaign_hurry(:run);
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run ORDER BY source, outcome;
SELECT campaign_start('versions') AS run2 \gset
CALL campaign_work();
SELECT campaign_wait(:run2);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run2 ORDER BY source, outcome;
SELECT v.number FROM campaign.log l, LATERAL (SELECT substr(l.message, 9) AS number) v WHERE l.run_id IN (:run, :run2) AND l.event = 'start' ORDER BY l.log_id;
SELECT campaign_unpublish('versions');
SELECT * FROM campaign_diff('versions', 3, 0);
SELECT * FROM campaign_diff('versions', -1, 0);
SELECT * FROM campaign_diff('nothing');
SELECT * FROM campaign_diff(NULL);
-- A draft that could not be published can be compared.
SELECT campaign_template_drop('welcome');
SELECT part, name, member, change, before, after FROM campaign_diff('versions');
SELECT campaign_template('welcome', 'email', 'Good morning', 'You');
SET SESSION AUTHORIZATION regress_versions_other;
SELECT * FROM campaign_diff('versions');
SET SESSION AUTHORIZATION regress_versions;

-- Templates of campaigns.
SELECT campaign_define(campaign_export('versions') || '{"name": "model", "settings": {"template": true, "variables": {"least": {"type": "integer"}, "word": {"type": "text"}, "day": {"type": "date", "default": "2030-01-01"}}}}');
SELECT campaign_alter('model', 'some', '{"filter": "email <> vars.word AND score > vars.least AND vars.day > ''2029-01-01''"}');
SELECT campaign_publish('model');
SELECT campaign_start('model');
SELECT campaign_duplicate('model', 'of model');
SELECT campaign_duplicate('model', 'of model', '{"least": 3}');
SELECT campaign_duplicate('model', 'of model', '{"least": 3, "word": null}');
SELECT campaign_duplicate('model', 'of model', '{"least": "3 OR true", "word": "x"}');
SELECT campaign_duplicate('model', 'of model', '{"least": 3, "word": "x", "wrod": 1}');
SELECT campaign_duplicate('model', 'of model', '[1]');
SELECT campaign_duplicate('model', 'of model', '{"least": 18, "word": "'' OR true; DROP TABLE people --"}');
SELECT campaign_export('of model') -> 'settings';
SELECT count(*) FROM campaign_diff('of model', 0, 0);
SELECT campaign_publish('of model');
SELECT campaign_start('of model') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source = 'some' ORDER BY outcome;
SELECT campaign_start('of model', '{"word": "p20@example.com"}') AS run \gset
SELECT campaign_wait(:run);
SELECT outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source = 'some' ORDER BY outcome;
-- Of any campaign other values, or the same ones.
SELECT campaign_duplicate('versions', 'plain', '{"least": 5}');
SELECT * FROM campaign_diff('plain', 0, 0);
SELECT campaign_export('plain') #> '{settings,variables,least,default}';
SELECT campaign_duplicate('versions', 'plain too', '{}');
SELECT campaign_export('plain too') - 'name' = campaign_export('versions') - 'name' AS equal;
SELECT campaign_create('no', dimension => 'people', settings => '{"template": 1}');

-- Z1: import: the same here, all that is missing where it is.
SELECT campaign_import(campaign_export('versions'));
SELECT campaign_import(campaign_export('versions'), 'imported');
SELECT campaign_export('imported') - 'name' = campaign_export('versions') - 'name' AS equal;
SELECT campaign_import(campaign_export('versions'), '');
SELECT campaign_import('[]');
SELECT campaign_import('{"name": "x"}');
SELECT campaign_import(NULL);
SELECT campaign_create('much', dimension => 'people');
SELECT campaign_add_audience('much', 'some', filter => 'score > 1');
SELECT campaign_add_approval('much', 'ask', after => 'some', question => '?', roles => 'regress_versions_asked');
SELECT campaign_add_email('much', 'mail', after => 'ask.approved', template => 'welcome', options => '{"rules": "seldom", "channel": "regress_versions_mail"}');
SELECT campaign_template('foot', body => 'Bye');
SELECT campaign_add_email('much', 'mail2', after => 'ask.rejected', subject => '{{ score }} {{> foot}}', body => '{{ email }}');
CREATE TEMP TABLE document AS SELECT campaign_export('much') AS d;
GRANT SELECT ON document TO regress_versions_other;
RESET SESSION AUTHORIZATION;
SELECT campaign_drop('much');
SELECT campaign_channel_drop('regress_versions_mail');
DROP ROLE regress_versions_asked;
SET SESSION AUTHORIZATION regress_versions_other;
SELECT campaign_import(d) FROM document;
SELECT count(*) FROM campaign_export('much');
-- With a dimension that lacks columns.
RESET SESSION AUTHORIZATION;
CREATE SCHEMA versions_other AUTHORIZATION regress_versions_other;
SET SESSION AUTHORIZATION regress_versions_other;
SET search_path = versions_other, public;
CREATE TABLE people (id bigint PRIMARY KEY, mail text);
SELECT campaign_dimension('people', addresses => '{"email": "mail"}');
SELECT campaign_import(jsonb_set(d, '{name}', '"much again"')) FROM document;
-- Saved filters, all of them, also where the dimension is missing.
SELECT campaign_import('{"name": "filtered", "dimension": "nowhere", "activities": [
	{"name": "a", "kind": "audience", "options": {"filter": {"and": [{"saved": "loyal"}, {"not": {"saved": "lost", "parameters": {"n": 1}}}]}}},
	{"name": "b", "kind": "split", "options": {"outcomes": [{"name": "x", "filter": {"saved": "loyal"}}, {"name": "y", "filter": {"saved": "third"}}]}}]}');
SELECT campaign_import('{"name": "filtered", "dimension": "people", "activities": [
	{"name": "a", "kind": "audience", "options": {"filter": {"and": [{"saved": "loyal"}, {"saved": "lost"}]}}}]}');
-- How it hangs together is not the question.
SELECT campaign_import('{"name": "loose", "dimension": "people", "activities": [{"name": "a", "kind": "audience"}, {"name": "b", "kind": "fork"}]}');

RESET SESSION AUTHORIZATION;
SELECT campaign_drop(name) FROM campaign.campaign WHERE owner_name LIKE 'regress_versions%';
DROP SCHEMA versions, versions_other CASCADE;
DROP OWNED BY regress_versions, regress_versions_other;
DROP ROLE regress_versions, regress_versions_other;
