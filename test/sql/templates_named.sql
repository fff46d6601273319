-- A template that changes under a published campaign, or a snippet that lets
-- its author out of the place it stands in, reaches everybody at once.
CREATE ROLE regress_named_ann LOGIN;
CREATE ROLE regress_named_bob LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_named_ann, regress_named_bob;
CREATE SCHEMA named;
GRANT ALL ON SCHEMA named TO PUBLIC;
SET search_path = named, public;
SET SESSION AUTHORIZATION regress_named_ann;
CREATE TABLE people (id int PRIMARY KEY, name text, email text);
INSERT INTO people VALUES (1, 'Jean & Marie', 'jm@example.com'), (2, 'O"Brien', 'ob@example.com');
SELECT campaign_dimension('people', addresses => '{"email": "email"}');

-- ---------------------------------------------------------------------------
-- Versions
-- ---------------------------------------------------------------------------

SELECT campaign_template('footer', body => '<p>Yours, {{ upper(name) }}</p>', description => 'at the end');
SELECT campaign_template('greeting', 'email', 'Hello {{ name }}', '<p title="{{> name of the person }}">Hi</p>{{> footer }}');
SELECT campaign_template('name of the person', body => '{{ name }}');
SELECT campaign_template('greeting', 'email', 'Hello {{> name of the person }}',
	'<p title="{{> name of the person }}">Hi</p>{{>footer}}');
SELECT campaign_template('greeting', 'email', 'Hello {{> name of the person }}!',
	'<p title="{{> name of the person }}">Hi</p>{{> footer }}');
SELECT name, number, channel, subject, body, parts, description, owner, newest
FROM campaign.template_version ORDER BY name, number;

-- ---------------------------------------------------------------------------
-- Activities: what they say themselves wins; what is published stays
-- ---------------------------------------------------------------------------

SELECT campaign_create('named', dimension => 'people');
SELECT campaign_add_audience('named', 'everybody');
SELECT campaign_add_email('named', 'mail', template => 'greeting', category => 'transactional', after => 'everybody');
SELECT campaign_add_email('named', 'other', 'Own {{> name of the person}}', template => 'greeting',
	category => 'transactional', after => 'mail');
SELECT campaign_add_email('named', 'wrong', template => 'greetings', after => 'other');
SELECT campaign_add_email('named', 'wrong', template => 'footer', after => 'other');
SELECT campaign_add_email('named', 'wrong', 'subject alone', after => 'other');
SELECT campaign_export('named') -> 'activities' -> 1 -> 'options' AS draft;
SELECT campaign_publish('named');
SELECT jsonb_pretty(campaign_export('named', 1) -> 'activities' -> 2 -> 'options') AS published;
SELECT campaign_template('greeting', 'email', 'Changed', 'Changed');
SELECT campaign_template('footer', body => 'Changed');
SELECT campaign_start('named') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, address, subject, body FROM campaign_claim('email') JOIN campaign.message USING (message_id, address)
ORDER BY activity, address;
SELECT * FROM campaign_verify(:run);
-- Definitions go out and in, of the draft and of a version.
SELECT campaign_export('named') AS draft, campaign_export('named', 1) AS version \gset
SELECT campaign_define(:'version');
SELECT campaign_export('named') = :'version'::jsonb;
SELECT campaign_publish('named');
SELECT campaign_export('named', 2) = :'version'::jsonb;
SELECT campaign_define(:'draft');
SELECT campaign_export('named') = :'draft'::jsonb;

-- ---------------------------------------------------------------------------
-- What is missing, and what goes round
-- ---------------------------------------------------------------------------

