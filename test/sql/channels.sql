-- A wrong part of a message reaches people garbled, or costs them and the
-- sender more than one message; a text that stands in no part is lost.
\set VERBOSITY terse
CREATE ROLE regress_channels LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_channels;
CREATE SCHEMA channels AUTHORIZATION regress_channels;
SET search_path = channels, public;
SET SESSION AUTHORIZATION regress_channels;
CREATE TABLE people (id int PRIMARY KEY, name text, email text, phone text, token text, street text);
INSERT INTO people VALUES
	(1, 'Ann', 'a@example.com', '+41 1', 'token 1', 'High St 1'),
	(2, 'Jean "le <b>grand</b>" & Marie', 'b@example.com', '+41 2', 'token 2', 'Rue 2, 1er étage'),
	(3, U&'\202Eשלום\202C', 'c@example.com', '+41 3', 'token 3', E'Two\nlines; "3"'),
	(4, NULL, 'd@example.com', NULL, NULL, NULL);
SELECT campaign_dimension('people', addresses =>
	'{"email": "email", "sms": "phone", "push": "token", "direct_mail": "street", "custom": "phone"}',
	consent => '{"email": "true", "sms": "true", "push": "true", "direct_mail": "true", "custom": "true"}');

-- Segments: 160 septets, 153 each; extended characters count two; others make
-- it 70 units, 67 each. No character is torn between two segments.
SELECT n, campaign.sms_segments(body) AS segments FROM (VALUES
	('nothing', ''), ('160', repeat('a', 160)), ('161', repeat('a', 161)), ('306', repeat('a', 306)), ('307', repeat('a', 307)),
	('letters', '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&''()*+,-./0189:;<=>?¡AZÄÖÑÜ§¿azäöñüà' || E'\n\r' || repeat('a', 85)),
	('one letter more', '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&''()*+,-./0189:;<=>?¡AZÄÖÑÜ§¿azäöñüà' || E'\n\r' || repeat('a', 86)),
	('extended', repeat('€', 80)), ('extended and one', repeat('€', 80) || 'a'), ('all extended', repeat(E'^{}\\[~]|€\f', 8)),
	('not torn', repeat('a', 152) || '€' || repeat('a', 151)), ('not torn, too long', repeat('a', 152) || '€' || repeat('a', 152)),
	('no backquote', repeat('`', 70)), ('no backquotes', repeat('`', 71)), ('no tab', E'\t' || repeat('a', 70)),
	('units', repeat('ж', 70)), ('units and one', repeat('ж', 71)), ('134 units', repeat('ж', 134)), ('135 units', repeat('ж', 135)),
	('pairs', repeat('😀', 35)), ('pairs and one', repeat('😀', 36)), ('pairs not torn', repeat('😀', 66)), ('pairs torn', repeat('😀', 67)),
	('small cedilla', repeat('a', 70) || 'ç')) v (n, body);

SELECT campaign_create('channels', dimension => 'people');
SELECT campaign_add_audience('channels', 'everybody');
SELECT campaign_add_email('channels', 'mail', after => 'everybody', category => 'transactional',
	subject => 'To {{ name }}', body => '<p>{{ name }}</p>', text => E'{{ name }}\n{{ id }}');
SELECT campaign_add_sms('channels', 'text', after => 'everybody', body => '<b>{{ name }}</b>, last day!');
SELECT campaign_add_push('channels', 'note', after => 'everybody', title => 'To {{ name }}', body => '{{ street }}',
	url => 'https://example.com/{{ id }}', attributes => '{"badge": "{{ id }}", "sound": "ding"}');
SELECT campaign_add_direct_mail('channels', 'letter', after => 'everybody',
	attributes => '{"name": "{{ name }}", "street": "{{ street }}", "code, \"quoted\"": "x{{ id }}"}');
SELECT campaign_add_custom('channels', 'call', after => 'everybody', attributes => '{"say": "{{#if id = 1}}one{{else}}more{{/if}}"}');
SELECT campaign_add_custom('channels', 'ring', after => 'everybody');
SELECT * FROM campaign_check('channels');
SELECT campaign_publish('channels');
SELECT campaign_start('channels') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, reason, count(*) FROM campaign.excluded WHERE run_id = :run GROUP BY 1, 2 ORDER BY 1, 2;
CREATE TEMP TABLE claimed AS
SELECT c.*, channel FROM unnest('{email,sms,push,custom}'::text[]) channel, campaign_claim(channel, 1000) c;
\pset format unaligned
SELECT channel, address, subject, body, attributes FROM claimed
ORDER BY channel, attributes->>'activity', attributes->>'recipient';
\pset format aligned
SELECT (campaign_ack(lease)).sent FROM (SELECT DISTINCT lease FROM claimed) l ORDER BY 1;

