-- Would fail if a value could leave the place in a message where it stands: in
-- text, in an attribute, in a URL, in a line of the header.
SET client_min_messages = warning;
CREATE ROLE regress_template LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_template;
CREATE SCHEMA template AUTHORIZATION regress_template;
SET SESSION AUTHORIZATION regress_template;
SET search_path = template, public;

-- Rendered: where, template, values, and what comes out.
CREATE TABLE rendered (n integer PRIMARY KEY, place text, template text, given jsonb, expected text);
INSERT INTO rendered VALUES
	(1, 'body', 'plain', '{}', 'plain'),
	(2, 'body', '{{ a }}{{ b }}{{ a }}', '{"a": "1", "b": "2"}', '121'),
	(3, 'body', '[{{ a }}]', '{"a": null}', '[]'),
	(4, 'body', '<b>{{ x }}</b>', '{"x": "<script>alert(1)</script>"}', '<b>&lt;script&gt;alert(1)&lt;/script&gt;</b>'),
	(5, 'body', '{{ x }}', E'{"x": "&amp; & \\" '' < >"}', '&amp;amp; &amp; &quot; &#39; &lt; &gt;'),
	(6, 'body', '{{{ x }}}', '{"x": "<i>&amp;</i>"}', '<i>&amp;</i>'),
	(7, 'body', '{{ x }}', E'{"x": "\\u200f\\u202eevil"}', E'\u200f\u202eevil'),
	(8, 'body', 'a < b {{ x }} > c', '{"x": "<"}', 'a < b &lt; > c'),
	(9, 'body', '<b title=''{{ x }}''>', '{"x": "'' onx=''1"}', '<b title=''&#39; onx=&#39;1''>'),
	(10, 'body', '<b title="{{ x }}">', E'{"x": "\\" onx=\\"1"}', '<b title="&quot; onx=&quot;1">'),
	(11, 'body', '<b title="{{{ x }}}">', '{"x": "&eacute;"}', '<b title="&eacute;">'),
	(12, 'body', '<b title="a>{{ x }}">{{ x }}', '{"x": "<"}', '<b title="a>&lt;">&lt;'),
	(13, 'body', '<a href="{{ x }}">', E'{"x": "https://example.com/?a=1&b=\\"2\\""}', '<a href="https://example.com/?a=1&amp;b=&quot;2&quot;">'),
	(14, 'body', '<a href="{{ x }}">', '{"x": "javascript:alert(1)"}', '<a href="#">'),
	(15, 'body', '<a href="{{ x }}">', '{"x": " JaVaScRiPt:alert(1)"}', '<a href="#">'),
	(16, 'body', '<a href="{{ x }}">', E'{"x": "\\tjava\\nscript:alert(1)"}', '<a href="#">'),
	(17, 'body', '<a href="{{ x }}">', E'{"x": "\\u0001javascript:alert(1)"}', '<a href="#">'),
	(18, 'body', '<a href="{{ x }}">', '{"x": "data:text/html,<script>"}', '<a href="#">'),
	(19, 'body', '<a href="{{ x }}">', '{"x": "vbscript:x"}', '<a href="#">'),
	(20, 'body', '<a href="{{ x }}">', E'{"x": "\\u200fjavascript:x"}', '<a href="#">'),
	(21, 'body', '<a href="{{ x }}">', '{"x": "javascript&colon;alert(1)"}', '<a href="javascript&amp;colon;alert(1)">'),
	(22, 'body', '<a href="{{ x }}">', E'{"x": " hTt\\nPs://e.com"}', E'<a href=" hTt\nPs://e.com">'),
	(23, 'body', '<a href="{{ x }}">', '{"x": "mailto:a@b.c"}', '<a href="mailto:a@b.c">'),
	(24, 'body', '<a href="{{ x }}">', '{"x": "tel:+491"}', '<a href="tel:+491">'),
	(25, 'body', '<a href="{{ x }}">', '{"x": "SMS:+491"}', '<a href="SMS:+491">'),
	(26, 'body', '<a href="{{ x }}">', '{"x": "a/b:c"}', '<a href="a/b:c">'),
	(27, 'body', '<a href="{{ x }}">', '{"x": "12:30"}', '<a href="#">'),
	(28, 'body', '<a href="{{ x }}">', '{"x": null}', '<a href="">'),
	(29, 'body', '<a href="{{ x }}">', '{"x": "//e.com/"}', '<a href="//e.com/">'),
	(30, 'body', '<A HREF=''  {{ x }}''>', '{"x": "javascript:1"}', '<A HREF=''  #''>'),
	(31, 'body', '<a href = "{{ x }}">', '{"x": "javascript:1"}', '<a href = "#">'),
	(32, 'body', E'<a\nclass=x /href="{{ x }}">', '{"x": "javascript:1"}', E'<a\nclass=x /href="#">'),
	(33, 'body', '<use xlink:href="{{ x }}">', '{"x": "javascript:1"}', '<use xlink:href="#">'),
	(34, 'body', '<img src="{{ x }}">', '{"x": "data:image/png;base64,AA"}', '<img src="#">'),
	(35, 'body', '<form action="{{ x }}">', '{"x": "javascript:1"}', '<form action="#">'),
	(36, 'body', '<button formaction="{{ x }}">', '{"x": "javascript:1"}', '<button formaction="#">'),
	(37, 'body', '<video poster="{{ x }}">', '{"x": "javascript:1"}', '<video poster="#">'),
	(38, 'body', '<body background="{{ x }}">', '{"x": "javascript:1"}', '<body background="#">'),
	(39, 'body', '<a href="java{{ x }}">', '{"x": "script:alert(1)"}', '<a href="javascript%3Aalert%281%29">'),
	(40, 'body', '<a href="{{ x }}{{ y }}">', '{"x": "java", "y": "script:alert(1)"}', '<a href="javascript%3Aalert%281%29">'),
	(41, 'body', '<a href="https://e.com/{{ x }}?q={{ y }}#{{ z }}">', E'{"x": "a b/c", "y": "\\u00e4&\\"''<=~-._", "z": "x"}', '<a href="https://e.com/a%20b%2Fc?q=%C3%A4%26%22%27%3C%3D~-._#x">'),
	(42, 'body', '<a href="{{ u }}?a={{ x }}">', '{"u": "/p", "x": "1&2"}', '<a href="/p?a=1%262">'),
	(43, 'body', '<a href="{{ u }}&amp;utm=1">', '{"u": "/p?x"}', '<a href="/p?x&amp;utm=1">'),
	(44, 'body', '<a href="{{ u }}&utm=1&t={{ y }}">', '{"u": "/p?x", "y": "a:b"}', '<a href="/p?x&utm=1&t=a%3Ab">'),
	(45, 'body', '<a href="app://open/{{ x }}">', '{"x": "1:2"}', '<a href="app://open/1%3A2">'),
	(46, 'body', '<a b="c', '{}', '<a b="c'),
	(47, 'body', '<a b', '{}', '<a b'),
	(48, 'body', '<', '{}', '<'),
	(49, 'body', '<!', '{}', '<!'),
	(50, 'body', '</', '{}', '</'),
	(51, 'body', '<!-- a --><!----><!--> {{ x }}', '{"x": "<"}', '<!-- a --><!----><!--> &lt;'),
	(52, 'body', '<!--a--!>{{ x }}', '{"x": "<"}', '<!--a--!>&lt;'),
	(53, 'body', '<!--[if !mso]><!-->{{ x }}<!--<![endif]-->', '{"x": "&"}', '<!--[if !mso]><!-->&amp;<!--<![endif]-->'),
	(54, 'body', '<!DOCTYPE html><html>{{ x }}', '{"x": "<"}', '<!DOCTYPE html><html>&lt;'),
	(55, 'body', '<script>a</script >{{ x }}', '{"x": "<"}', '<script>a</script >&lt;'),
	(56, 'body', '<script><!-- <script> </script> --></script>{{ x }}', '{"x": "<"}', '<script><!-- <script> </script> --></script>&lt;'),
	(57, 'body', '<script><!--></script>{{ x }}', '{"x": "<"}', '<script><!--></script>&lt;'),
	(58, 'body', '<STYLE>@media{a{b:c}}</STYLE>{{ x }}', '{"x": "<"}', '<STYLE>@media{a{b:c}}</STYLE>&lt;'),
	(59, 'body', '<title>Hi {{ x }}</title>{{ x }}', '{"x": "</title>"}', '<title>Hi &lt;/title&gt;</title>&lt;/title&gt;'),
	(60, 'body', '<textarea>{{ x }}</textarea><a href="{{ x }}">', '{"x": "javascript:1"}', '<textarea>javascript:1</textarea><a href="#">'),
	(61, 'body', E'<p\n =x="{{ x }}">', E'{"x": "\\""}', E'<p\n =x="&quot;">'),
	(62, 'body', '&{{ x }};', '{"x": "lt"}', '&lt;'),
	(63, 'body', '{{ x }}}', '{"x": "1"}', '1}'),
	(64, 'body', 'a}}b{{ x }}', '{"x": "1"}', 'a}}b1'),
	(65, 'subject', 'Hello {{ x }}!', E'{"x": "A\\r\\nBcc: b@c.d"}', 'Hello A Bcc: b@c.d!'),
	(66, 'subject', '{{{ x }}}', E'{"x": "\\r\\n\\r\\nA\\tB\\u007f\\u0001C\\n"}', ' A B C '),
	(67, 'subject', '{{ x }}', E'{"x": "a\\u0085b\\u2028\\u2029c"}', 'a b c'),
	(68, 'subject', '{{ x }}', E'{"x": "\\u00e4\\u2026\\u00c2<&>"}', 'ä…Â<&>'),
	(69, 'subject', 'Betreff ä… <{{ x }}>', E'{"x": "\\u00f6"}', 'Betreff ä… <ö>'),
	(70, 'subject', '{{ $$}}$$ }}', '{}', '}}'),
	(71, 'subject', '{{ ''{{'' }}', '{}', '{{'),
	(72, 'subject', '{{ ''it''''s }}'' }}', '{}', 'it''s }}'),
	(73, 'subject', E'{{ E''\\''}}'' }}', '{}', '''}}'),
	(74, 'subject', '{{ (jsonb ''{"a":{"b":1}}'') -> ''a'' }}', '{}', '{"b": 1}'),
	(75, 'subject', E'{{ ''\\'' }}', '{}', E'\\'),
	(76, 'subject', '{{ $t$ $$ }} $t$ }}', '{}', ' $$ }} '),
	(77, 'subject', '{{ x /* }} /* }} */ }} */ }}', '{"x": "1"}', '1'),
	(78, 'subject', E'{{ x -- }}\n }}', '{"x": "1"}', '1'),
	(79, 'subject', E'{{x}}{{ x }}{{\n\tx\n}}', '{"x": "1"}', '111'),
	(80, 'subject', '{{ (ARRAY[x, y])[2] }}', '{"x": "1", "y": "2"}', '2'),
	(81, 'subject', '{{ coalesce(nullif(x, ''''), ''friend'') }}', '{"x": ""}', 'friend'),
	(82, 'body', '{{ 1 + 1 }}{{ true }}{{ NULL }}{{ ARRAY[1, 2] }}{{ date ''2024-02-29'' }}', '{}', '2true{1,2}2024-02-29');

-- Refused: where, template, SQLSTATE, and what the message says.
CREATE TABLE refused (n integer PRIMARY KEY, place text, template text, code text, says text);
INSERT INTO refused VALUES
	(1, 'body', '<a href="{{ x }}:alert(1)">', '42601', 'scheme of a URL'),
	(2, 'body', '<a href="java{{ x }}:alert(1)">', '42601', 'scheme of a URL'),
	(3, 'body', '<a href="{{ x }}&colon;alert(1)">', '42601', 'scheme of a URL'),
	(4, 'body', '<a href="{{ x }}&#58;alert(1)">', '42601', 'scheme of a URL'),
	(5, 'body', '<a href="{{ x }}&{{ y }};alert(1)">', '42601', 'character reference'),
	(6, 'body', '<a href="{{ x }}&co{{ y }};alert(1)">', '42601', 'character reference'),
	(7, 'body', '<a href="&#106;avascript:{{ x }}">', '42601', 'character reference'),
	(8, 'body', '<a href="javascript:f(''{{ x }}'')">', '42601', '"javascript:" URL'),
	(9, 'body', E'<a href=" java\nScript:f({{ x }})">', '42601', '"javascript:" URL'),
	(10, 'body', '<a href="data:text/html,{{ x }}">', '42601', '"data:" URL'),
	(11, 'body', '<a href="{{{ x }}}">', '42601', 'unescaped'),
	(12, 'body', '<a href="/a?b={{{ x }}}">', '42601', 'unescaped'),
	(13, 'body', '<a href={{ x }}>', '42601', 'an unquoted attribute value'),
	(14, 'body', '<a href=/a/{{ x }}>', '42601', 'an unquoted attribute value'),
	(15, 'body', '<a href= {{{ x }}}>', '42601', 'an unquoted attribute value'),
	(16, 'body', '<a {{ x }}>', '42601', 'a tag'),
	(17, 'body', '<{{ x }}>', '42601', 'a tag'),
	(18, 'body', '</{{ x }}>', '42601', 'a declaration'),
	(19, 'body', '<a{{ x }}>', '42601', 'a tag'),
	(20, 'body', '<a href{{ x }}="1">', '42601', 'a tag'),
	(21, 'body', '<a b="c"{{ x }}>', '42601', 'a tag'),
	(22, 'body', '<!-- {{ x }} -->', '42601', 'a comment'),
	(23, 'body', '<!--!>{{ x }}', '42601', 'a comment'),
	(24, 'body', '<!--[if mso]><a href="{{ x }}"><![endif]-->', '42601', 'a comment'),
	(25, 'body', '<!DOCTYPE {{ x }}>', '42601', 'a declaration'),
	(26, 'body', '<?php {{ x }} ?>', '42601', 'a declaration'),
	(27, 'body', '<script>var a = "{{ x }}"</script>', '42601', '<script>'),
	(28, 'body', '<script>{{{ x }}}</script>', '42601', '<script>'),
	(29, 'body', '<script><!-- <script> </script>{{ x }}', '42601', '<script>'),
	(30, 'body', '<script>"</scripted>"{{ x }}', '42601', '<script>'),
	(31, 'body', '<script src="{{ x }}"></script>', '42601', 'the tag <script>'),
	(32, 'body', '<style>a{color:{{ x }}}</style>', '42601', '<style>'),
	(33, 'body', '<p onclick="f(''{{ x }}'')">', '42601', '"onclick"'),
	(34, 'body', '<p OnLoad=''{{{ x }}}''>', '42601', '"onload"'),
	(35, 'body', '<p style="color: {{ x }}">', '42601', '"style"'),
	(36, 'body', '<p style="{{{ x }}}">', '42601', '"style"'),
	(37, 'body', '<img srcset="{{ x }} 2x">', '42601', '"srcset"'),
	(38, 'body', '<iframe srcdoc="{{ x }}">', '42601', '"srcdoc"'),
	(39, 'body', '<meta http-equiv="refresh" content="0;url={{ x }}">', '42601', '<meta>'),
	(40, 'body', '<base href="{{ x }}">', '42601', '<base>'),
	(41, 'body', '<title><a href="{{ x }}">', '42601', 'markup inside of <title>'),
	(42, 'body', '<title><{{ x }}', '42601', 'markup inside of <title>'),
	(43, 'body', '<xmp>{{ x }}</xmp>', '42601', '<xmp>'),
	(44, 'body', '<plaintext></plaintext>{{ x }}', '42601', '<plaintext>'),
	(45, 'body', '<p a= b="{{ x }}">', '42601', 'an unquoted'),
	(46, 'subject', E'a\nb', '22023', 'line break'),
	(47, 'subject', E'a\rb{{ x }}', '22023', 'line break'),
	(48, 'subject', E'a\u2028', '22023', 'line break'),
	(49, 'body', '{{ x', '42601', 'unclosed'),
	(50, 'body', E'a\n\n{{ x', '42601', 'line 3'),
	(51, 'body', '{{{ x }}', '42601', 'unclosed'),
	(52, 'body', '{{{ x }} }', '42601', 'unclosed'),
	(53, 'body', '{{ {{ }}', '42601', 'unclosed'),
	(54, 'body', '{{', '42601', 'unclosed'),
	(55, 'body', '{{ ''a }}', '42601', 'unclosed'),
	(56, 'body', '{{ a -- b }}', '42601', 'unclosed'),
	(57, 'body', '{{ /* }}', '42601', 'unclosed'),
	(58, 'body', '{{ $a$ }}', '42601', 'unclosed'),
	(59, 'body', E'{{ E''\\', '42601', 'unclosed'),
	(60, 'body', '{{ }}', '42601', 'empty'),
	(61, 'body', '{{}}', '42601', 'empty'),
	(62, 'body', '{{{}}}', '42601', 'empty'),
	(63, 'body', '{{#unless a}}', '42601', 'unsupported tag "{{#unless"'),
	(64, 'body', '{{/with}}', '42601', 'unsupported'),
	(65, 'body', '{{^a}}', '42601', 'unsupported'),
	(66, 'body', '{{> p}}', '42704', 'snippet "p" does not exist'),
	(67, 'body', '{{! c }}', '42601', 'unsupported'),
	(68, 'body', '{{else x}}', '42601', 'unsupported tag "{{else"'),
	(69, 'body', '{{{ ELSE }}}', '42601', 'unsupported'),
	(70, 'body', '{{{#a}}}', '42601', 'unsupported'),
	(71, 'body', '{{ no_such_column }}', '42703', 'no_such_column'),
	(72, 'body', '{{ max(x) }}', '42803', 'aggregate'),
	(73, 'body', '{{ x, y }}', '42601', 'several expressions'),
	(74, 'body', '{{ x) || (y }}', '42601', 'syntax error'),
	(75, 'body', '{{ $1 }}', '42P02', 'parameter'),
	(76, 'subject', '{{ x FROM cases }}', '42601', 'FROM'),
	(77, 'body', '{{ a$$ }}', '42703', 'a$$'),
	(78, 'body', '{{ vars.nothing }}', '42703', 'not declared'),
	(79, 'body', '{{ x; y }}', '42601', 'syntax error');

CREATE TABLE cases (n integer PRIMARY KEY, x text, y text, z text, u text, a text, b text);
INSERT INTO cases SELECT n, given ->> 'x', given ->> 'y', given ->> 'z', given ->> 'u', given ->> 'a', given ->> 'b' FROM rendered;
SELECT campaign_dimension('cases', addresses => '{"email": "n::text"}');
SELECT campaign_create('template', 'cases');
SELECT campaign_add_audience('template', 'all_cases');

-- One e-mail per template, to the one row with its values.
SELECT count(campaign_add_email('template', 'mail_' || n,
	subject => CASE place WHEN 'subject' THEN template ELSE 's' END,
	body => CASE place WHEN 'body' THEN template ELSE 'b' END,
	address => format('CASE WHEN n = %s THEN n::text END', n), after => 'all_cases'))
FROM rendered;
SELECT campaign_publish('template');
SELECT campaign_start('template') AS run \gset
SELECT campaign_wait(:run);
CREATE TABLE sent AS SELECT c.* FROM campaign_claim('email', 1000) c;
SELECT count(*) = (SELECT count(*) FROM rendered) AS all_sent FROM sent;
SELECT r.n, r.template, r.given, r.expected, CASE place WHEN 'subject' THEN subject ELSE body END AS got
FROM rendered r LEFT JOIN sent s ON s.address = r.n::text
WHERE CASE place WHEN 'subject' THEN subject ELSE body END IS DISTINCT FROM expected ORDER BY n;

-- What is there and what was said are compared; what is printed is for readers.
DO $$
DECLARE
	r record;
	said text;
	detail text;
BEGIN
	FOR r IN SELECT * FROM refused ORDER BY n LOOP
		BEGIN
			PERFORM campaign_add_email('template', 'tried', after => 'all_cases',
				subject => CASE r.place WHEN 'subject' THEN r.template ELSE 's' END,
				body => CASE r.place WHEN 'body' THEN r.template ELSE 'b' END);
			RAISE WARNING '%: accepted', r.template;
			PERFORM campaign_remove('template', 'tried');
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
			RAISE WARNING '%: % % %', replace(r.template, E'\n', '\n'), SQLSTATE, said, detail;
			IF SQLSTATE <> r.code OR strpos(said || ' ' || detail, r.says) = 0 THEN
				RAISE WARNING '  but expected % %', r.code, r.says;
			END IF;
		END;
	END LOOP;
END $$;

-- Sizes.
SELECT campaign_add_email('template', 'long', 's', repeat('x', 1000000) || '{{ x }}', after => 'all_cases');
SELECT campaign_remove('template', 'long');
\set VERBOSITY terse
SELECT campaign_add_email('template', 'many', 's', repeat('{{ x || ''1'' }}{{ y }}', 2000), after => 'all_cases');
SELECT campaign_add_email('template', 'different', 's', (SELECT string_agg(format('{{ x || %L }}', i), '') FROM generate_series(1, 3000) i), after => 'all_cases');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default

-- Clean up.
SELECT count(*) FROM (SELECT DISTINCT lease FROM sent) l, campaign_ack(lease);
SELECT campaign_drop('template');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_template';
DROP SCHEMA template CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_template;
DROP ROLE regress_template;
