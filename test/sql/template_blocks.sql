-- Would fail if a block showed a branch it should not, an item left the place
-- where it stands, or a block made the place of what follows uncertain.
SET client_min_messages = warning;
CREATE ROLE regress_blocks LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_blocks;
CREATE SCHEMA blocks AUTHORIZATION regress_blocks;
SET SESSION AUTHORIZATION regress_blocks;
SET search_path = blocks, public;

-- Rendered: where, template, values of t (true), f (false), x, c (a collection), and what comes out.
CREATE TABLE rendered (n integer PRIMARY KEY, place text, template text, x text, c jsonb, expected text);
INSERT INTO rendered VALUES
	-- conditions
	(1, 'body', '{{#if t}}yes{{else}}no{{/if}}', NULL, NULL, 'yes'),
	(2, 'body', '{{#if f}}yes{{else}}no{{/if}}', NULL, NULL, 'no'),
	(3, 'body', '{{#if NULL}}yes{{else}}no{{/if}}', NULL, NULL, 'no'),
	(4, 'body', '[{{#if t}}x{{/if}}{{#if f}}y{{/if}}]', NULL, NULL, '[x]'),
	(5, 'body', '{{#IF x = ''}}'' AND NOT f}}{{ x }}{{ Else }}y{{/If }}', '}}', NULL, '}}'),
	(6, 'body', '{{#if t}}{{#if f}}1{{else}}2{{/if}}{{else}}{{#if t}}3{{else}}4{{/if}}{{/if}}', NULL, NULL, '2'),
	(7, 'body', '{{ t }}{{#if t}}{{ t }}{{/if}}', NULL, NULL, 'truetrue'),
	-- collections
	(10, 'body', '{{#each c}}({{ item }}){{/each}}', NULL, '[1, "b", true, null, [1, 2], 0.50]', '(1)(b)(true)()([1, 2])(0.50)'),
	(11, 'body', '{{#each c}}x{{else}}none{{/each}}', NULL, NULL, 'none'),
	(12, 'body', '{{#each c}}x{{else}}none{{/each}}', NULL, '[]', 'none'),
	(13, 'body', '{{#each c}}x{{else}}none{{/each}}', NULL, 'null', 'none'),
	(14, 'body', '{{#each c}}{{ item.a }}{{/each}}', NULL, '{"a": 5}', '5'),
	(15, 'body', '{{#each c}}{{ item }}{{/each}}', NULL, '"s"', 's'),
	(16, 'body', '{{#each c}}{{ item.n }}: {{ item.p.net }}; {{/each}}', NULL, '[{"n": "A", "p": {"net": 1.50}}, {"n": "B"}, {"N": "C", "p": 1}, 3]', 'A: 1.50; B: ; : ; : ; '),
	(17, 'body', '{{#each c}}{{ x }}{{ item }}{{#if t}}!{{/if}}{{/each}}', 'x', '[1, 2]', 'x1!x2!'),
	(18, 'body', '{{#each c}}{{#if item.x}}1{{else}}0{{/if}}{{/each}}', NULL,
		'[{"x": true}, {"x": false}, {"x": null}, {}, {"x": 0}, {"x": 0.00}, {"x": -0.01}, {"x": ""}, {"x": "0"}, {"x": []}, {"x": {}}, {"x": [0]}, {"x": {"y": 0}}, 1]', '10000010100110'),
	(19, 'body', '{{#each c}}{{ item.n }}({{#each item.l}}{{ item }},{{else}}-{{/each}}){{/each}}', NULL,
		'[{"n": "a", "l": [1, 2]}, {"n": "b", "l": []}, {"n": "c"}, {"n": "d", "l": null}, {"n": "e", "l": "s"}]', 'a(1,2,)b(-)c(-)d(-)e(s,)'),
	(20, 'body', '{{#each c}}{{#each c}}{{ item }}{{/each}}/{{ item }};{{/each}}', NULL, '[1, 2]', '12/1;12/2;'),
	(21, 'body', '{{#each c}}{{#each item}}{{else}}{{ item }}{{/each}}{{/each}}', NULL, '[[], [1]]', '[]'),
	(22, 'body', '{{ item }}{{#each c}}{{ item }}{{ "item" }}{{ cases.item }}{{ ITEM }}{{/each}}{{ item }}', NULL, '["i"]', 'columnicolumncolumnicolumn'),
	(23, 'body', '{{#each ARRAY[''a'', x]}}{{ item }},{{/each}}{{#each json ''[1]''}}{{ item }}{{/each}}', 'b', NULL, 'a,b,1'),
	(24, 'body', '{{#each (SELECT jsonb_agg(to_jsonb(o) ORDER BY o.a) FROM (VALUES (''p'', 2), (''o'', 1)) o (a, b))}}{{ item.a }}{{ item.b }}{{/each}}', NULL, NULL, 'o1p2'),
	-- escaped for their place
	(30, 'body', '<ul>{{#each c}}<li>{{ item.n }}</li>{{/each}}</ul>', NULL, '[{"n": "</li><script>"}, {"n": "\"&''"}]', '<ul><li>&lt;/li&gt;&lt;script&gt;</li><li>&quot;&amp;&#39;</li></ul>'),
	(31, 'body', '{{#each c}}{{{ item }}}{{/each}}', NULL, '["<b>"]', '<b>'),
	(32, 'body', '{{#each c}}<a href="{{ item.u }}" title="{{ item.t }}">{{/each}}', NULL, '[{"u": "javascript:1", "t": "\" x=\""}, {"u": "https://e.com/?a&b"}]', '<a href="#" title="&quot; x=&quot;"><a href="https://e.com/?a&amp;b" title="">'),
	(33, 'body', '<a href="/{{#each c}}{{ item }}/{{/each}}">', NULL, '["a b", "../c"]', '<a href="/a%20b/..%2Fc/">'),
	(34, 'body', '<a href="https://e.com/{{#if t}}vip{{else}}all{{/if}}?x={{ x }}">', ':', NULL, '<a href="https://e.com/vip?x=%3A">'),
	(35, 'body', '<a href="{{#if f}}https://a/{{ x }}{{else}}http://b/{{/if}}#{{ x }}">', ':', NULL, '<a href="http://b/#%3A">'),
	(36, 'body', '<a href="{{#if t}}{{ x }}{{else}}{{ upper(x) }}{{/if}}">', 'javascript:1', NULL, '<a href="#">'),
	(37, 'body', '<a href="{{#if t}}{{ x }}{{else}}https://d/{{/if}}">', 'data:1', NULL, '<a href="#">'),
	(38, 'body', '<a href="{{ x }}{{#if t}}?b={{ x }}{{/if}}">', 'https://e.com/', NULL, '<a href="https://e.com/?b=https%3A%2F%2Fe.com%2F">'),
	(39, 'body', '<p class="{{#if t}}x{{else}}y{{/if}}" style="color: {{#if f}}red{{else}}blue{{/if}}">', NULL, NULL, '<p class="x" style="color: blue">'),
	(40, 'body', '{{#if t}}<!-- c --><style>x</style><script>y</script>{{else}}<p title="q">{{/if}}{{ x }}', '<', NULL, '<!-- c --><style>x</style><script>y</script>&lt;'),
	(41, 'body', '{{#if t}}<b>{{/if}}x{{#if t}}</b>{{/if}} a < {{#if t}}b{{/if}}', NULL, NULL, '<b>x</b> a < b'),
	(42, 'body', '<title>{{#if t}}x{{/if}}</title>', NULL, NULL, '<title>x</title>'),
	(43, 'subject', 'Hi{{#each c}} {{ item }}{{/each}}', NULL, '["a\r\nBcc: b@c.d"]', 'Hi a Bcc: b@c.d'),
	(44, 'subject', '{{#if t}}A{{else}}B{{/if}}', NULL, NULL, 'A'),
	(45, 'body', repeat('{{#each c}}', 16) || '{{ item }}' || repeat('{{/each}}', 16), NULL, '[1]', '1');