-- Direct mail goes to a file in batches: claim, copy, acknowledge.
CREATE TEMP TABLE batch AS SELECT * FROM campaign_claim('direct_mail', 1);
COPY (SELECT address, attributes->>'name' AS name, attributes->>'code, "quoted"' AS code FROM batch ORDER BY message_id) TO STDOUT (FORMAT csv, HEADER);
SELECT a.* FROM (SELECT DISTINCT lease FROM batch) l, campaign_ack(lease) a;
TRUNCATE batch;
INSERT INTO batch SELECT * FROM campaign_claim('direct_mail', 1);
COPY (SELECT address, attributes->>'name' AS name, attributes->>'code, "quoted"' AS code FROM batch ORDER BY message_id) TO STDOUT (FORMAT csv);
SELECT a.* FROM (SELECT DISTINCT lease FROM batch) l, campaign_ack(lease) a;
SELECT count(*) FROM campaign_claim('direct_mail', 1);
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT campaign_drop('channels');

-- Who would get more than may be sent is excluded, and the others are not.
TRUNCATE people;
INSERT INTO people SELECT n, repeat('x', CASE n WHEN 1 THEN 2 WHEN 2 THEN 305 WHEN 3 THEN 306 WHEN 4 THEN 1000000 WHEN 5 THEN 2000000 END),
	'a' || n || '@example.com', '+41 ' || n FROM generate_series(1, 5) n;
SELECT campaign_create('long', dimension => 'people');
SELECT campaign_add_audience('long', 'everybody');
SELECT campaign_add_sms('long', 'two', after => 'everybody', body => '{{ name }}!', max_segments => 2);
SELECT campaign_add_sms('long', 'ten', after => 'everybody', body => '{{#if id > 3}}{{ name }}{{/if}}!');
SELECT campaign_add_email('long', 'mail', after => 'everybody', category => 'transactional', subject => 's', body => '<p>{{ name }}</p>');
SELECT campaign_add_email('long', 'quoted', after => 'everybody', category => 'transactional', subject => 's', body => '<p>{{ replace(name, ''x'', ''"'') }}</p>');
SELECT campaign_add_email('long', 'unused', after => 'everybody', category => 'transactional', subject => 's',
	body => '<p>{{#if length(name) > 9}}{{else}}{{ name }}{{/if}}</p>');
SELECT campaign_add_custom('long', 'many', after => 'everybody', attributes => jsonb_build_object('a', repeat('{{ id }}', 100000), 'b', '{{ name }}'));
SELECT campaign_publish('long');
SELECT campaign_start('long') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, reason, string_agg(recipient, ' ' ORDER BY recipient::int) AS recipients
FROM campaign.excluded WHERE run_id = :run GROUP BY 1, 2 ORDER BY 1, 2;
SELECT attributes->>'activity' AS activity, attributes->>'recipient' AS recipient, length(body) AS body, length(attributes->>'a') AS a, length(attributes->>'b') AS b
FROM unnest('{email,sms,custom}'::text[]) channel, campaign_claim(channel, 1000) ORDER BY 1, 2;
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT campaign_drop('long');

-- Doubts about contents.
SELECT campaign_create('doubts', dimension => 'people');
SELECT campaign_add_audience('doubts', 'everybody');
CREATE TABLE bodies (n int PRIMARY KEY, body text);
INSERT INTO bodies VALUES
	(1, '<p>Hello<p>You<br><img src="x"><ul><li>a<li>b</ul>'), (2, '<div><b>bold</div>'), (3, '<table><tr><td>a'), (4, '<a href="https://example.com/Unsubscribe?x">no more</a>'),
	(5, '<a href="{{ ''https://example.com/unsubscribe/'' || id }}">no more</a>'), (6, 'Write unsubscribe <a href="https://example.com/">'),
	(7, 'a <!-- comment'), (8, 'a <b'), (9, '{{#if id = 1}}<div>{{else}}<div class="a">{{/if}}</div>'), (10, '</b></i>{{#if id = 1}}<b>{{/if}}x'),
	(11, '<svg><path d="x"/></svg>'), (12, '<script>"<b>"</script><style><i></style>'), (13, repeat('<div>', 70) || repeat('</div>', 70)),
	(14, '<title>a'), (15, 'a <a href=''x" unsubscribe''>b</a>');
