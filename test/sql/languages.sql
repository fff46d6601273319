-- A wrong edition reaches people in a language they do not read, or with the
-- values of another edition's expressions.
\set VERBOSITY terse
CREATE ROLE regress_languages LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_languages;
CREATE SCHEMA languages AUTHORIZATION regress_languages;
SET search_path = languages, public;
SET SESSION AUTHORIZATION regress_languages;
CREATE TABLE people (id int PRIMARY KEY, name text, email text, language text);
INSERT INTO people SELECT n, 'Name ' || n, 'p' || n || '@example.com', language
FROM unnest('{fr,FR,fr-CA,fr_BE,pt-BR,pt_br,PT-PT,pt,de,en,fra,f,-fr,NULL," fr ","","fr''; --"}'::text[]) WITH ORDINALITY l (language, n);
SELECT campaign_dimension('people', addresses => '{"email": "email", "sms": "email", "custom": "email"}', consent => '{"email": "true", "sms": "true", "custom": "true"}', language => 'language');

-- Only the expressions of the right edition are evaluated.
CREATE SEQUENCE calls;
CREATE FUNCTION counted(value text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM nextval('languages.calls'); RETURN value; END $$;
SELECT campaign_create('languages', dimension => 'people');
SELECT campaign_add_audience('languages', 'everybody');
SELECT campaign_add_email('languages', 'mail', after => 'everybody', category => 'transactional',
	subject => 'Hello {{ name }}', body => '<p>{{ id }} {{ name }}</p>', text => 'Default {{ id * 2 }}', languages => '{
	"fr": {"subject": "Bonjour {{ counted(name) }}", "body": "<p>{{ counted(name) }} {{ id * 3 }}</p>"},
	"fr-CA": {"subject": "Allo"},
	"pt_BR": {"body": "<p>{{#if 1 / (id - 5) = 0}}Oi{{/if}}</p>", "text": "Texto"},
	"de": {}}');
SELECT campaign_add_custom('languages', 'call', after => 'everybody', attributes => '{"a": "{{ id }}", "b": "default"}',
	languages => '{"FR": {"attributes": {"b": "français", "c": "{{ name }}"}}}');
SELECT * FROM campaign_check('languages');
SELECT edition, language, subject, body, attributes->>'text' AS text FROM campaign_preview('languages', 'mail', '4');
UPDATE people SET id = 105 WHERE id = 5;
SELECT campaign_publish('languages');
SELECT campaign_start('languages') AS run \gset
SELECT campaign_wait(:run);
CREATE TEMP TABLE claimed AS SELECT * FROM campaign_claim('email', 1000);
SELECT p.id, p.language, c.subject, c.body, c.attributes->>'text' AS text FROM claimed c JOIN people p ON p.id = (attributes->>'recipient')::int ORDER BY 1;
SELECT last_value FROM calls;
SELECT attributes - 'campaign' - 'activity' AS attributes FROM campaign_claim('custom', 1000) WHERE attributes->>'recipient' IN ('1', '9') ORDER BY 1;
SELECT count(*) FROM (SELECT DISTINCT lease FROM claimed) l, campaign_ack(lease);
SELECT * FROM campaign_verify(:run);
SELECT campaign_drop('languages');

-- A key that is not unique, in a view: everybody gets one message, of the
-- edition of one of his rows; addresses are shared over languages.
CREATE TABLE facts (id int, email text, language text);
INSERT INTO facts SELECT g % 100, 'p' || g % 50 || '@example.com', (ARRAY['fr', 'de', 'en', NULL])[1 + g % 7 % 4] FROM generate_series(1, 3000) g;
CREATE VIEW doubled AS SELECT * FROM facts;
SELECT campaign_dimension('doubled', key => 'id', addresses => '{"email": "email"}', consent => '{"email": "true"}', language => 'language');
SELECT campaign_create('doubled', dimension => 'doubled');
SELECT campaign_add_audience('doubled', 'everybody');
SELECT campaign_add_email('doubled', 'one', after => 'everybody', category => 'transactional', subject => '{{ id }}', body => 'en', languages => '{"fr": {"body": "fr"}, "de": {"body": "de"}}');
SELECT campaign_add_email('doubled', 'each', after => 'everybody', category => 'transactional', one_per_address => false,
	subject => '{{ id }}', body => 'en', languages => '{"fr": {"body": "fr"}, "de": {"body": "de"}}');
SELECT campaign_publish('doubled');
SELECT campaign_start('doubled') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, count(*), count(DISTINCT recipient), count(DISTINCT address) FROM campaign.message WHERE run_id = :run GROUP BY 1 ORDER BY 1;
SELECT activity, count(DISTINCT recipient) FROM (SELECT activity, recipient FROM campaign.excluded WHERE run_id = :run AND reason <> 'duplicate'
	UNION ALL SELECT activity, recipient FROM campaign.message WHERE run_id = :run) r GROUP BY 1 HAVING count(*) = count(DISTINCT recipient) ORDER BY 1;
SELECT * FROM campaign_verify(:run);
SELECT campaign_drop('doubled');

-- What is refused, and doubts.
\set VERBOSITY default
SELECT campaign_create('refused', dimension => 'people');
SELECT campaign_add_audience('refused', 'everybody');
CREATE TEMP TABLE tried (n int, languages jsonb);
INSERT INTO tried VALUES (1, '[]'), (2, '"fr"'), (3, '{"fr": "x"}'), (4, '{"fr": {"subjekt": "x"}}'), (5, '{"fr": {"subject": 1}}'),
	(6, '{"f": {}}'), (7, '{"": {}}'), (8, '{"fr ca": {}}'), (9, '{"fr-": {}}'), (10, '{"fr-CA": {}, "FR_ca": {}}'), (11, '{"fr": {"body": "{{ nothing }}"}}'),
	(12, '{"fr": {"body": "{{ id"}}'), (13, '{"fr": {"subject": "a\nb"}}'), (14, '{"fr": null}'), (15, '{"fr": {"body": null}}'),
	(16, jsonb_build_object('fr', jsonb_build_object('body', repeat('x', 1048577)))), (17, jsonb_build_object(repeat('a', 100000), '{}'::jsonb)),
	(18, (SELECT jsonb_object_agg('aa-' || g, '{}'::jsonb) FROM generate_series(1, 101) g)), (19, '{"template": {"body": "x"}, "body": {"body": "x"}}');
DO $$
DECLARE
	t record;
	hint text;
BEGIN
	FOR t IN SELECT * FROM tried ORDER BY n LOOP
		BEGIN
			PERFORM campaign_add_email('refused', 'mail', after => 'everybody', subject => 's', body => 'b', languages => t.languages);
			RAISE WARNING '%: accepted', t.n;
			PERFORM campaign_remove('refused', 'mail');
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
			RAISE WARNING '%: % % / %', t.n, SQLSTATE, left(SQLERRM, 100), hint;
		END;
	END LOOP;
END $$;
SELECT campaign_add_sms('refused', 'sms', after => 'everybody', body => 'a', languages => jsonb_build_object('ru', jsonb_build_object('body', repeat('ж', 71))));
SELECT campaign_add_email('refused', 'mail', after => 'everybody', subject => 's', body => '<a href="/unsubscribe">x</a>', languages => '{"fr": {"body": "<b>x"}}');
SELECT campaign_dimension('people', addresses => '{"email": "email", "sms": "email"}', consent => '{"email": "true", "sms": "true"}');
SELECT activity, severity, code, message FROM campaign_check('refused');

-- Templates may be named in a language.
SELECT campaign_template('french', 'email', 'Bonjour', '<p>Bonjour</p>');
SELECT campaign_dimension('people', addresses => '{"email": "email"}', language => 'language');
SELECT campaign_create('named', dimension => 'people');
SELECT campaign_add_audience('named', 'everybody');
SELECT campaign_add_email('named', 'mail', after => 'everybody', category => 'transactional', subject => 'Hello', body => '<p>Hello</p>', languages => '{"fr": {"template": "french", "subject": "Salut"}}');
SELECT campaign_publish('named');
SELECT language, subject, body FROM campaign_preview('named', 'mail', '1', version => 1);

-- Nothing is left behind.
SELECT campaign_drop('named');
SELECT campaign_drop('refused');
SELECT campaign_template_drop('french');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_languages';
DELETE FROM campaign.log WHERE role_name = 'regress_languages';
SET client_min_messages = warning;
DROP SCHEMA languages CASCADE;
DROP OWNED BY regress_languages;
DROP ROLE regress_languages;