SELECT campaign_template_drop('greting');
SELECT campaign_template_drop('footer');
SELECT campaign_template('greeting', 'email', 'Hello', '{{> fotter }}');
SELECT campaign_template('fotter', body => 'so');
SELECT campaign_template('greeting', 'email', 'Hello', '{{> fotter }}');
SELECT campaign_template_drop('fotter');
SELECT severity, activity, code, message, hint FROM campaign_check('named') WHERE code <> 'no_consent';
SELECT campaign_publish('named');
SELECT campaign_template_drop('greeting');
SELECT severity, activity, code, message, hint FROM campaign_check('named') WHERE code <> 'no_consent';
SELECT campaign_template('a', body => 'a');
SELECT campaign_template('b', body => '{{> a }}');
SELECT campaign_template('c', body => '{{> b }}{{> a }}');
SELECT campaign_template('a', body => '{{> a }}');
SELECT campaign_template('a', body => '{{#if true}}{{> c }}{{/if}}');
SELECT campaign_template('mail', 'email', 'x', '{{> mail }}');
SELECT campaign_template('d' || n, body => CASE n WHEN 1 THEN '1' ELSE format('{{> d%s }}', n - 1) END)
FROM generate_series(1, 8) n;
SELECT campaign_template('d9', body => '{{> d8 }}');
SELECT campaign_template('d9', body => '{{> d7 }}');
SELECT campaign_template('mail', 'email', 'x', '{{> d8 }}');
SELECT campaign_template('mail', 'email', 'x', '{{> d9 }}');

-- ---------------------------------------------------------------------------
-- Wrong and hostile ones
-- ---------------------------------------------------------------------------