SELECT campaign_add_email('doubts', 'mail_' || n, after => 'everybody', subject => 's', body => body) FROM bodies ORDER BY n;
SELECT campaign_add_sms('doubts', 'long', after => 'everybody', body => repeat('x', 161));
SELECT campaign_add_sms('doubts', 'longer', after => 'everybody', body => repeat('x', 161) || '{{ name }}');
SELECT campaign_add_sms('doubts', 'short', after => 'everybody', body => repeat('x', 160) || '{{ name }}');
SELECT campaign_add_sms('doubts', 'long_branch', after => 'everybody', body => '{{#if id = 1}}' || repeat('x', 161) || '{{/if}}');
SELECT campaign_add_sms('doubts', 'too_long', after => 'everybody', body => repeat('x', 1531));
SELECT campaign_add_sms('doubts', 'limited', after => 'everybody', body => repeat('x', 161), max_segments => 1);
SELECT activity, severity, code, message FROM campaign_check('doubts');
SELECT campaign_drop('doubts');

-- What is refused.
\set VERBOSITY default
SELECT campaign_create('refused', dimension => 'people');
SELECT campaign_add_audience('refused', 'everybody');
SELECT campaign_add_sms('refused', 'tried', after => 'everybody', body => NULL);
SELECT campaign_add_sms('refused', 'tried', after => 'everybody', body => 'a', max_segments => 0);
SELECT campaign_add_sms('refused', 'tried', after => 'everybody', body => 'a', max_segments => 11);
SELECT campaign_add('refused', 'tried', 'sms', '{"body": "a", "max_segments": 1.5}', after => 'everybody');
SELECT campaign_add('refused', 'tried', 'sms', '{"body": "a", "max_segments": "2"}', after => 'everybody');
SELECT campaign_add('refused', 'tried', 'sms', '{"body": "a", "subject": "b"}', after => 'everybody');
SELECT campaign_add_push('refused', 'tried', after => 'everybody', title => E'a\nb', body => 'a');
SELECT campaign_add_push('refused', 'tried', after => 'everybody', title => 'a', body => 'a', url => '{{ nothing }}');
SELECT campaign_add_push('refused', 'tried', after => 'everybody', title => 'a', body => 'a', attributes => '{"url": "x"}');
SELECT campaign_add_direct_mail('refused', 'tried', after => 'everybody', attributes => NULL);
SELECT campaign_add_direct_mail('refused', 'tried', after => 'everybody', attributes => '[]');
SELECT campaign_add_direct_mail('refused', 'tried', after => 'everybody', attributes => '{"recipient": "x"}');
SELECT campaign_add_direct_mail('refused', 'tried', after => 'everybody', attributes => '{"": "x"}');
SELECT campaign_add_direct_mail('refused', 'tried', after => 'everybody', attributes => '{"a": 1}');
SELECT campaign_add_direct_mail('refused', 'tried', after => 'everybody', attributes => '{"a": {"b": "c"}}');
SELECT campaign_add_direct_mail('refused', 'tried', after => 'everybody', attributes => '{"a": "{{ id"}');
SELECT campaign_add_direct_mail('refused', 'tried', after => 'everybody', attributes => '{"a": "{{ nothing }}"}');
SELECT campaign_add_custom('refused', 'tried', after => 'everybody', attributes => jsonb_build_object('a', repeat('x', 1048577)));
\set VERBOSITY sqlstate
SELECT campaign_add_custom('refused', 'tried', after => 'everybody',
	attributes => jsonb_build_object('a', (SELECT string_agg('{{ id + ' || g || ' }}', '') FROM generate_series(1, 1001) g)));
SET campaign.max_message_size = '2MB';
\set VERBOSITY terse
SELECT activity, severity, code, message FROM campaign_check('refused');

-- Nothing is left behind.
SELECT campaign_drop('refused');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_channels';
DELETE FROM campaign.log WHERE role_name = 'regress_channels';
SET client_min_messages = warning;
DROP SCHEMA channels CASCADE;
DROP OWNED BY regress_channels;
DROP ROLE regress_channels;