-- Refused: where, template, SQLSTATE, and what the message says.
CREATE TABLE refused (n integer PRIMARY KEY, place text, template text, code text, says text);
INSERT INTO refused VALUES
	-- structure
	(1, 'body', E'a\n{{#if t}}', '42601', 'unclosed "{{#if}}"'),
	(2, 'body', E'a\n{{#if t}}', '42601', 'line 2'),
	(3, 'body', '{{#each c}}{{#if t}}{{/if}}', '42601', 'unclosed "{{#each}}"'),
	(4, 'body', '{{#if t}}{{else}}', '42601', 'unclosed "{{#if}}"'),
	(5, 'body', E'x\n\n{{/if}}', '42601', '"{{/if}}" without a block in template "body" It is on line 3'),
	(6, 'body', '{{#if t}}{{/if}}{{/each}}', '42601', '"{{/each}}" without a block'),
	(7, 'body', E'{{#if t}}\n{{/each}}', '42601', '"{{/each}}" ends another block in template "body" It is on line 2; the block that is open there begins on line 1'),
	(8, 'body', '{{#each c}}{{#if t}}{{/each}}{{/if}}', '42601', '"{{/each}}" ends another block'),
	(9, 'body', '{{else}}', '42601', '"{{else}}" without a block'),
	(10, 'body', '{{#if t}}{{/if}}{{ ELSE }}', '42601', '"{{else}}" without a block'),
	(11, 'body', '{{#if t}}{{else}}{{else}}{{/if}}', '42601', 'second "{{else}}"'),
	(12, 'body', '{{#each c}}{{else}}{{else}}{{/each}}', '42601', 'second "{{else}}"'),
	(13, 'body', '{{#if t}}{{else if f}}{{/if}}', '42601', 'unsupported tag "{{else"'),
	(14, 'body', '{{#if t}}{{/if t}}', '42601', 'unsupported tag "{{/if"'),
	(15, 'body', '{{{#if t}}}', '42601', 'unsupported tag'),
	(16, 'body', '{{#if}}x{{/if}}', '42601', 'empty placeholder'),
	(17, 'body', '{{#each }}x{{/each}}', '42601', 'empty placeholder'),
	(18, 'body', '{{#if t', '42601', 'unclosed placeholder'),
	(19, 'body', '{{#if ''t}}{{/if}}', '42601', 'unclosed placeholder'),
	(20, 'body', repeat('{{#if t}}', 17) || repeat('{{/if}}', 17), '42601', 'nested too deep'),
	(21, 'subject', E'{{#if t}}A\nB{{/if}}', '22023', 'line break'),
	-- expressions and items
	(30, 'body', '{{#if x}}{{/if}}', '42804', 'must be type boolean, not type text'),
	(31, 'body', '{{#if 1}}{{/if}}', '42804', 'must be type boolean'),
	(32, 'body', '{{#if nothing}}{{/if}}', '42703', 'nothing'),
	(33, 'body', '{{#each x}}{{/each}}', '42804', 'jsonb, json or an array, not type text It is "x"'),
	(34, 'body', '{{#each 1 + 1}}{{/each}}', '42804', 'not type integer'),
	(35, 'body', '{{#each (SELECT 1)}}{{/each}}', '42804', 'not type integer'),
	(36, 'body', '{{#each jsonb_array_elements(c)}}{{/each}}', '42803', 'set-returning'),
	(37, 'body', '{{#each jsonb_agg(x)}}{{/each}}', '42803', 'aggregate'),
	(38, 'body', '{{#each (SELECT 1, 2)}}{{/each}}', '42601', 'subquery'),
	(39, 'body', '{{#each c}}{{ item || ''x'' }}{{/each}}', '42601', 'invalid reference to an item'),
	(40, 'body', '{{#each c}}{{ item. }}{{/each}}', '42601', 'invalid reference to an item'),
	(41, 'body', '{{#each c}}{{ item.1 }}{{/each}}', '42601', 'invalid reference to an item'),
	(42, 'body', '{{#each c}}{{#if item.a = 1}}{{/if}}{{/each}}', '42601', 'invalid reference to an item in template "body": item.a = 1'),
	(43, 'body', '{{#each c}}{{ upper(item.a) }}{{/each}}', '42P01', 'item'),
	(44, 'body', '{{#each c}}{{else}}{{ item.a }}{{/each}}', '42P01', 'item'),
	-- places
	(50, 'body', '<{{#if t}}b{{/if}}>', '42601', 'block tag in template "body" stands in a tag'),
	(51, 'body', '<p{{#if t}} b{{/if}}>', '42601', 'a tag'),
	(52, 'body', '<a href={{#if t}}b{{/if}}>', '42601', 'an unquoted attribute value'),
	(53, 'body', '<!-- {{#if t}} -->', '42601', 'a comment'),
	(54, 'body', '<style>{{#if t}}', '42601', 'the element <style>'),
	(55, 'body', '<script>{{#each c}}', '42601', 'the element <script>'),
	(56, 'body', '<!{{#if t}}-- x', '42601', 'a declaration'),
	(57, 'body', '</{{#if t}}b>{{/if}}', '42601', 'a declaration'),
	(58, 'body', '<title></tit{{#if t}}le>{{/if}}', '42601', 'markup inside'),
	(59, 'body', '{{#if t}}<{{/if}}b>', '42601', 'a tag'),
	(60, 'body', '{{#if t}}x <{{else}}b>{{/if}}', '42601', 'a tag'),
	(61, 'body', '{{#if t}}<script>{{/if}}{{ x }}', '42601', 'the element <script>'),
	(62, 'body', '<p onclick="{{#if t}}{{ x }}{{/if}}">', '42601', '"onclick"'),
	(63, 'body', '<a href="{{#each c}}{{{ item }}}{{/each}}">', '42601', 'unescaped'),
	-- branches
	(70, 'body', E'{{#if t}}\n<p title="{{/if}}x">', '42601', 'different places The block begins on line 1; the branch that ends on line 2'),
	(71, 'body', '<p title="{{#if t}}">{{/if}}x">', '42601', 'different places'),
	(72, 'body', '{{#if t}}<title>{{else}}<textarea>{{/if}}', '42601', 'different places'),
	(73, 'body', '<p title="{{#if t}}" class="{{/if}}x">', '42601', 'different places'),
	(74, 'body', '<p title="{{#if t}}"><b title=''{{/if}}x">', '42601', 'different places'),
	(75, 'body', '{{#each c}}<p title="{{else}}<p title="{{/each}}">', '42601', 'different places'),
	(76, 'body', '{{#each c}}x{{else}}<p title="{{/each}}">', '42601', 'different places'),
	-- the scheme of a URL
	(80, 'body', '<a href="{{#if t}}https://x{{/if}}/y">', '42601', 'different places'),
	(81, 'body', '<a href="{{#if t}}java{{/if}}script:{{ x }}">', '42601', 'different places'),
	(82, 'body', '<a href="{{#if t}}javascript:{{else}}https:{{/if}}{{ x }}">', '42601', 'different places'),
	(83, 'body', '<a href="{{#if t}}java{{else}}java{{/if}}script:{{ x }}">', '42601', '"javascript:" URL'),
	(84, 'body', '<a href="java{{#if t}}{{/if}}script:{{ x }}">', '42601', '"javascript:" URL'),
	(85, 'body', '<a href="{{ x }}{{#if t}}:{{/if}}alert(1)">', '42601', 'scheme of a URL'),
	(86, 'body', '<a href="{{ x }}{{#if t}}/{{/if}}:y">', '42601', 'scheme of a URL'),
	(87, 'body', '<a href="{{ x }}&{{#if t}}colon;alert(1){{/if}}">', '42601', 'character reference'),
	(88, 'body', '<a href="{{ x }}{{#if t}}&{{else}}&{{/if}}colon;alert(1)">', '42601', 'character reference'),
	(89, 'body', '<a href="{{#each c}}{{ item }}{{/each}}">', '42601', 'different places'),
	(90, 'body', '<a href="{{#each c}}j{{/each}}">', '42601', 'different places'),
	(91, 'body', '<a href="{{ x }}{{#each c}}/{{/each}}:y">', '42601', 'scheme of a URL'),
	(92, 'body', '<a href="/{{#each c}}:y" href="{{ x }}{{/each}}">', '42601', 'different places');