SELECT campaign_template(NULL);
SELECT campaign_template('');
SELECT campaign_template(repeat('x', 201), body => 'x');
SELECT campaign_template('x');
SELECT campaign_template('x', 'emial', 'x', 'x');
SELECT campaign_template('x', subject => 'x');
SELECT campaign_template('x', 'email', 'x', 'x', '{"boddy": "x"}');
SELECT campaign_template('x', 'email', 'x', 'x', '{"body": 1}');
SELECT campaign_template('x', 'email', 'x', 'x', '[]');
SELECT campaign_template('x', 'email', E'two\nlines', 'x');
SELECT campaign_template('x', 'email', 'x', '<script>{{ name }}</script>');
SELECT campaign_template('x', 'email', 'x', '{{ name +* }}');
-- A snippet is whole: tags and blocks that begin in it end in it.
SELECT campaign_template('half', body => '{{#if true}}');
SELECT campaign_template('half', body => 'x{{else}}y');
SELECT campaign_template('half', body => '{{/each}}');
SELECT campaign_template('half', body => '{{ name');
SELECT campaign_template('half', body => 'name }}');
SELECT campaign_template('half', body => 'name {');
SELECT campaign_template('x', body => '{{> half');
SELECT campaign_template('x', body => '{{> }}');
SELECT campaign_template('x', body => '{{>');
SELECT campaign_template('x', body => '{{> half {{ name }} }}');
SELECT campaign_template('x', body => '{{ ''{{> not a snippet }}'' }}');
-- It is escaped for where it stands, and refused where no value may stand.
SELECT campaign_template('value', body => '{{ name }}');
SELECT campaign_template('x', 'email', 'x', '<p style="{{> value }}">');
SELECT campaign_template('x', 'email', 'x', '<script>{{> value }}</script>');
SELECT campaign_template('markup', body => '"><script>');
SELECT campaign_template('x', 'email', 'x', '<a href="{{> markup }}{{ name }}</script>');
-- An item belongs to the block around the place.
SELECT campaign_template('line', body => '{{ item.name }}');
SELECT campaign_template('x', 'email', 'x', '{{#each (SELECT ''[{"name": 1}]''::jsonb)}}{{> line }}{{/each}}');
-- Names may be strange, and sizes too.
SELECT campaign_template($$o'brien "x" \ $1$$, body => 'strange');
SELECT campaign_template('x', 'email', 'x', $$<p>{{> o'brien "x" \ $1 }}$$);
SELECT campaign_template('x', 'email', '{{> value }}', repeat('x', 1024 * 1024));
SELECT campaign_template('x', 'email', '{{> value }}', repeat('x', 1024 * 1024 + 1));
SELECT campaign_template('big', body => repeat('x', 1000000));
SELECT campaign_template('x', 'email', 'x', '{{> big }}{{> big }}');
SELECT campaign_template('x', 'email', 'x', repeat('{{ name }}', 100000));
SELECT campaign_template('x', 'email', 'x', repeat('{{> value }}', 50000));
SELECT campaign_template('x', 'email', 'x', repeat('{{', 500000));
SELECT campaign_template('x', 'email', 'x', repeat('{{>', 300000));
SELECT campaign_template('empty', body => '');
SELECT campaign_template('empty2', body => repeat('{{> empty }}', 80000));
SELECT campaign_template('empty3', body => repeat('{{> empty2 }}', 80000));

-- ---------------------------------------------------------------------------
-- Other channels: other parts, and sets of them
-- ---------------------------------------------------------------------------

SELECT campaign_dimension('people', name => 'devices', addresses => '{"push": "email", "custom": "email", "sms": "email"}');
SELECT campaign_template('news', 'push', body => '{{> value }}', parts => '{"title": "Hi {{> value }}", "url": "https://example.com/{{ id }}",
	"attributes": {"template": "{{> value }}", "n": "{{ id }}"}}');
SELECT campaign_template('hook', 'custom', parts => '{"attributes": {"who": "{{> value }}"}}');
SELECT campaign_template('hook', 'custom', body => 'x');
SELECT campaign_template('hook', 'custom', parts => '{"attributes": {"who": "{{> nobody }}"}}');
SELECT campaign_template('hook', 'custom', parts => '{"attributes": "x"}');
SELECT campaign_template('hook', 'custom', parts => '{"attributes": {"who": {"deep": "x"}}}');
SELECT campaign_template('text', 'email', 'x', 'x', '{"text": "{{> value }}"}');
SELECT campaign_create('channels', dimension => 'devices');
SELECT campaign_add_audience('channels', 'all');
SELECT campaign_add_push('channels', 'push', template => 'news', category => 'transactional', after => 'all');
SELECT campaign_add_custom('channels', 'hook', template => 'hook', category => 'transactional', after => 'push');
SELECT campaign_add_sms('channels', 'sms', template => 'news', after => 'hook');
SELECT campaign_add_push('channels', 'own', template => 'news', title => 'Own', attributes => '{"a": "{{> value }}"}',
	category => 'transactional', after => 'hook');
SELECT a, subject, body, attributes FROM unnest('{push,hook,own}'::text[]) a, campaign_preview('channels', a, '1');
SELECT campaign_drop('channels');

-- ---------------------------------------------------------------------------
-- Whose they are
-- ---------------------------------------------------------------------------

RESET SESSION AUTHORIZATION;
GRANT SELECT ON people TO regress_named_bob;
SET SESSION AUTHORIZATION regress_named_bob;
SELECT count(*) FROM campaign.template_version;
SELECT count(*) FROM campaign.template;
SELECT campaign_template_drop('mail');
SELECT campaign_template('x', 'email', 'x', '{{> value }}');
SELECT campaign_template('value', body => 'of bob');
SELECT campaign_template('x', 'email', 'x', '{{> value }}');
SELECT name, number, owner FROM campaign.template_version ORDER BY name;
RESET SESSION AUTHORIZATION;
SELECT name, owner, max(number) FROM campaign.template_version WHERE name IN ('x', 'value') GROUP BY 1, 2 ORDER BY 1, 2;

SET client_min_messages = warning;
SELECT campaign_drop('named');
SELECT campaign_template_drop(name) FROM campaign.template_version WHERE false;
DELETE FROM campaign.template WHERE owner_name LIKE 'regress_named_%';
DELETE FROM campaign.dimension WHERE owner_name LIKE 'regress_named_%';
DROP SCHEMA named CASCADE;
DROP OWNED BY regress_named_ann, regress_named_bob;
DROP ROLE regress_named_ann, regress_named_bob;