CREATE TABLE cases (n integer PRIMARY KEY, t boolean, f boolean, x text, c jsonb, item text);
INSERT INTO cases SELECT n, true, false, x, c, 'column' FROM rendered;
SELECT campaign_dimension('cases', addresses => '{"email": "n::text"}');
SELECT campaign_create('blocks', 'cases');
SELECT campaign_add_audience('blocks', 'all_cases');

-- One e-mail per template, to the one row with its values.
SELECT count(campaign_add_email('blocks', 'mail_' || n,
	subject => CASE place WHEN 'subject' THEN template ELSE 's' END,
	body => CASE place WHEN 'body' THEN template ELSE 'b' END,
	address => format('CASE WHEN n = %s THEN n::text END', n), after => 'all_cases'))
FROM rendered;
SELECT campaign_publish('blocks');
SELECT campaign_start('blocks') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, sqlstate, error, detail FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
CREATE TABLE sent AS SELECT c.* FROM campaign_claim('email', 1000) c;
SELECT count(*) = (SELECT count(*) FROM rendered) AS all_sent FROM sent;
SELECT r.n, r.template, r.x, r.c, r.expected, CASE place WHEN 'subject' THEN subject ELSE body END AS got
FROM rendered r LEFT JOIN sent s ON s.address = r.n::text
WHERE CASE place WHEN 'subject' THEN subject ELSE body END IS DISTINCT FROM expected ORDER BY n;

-- What is there and what was said are compared; what is printed is for readers.
DO $$
DECLARE
	r record;
	said text;
	detail text;
	hint text;
BEGIN
	FOR r IN SELECT * FROM refused ORDER BY n LOOP
		BEGIN
			PERFORM campaign_add_email('blocks', 'tried', after => 'all_cases',
				subject => CASE r.place WHEN 'subject' THEN r.template ELSE 's' END,
				body => CASE r.place WHEN 'body' THEN r.template ELSE 'b' END);
			RAISE WARNING '%: accepted', r.template;
			PERFORM campaign_remove('blocks', 'tried');
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
			RAISE WARNING '%: % % %', replace(r.template, E'\n', '\n'), SQLSTATE, said, detail;
			IF SQLSTATE <> r.code OR strpos(said || ' ' || detail, r.says) = 0 OR hint = '' AND SQLSTATE = '42601' AND said ~ 'template "' THEN
				RAISE WARNING '  but expected % %', r.code, r.says;
			END IF;
		END;
	END LOOP;
END $$;
SELECT count(*) FROM (SELECT DISTINCT lease FROM sent) l, campaign_ack(lease);
SELECT campaign_drop('blocks');

-- A condition and a collection are evaluated once, for who gets a message.
CREATE TABLE calls (n integer);
CREATE FUNCTION noted(n integer) RETURNS boolean LANGUAGE sql VOLATILE AS 'INSERT INTO blocks.calls VALUES (n) RETURNING true';
CREATE FUNCTION listed(n integer) RETURNS jsonb LANGUAGE sql VOLATILE AS 'INSERT INTO blocks.calls VALUES (-n) RETURNING ''[1, 2]''::jsonb';
SELECT campaign_create('once', 'cases');
SELECT campaign_add_audience('once', 'three', filter => 'n <= 3');
SELECT campaign_add_email('once', 'mail', after => 'three', address => 'CASE WHEN n < 3 THEN n::text END',
	subject => '{{#if noted(n)}}a{{/if}}{{#if noted(n)}}b{{/if}}',
	body => '{{#each listed(n)}}{{#each listed(n)}}{{#if noted(n)}}{{ item }}{{/if}}{{/each}}{{/each}}');
SELECT campaign_publish('once');
SELECT campaign_start('once') AS run \gset
SELECT campaign_wait(:run);
SELECT n, count(*) FROM calls GROUP BY n ORDER BY n;
CREATE TABLE claimed AS SELECT c.* FROM campaign_claim('email', 10) c;
SELECT address, subject, body FROM claimed ORDER BY message_id;
SELECT count(*) FROM (SELECT DISTINCT lease FROM claimed) l, campaign_ack(lease);

-- What would be too long to be claimed is not enqueued.
INSERT INTO cases VALUES (1001, true, false, NULL, (SELECT jsonb_agg(g) FROM generate_series(1, 100) g), NULL);
SELECT campaign_create('long', 'cases');
SELECT campaign_add_audience('long', 'one', filter => 'n = 1001');
SELECT campaign_add_email('long', 'mail', after => 'one', subject => 's',
	body => repeat('{{#each c}}', 5) || repeat('{{/each}}', 5));
SELECT campaign_publish('long');
SELECT campaign_start('long') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, reason FROM campaign.excluded WHERE run_id = :run;
SELECT count(*) FROM campaign_claim('email', 10);

-- Clean up.
SELECT campaign_drop('once');
SELECT campaign_drop('long');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_blocks';
DROP SCHEMA blocks CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_blocks;
DROP ROLE regress_blocks;
