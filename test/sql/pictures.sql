-- Would fail if a picture showed something else than the graph, if boxes lay
-- upon each other, or if a text of a user's were read as part of the picture.
SET client_min_messages = warning;
CREATE ROLE regress_pictures LOGIN;
CREATE ROLE regress_pictures_viewer LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_pictures, regress_pictures_viewer;
CREATE SCHEMA pictures AUTHORIZATION regress_pictures;
SET SESSION AUTHORIZATION regress_pictures;
SET search_path = pictures, public;
CREATE TABLE people (id bigint PRIMARY KEY, email text, score integer);
INSERT INTO people SELECT i, nullif(i, 20) || '@x.org', i % 10 FROM generate_series(1, 1234) i;
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
CREATE FUNCTION draw(name text, activities text[], transitions text[]) RETURNS text LANGUAGE sql AS $$
	SELECT campaign_define(jsonb_build_object('name', $1, 'dimension', 'people',
		'activities', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', split_part(a, ' ', 1), 'kind', split_part(a, ' ', 2),
			'options', coalesce(nullif(substr(a, length(split_part(a, ' ', 1)) + length(split_part(a, ' ', 2)) + 3), ''), '{}')::jsonb)), '[]') FROM unnest($2) a),
		'transitions', (SELECT coalesce(jsonb_agg(jsonb_build_object('source', split_part(t, ' ', 1), 'outcome', split_part(t, ' ', 2), 'target', split_part(t, ' ', 3))), '[]') FROM unnest($3) t)))
$$;
-- Boxes of a picture: the first line of each title is the activity.
CREATE FUNCTION boxes(picture text) RETURNS TABLE (name text, x numeric, y numeric, width numeric, height numeric)
LANGUAGE sql AS $$
	SELECT split_part(b.title, ' ', 1), m[1]::numeric, m[2]::numeric, b.width, b.height
	FROM xmltable(xmlnamespaces('http://www.w3.org/2000/svg' AS s),
		'//s:g[contains(@class, "c-activity")]' PASSING xmlparse(DOCUMENT $1)
		COLUMNS place text PATH '@transform', title text PATH 's:title',
			width numeric PATH 's:rect/@width', height numeric PATH 's:rect/@height') b,
	regexp_match(b.place, 'translate\(([-0-9.]+) ([-0-9.]+)\)') m
$$;
-- What is wrong with a picture: activities missing, boxes that touch or stand
-- outside, an edge that goes up.
CREATE FUNCTION faults(campaign text, run bigint DEFAULT NULL) RETURNS SETOF text
LANGUAGE sql AS $$
	WITH picture AS (SELECT campaign_graph($1, 'svg', $2) AS svg),
	box AS MATERIALIZED (SELECT b.* FROM picture, boxes(svg) b)
	SELECT format('%s upon %s', a.name, b.name) FROM box a JOIN box b ON a.name < b.name
		AND a.x < b.x + b.width + 4 AND b.x < a.x + a.width + 4 AND a.y < b.y + b.height + 4 AND b.y < a.y + a.height + 4
	UNION ALL
	SELECT a.name || ' outside' FROM box a, picture, regexp_match(svg, 'width="([0-9]+)" height="([0-9]+)"') m
	WHERE a.x < 0 OR a.y < 0 OR a.x + a.width > m[1]::numeric OR a.y + a.height > m[2]::numeric
	UNION ALL
	SELECT format('%s is not above %s', t ->> 'source', t ->> 'target')
	FROM jsonb_array_elements(campaign_export($1) -> 'transitions') t
	JOIN box a ON a.name = t ->> 'source' JOIN box b ON b.name = t ->> 'target' AND b.y <= a.y WHERE $1 <> 'cycle'
	UNION ALL
	SELECT format('%s is missing', a ->> 'name') FROM jsonb_array_elements(campaign_export($1) -> 'activities') a
	WHERE NOT EXISTS (SELECT FROM box WHERE name = a ->> 'name')
$$;
\pset format unaligned
\pset tuples_only on

-- A run: states by sign and colour, counts on edges.
SELECT draw('run', ARRAY['everybody audience', 'parts split {"outcomes":[{"name":"low","filter":"score < 2"},{"name":"mid","filter":"score < 4"},{"name":"high"}]}',
	'mail email {"subject":"Hello {{ id }}","body":"x"}', 'pause wait {"duration":"1 hour"}', 'broken audience {"filter":"1 / (score - score) > 0"}', 'both join', 'done end'],
	'{everybody result parts,parts low mail,parts high broken,mail result pause,pause result both,broken result both,both result done}') AS c \gset
SELECT campaign_publish('run') \g /dev/null
SELECT campaign_start('run') AS run \gset
SELECT campaign_wait(:run);
SELECT regexp_replace(campaign_graph('run', 'dot', :run), 'run \d+', 'run N');
SELECT regexp_replace(campaign_graph('run', 'mermaid', :run), 'run \d+', 'run N');
SELECT faults('run', :run);
SELECT regexp_replace(unnest(xpath('/s:svg/s:title/text() | /s:svg/s:desc/text()', xmlparse(DOCUMENT campaign_graph('run', 'svg', :run)), '{{s,http://www.w3.org/2000/svg}}'))::text, 'run \d+', 'run N');
SELECT unnest(xpath('//s:g[contains(@class, "c-activity")]/@class', xmlparse(DOCUMENT campaign_graph('run', 'svg', :run)), '{{s,http://www.w3.org/2000/svg}}'));
SELECT unnest(xpath('//s:g[contains(@class, "c-edge")]/s:text/text()', xmlparse(DOCUMENT campaign_graph('run', 'svg', :run)), '{{s,http://www.w3.org/2000/svg}}'));

-- The draft, without states.
SELECT campaign_graph('run', 'dot');
SELECT campaign_graph('run', 'mermaid');
SELECT campaign_graph('run', 'svg') ~ 'c-succeeded|c-pending' AS has_states;

-- Shapes: none, one, apart, joins of distant branches, a wide fan, cycles and
-- loose ends of drafts that cannot be published, two hundred activities.
SELECT draw('empty', '{}', '{}') AS c \gset
SELECT draw('one', '{a audience}', '{}') AS c \gset
SELECT draw('apart', '{a audience,b audience,c end,d end}', '{a result c,b result d}') AS c \gset
SELECT draw('ladder', ARRAY['a audience', 'b fork', 'c fork', 'd fork', 'j join', 'k join', 'l join', 'e end'],
	'{a result b,a result j,b result c,b result k,c result d,c result l,d result j,j result k,k result l,l result e}') AS c \gset
SELECT draw('fan', ARRAY['a audience', 'f fork', 'j join'] || ARRAY(SELECT format('w%s wait {"duration": "%s hours"}', i, i) FROM generate_series(1, 30) i),
	ARRAY['a result f'] || ARRAY(SELECT unnest(ARRAY[format('f result w%s', i), format('w%s result j', i)]) FROM generate_series(1, 30) i)) AS c \gset
SELECT draw('cycle', '{z end,a audience,b fork,c fork,e end,own fork}', '{c result z,a result b,b result c,c result b,c result e,own result own}') AS c \gset
SELECT draw('two hundred', ARRAY(SELECT format('activity_%s %s', i, CASE WHEN i < 6 THEN 'audience' ELSE 'fork' END) FROM generate_series(1, 200) i),
	ARRAY(SELECT DISTINCT format('activity_%s result activity_%s', least(greatest(1, i - 1 - (i * k * 7919) % 8), i - 1), i) FROM generate_series(6, 200) i, generate_series(1, 2) k WHERE i % 3 = 0 OR k = 1)) AS c \gset
SELECT c, faults(c) FROM unnest('{empty,one,apart,ladder,fan,cycle,two hundred}'::text[]) c;
SELECT c, count(*) FROM unnest('{empty,one,apart,ladder,fan,cycle,two hundred}'::text[]) c LEFT JOIN LATERAL boxes(campaign_graph(c, 'svg')) ON true GROUP BY c ORDER BY c;
-- What nothing feeds stands right above what it feeds.
SELECT draw('late', '{a audience,b fork,c fork,late audience,j join}', '{a result b,b result c,c result j,late result j}') AS c \gset
SELECT l.y = c.y FROM boxes(campaign_graph('late', 'svg')) l, boxes(campaign_graph('late', 'svg')) c WHERE l.name = 'late' AND c.name = 'c';

-- Texts that mean something to whoever reads the picture.
SELECT $$a "b" 'c' [d] {e} (f) <g> </title></style><script>alert(1)</script> &amp; &#10; ]]> -- # ; %%{init}%% `h` |i| \ \n \N style x:y#z;$$ || E'\nline 2\ttab\u0007\u202e\ufffe end' AS hostile \gset
SELECT draw(:'hostile', ARRAY[format('a audience %s', jsonb_build_object('filter', 'true /* ' || :'hostile' || ' */')), format('b email %s', jsonb_build_object('subject', :'hostile', 'body', repeat(:'hostile', 20)))],
	'{a result b}') AS c \gset
SELECT campaign_graph(:'hostile', 'dot');
SELECT campaign_graph(:'hostile', 'mermaid');
SELECT faults(:'hostile');
-- In a picture the texts are what they were, but on one line.
SELECT (xpath('/s:svg/s:title/text()', xmlparse(DOCUMENT campaign_graph(:'hostile', 'svg')), '{{s,http://www.w3.org/2000/svg}}'))[1];
SELECT unnest(xpath('//s:script | //@onclick | //@href', xmlparse(DOCUMENT campaign_graph(:'hostile', 'svg')), '{{s,http://www.w3.org/2000/svg}}'));


-- A page is well-formed, refers to nothing, has one script, and no text of a
-- user's in it.
CREATE FUNCTION parts(page text, path text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT unnest(xpath($2, xmlparse(DOCUMENT $1), '{{h,http://www.w3.org/1999/xhtml},{s,http://www.w3.org/2000/svg}}'))::text
$$;
SELECT c, count(*), count(*) FILTER (WHERE part = (SELECT parts(campaign_graph('empty', 'html'), '//h:script/text()'))) AS same
FROM unnest(ARRAY['empty', 'cycle', 'two hundred', 'run', :'hostile']) WITH ORDINALITY c (c, number), parts(campaign_graph(c, 'html'), '//h:script/text()') part GROUP BY c, number ORDER BY number;
SELECT parts(campaign_graph(:'hostile', 'html'), '//@href | //@src | //@*[starts-with(name(), "on")] | //h:link | //h:img | //h:iframe');
SELECT campaign_graph(:'hostile', 'html') ~ '(https?:)?//(?!www\.w3\.org/(2000/svg|1999/xhtml)")' AS refers;
SELECT parts(campaign_graph(:'hostile', 'html'), '//h:h1/text()');
SELECT parts(campaign_graph(:'hostile', 'html'), '//h:section[1]//h:pre/text()');
SELECT count(*) FROM parts(campaign_graph('two hundred', 'html'), '//h:section/@data-details');
SELECT parts(campaign_graph('run', 'html', :run), '//h:section[@data-details = //s:g[contains(@class, "c-failed")]/@data-activity]/h:dl/h:dd[@class = "bad"]/h:pre/text()');
SELECT string_agg(cell, ' ' ORDER BY number) FROM parts(campaign_graph('run', 'html', :run), '//h:table[@id = "flow"]//h:td/text()') WITH ORDINALITY t (cell, number);
SELECT string_agg(cell, ' ' ORDER BY number) FROM parts(campaign_graph('run', 'html', :run), '//h:table[@id = "deliveries"]//h:td/text()') WITH ORDINALITY t (cell, number);
SELECT * FROM parts(campaign_graph('run', 'html', :run), '//h:table[@id = "timeline"]//h:tr/h:td[1]/text()') ORDER BY 1;
SELECT parts(campaign_graph('run', 'html', :run), '//h:table[@id = "exclusions"]//h:td/text()');
SELECT regexp_replace(parts(campaign_graph('run', 'html', :run), '//h:p[1][not(@id)]/text()'), '\d.*', 'N, …');
SELECT parts(campaign_graph('run', 'html'), '//h:table/@id');
-- What people did: a funnel, hours, links, with what they wrote escaped.
CREATE TEMP TABLE batch AS SELECT * FROM campaign_claim('email', 100);
SELECT sum((campaign_ack(lease)).sent) FROM (SELECT DISTINCT lease FROM batch) l;
SELECT events.recorded FROM campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'event', event, 'at', '2026-01-31 12:34+00', 'detail', detail))
	FROM (SELECT min(message_id) AS message_id FROM batch) b, (VALUES ('opened', NULL), ('clicked', '{"link": "https://example.com/?a=<b>&\"c\""}'::jsonb)) e (event, detail))) events;
SELECT string_agg(cell, ' ' ORDER BY number) FROM parts(campaign_graph('run', 'html', :run), '//h:table[@id = "funnel"]//h:td//text()') WITH ORDINALITY t (cell, number);
SELECT count(*), count(DISTINCT part) FROM parts(campaign_graph('run', 'html', :run), '//h:table[@id = "hours"]//h:tr') part;
SELECT parts(campaign_graph('run', 'html', :run), '//h:table[@id = "links"]//h:td/text()');
SELECT parts(campaign_graph('run', 'html', :run), '//h:table/@id');
DROP TABLE batch;
-- The SQL of activities is what campaign_explain() gives, of the run's version
-- and of the draft, and for whom that gives it.
SELECT p.h3, p.sql = e.sql AS same FROM xmltable(xmlnamespaces('http://www.w3.org/1999/xhtml' AS h), '//h:section'
	PASSING xmlparse(DOCUMENT campaign_graph('run', 'html', :run)) COLUMNS h3 text PATH 'h:h3', sql text PATH 'h:pre[@class = "sql"]') p
	LEFT JOIN campaign_explain('run') e ON e.activity = p.h3 AND e.sql IS NOT NULL;
SELECT campaign_alter('run', 'broken', '{"filter": "score > 7"}') \g /dev/null
SELECT parts(campaign_graph('run', 'html'), '//h:section[h:h3 = "broken"]/h:pre[@class = "sql"]/text()') ~ 'score &gt; 7' AS draft,
	parts(campaign_graph('run', 'html', :run), '//h:section[h:h3 = "broken"]/h:pre[@class = "sql"]/text()') ~ 'score &gt; 7' AS run;
SELECT count(*) FROM parts(campaign_graph(:'hostile', 'html'), '//h:pre[@class = "sql"]');
SELECT campaign_create('long', dimension => 'people') \g /dev/null
SELECT campaign_add_audience('long', 'a', filter => (SELECT string_agg('email <> ''<' || n || '>''', ' AND ') FROM generate_series(1, 4000) n)) \g /dev/null
SELECT length(parts(campaign_graph('long', 'html'), '//h:pre[@class = "sql"]/text()')) > 100000 AS long;
SELECT count(*) FROM campaign.run_progress WHERE campaign = 'long';
BEGIN READ ONLY;
SELECT parts(campaign_graph('run', 'html', :run), '//h:p[@id = "unexplained"]/text()');
COMMIT;
SELECT parts(campaign_graph('cycle', 'html'), '//h:p[@id = "unexplained"]/text()');
SELECT campaign_grant('run', 'regress_pictures_viewer', 'view') \g /dev/null
-- Who may look at it, and who has all of its owner's rights, sees the page
-- without the SQL.
GRANT USAGE ON SCHEMA pictures TO regress_pictures_viewer;
RESET SESSION AUTHORIZATION;
SELECT pictures.parts(campaign_graph('run', 'html', :run), '//h:p[@id = "unexplained"]/text()');
SET SESSION AUTHORIZATION regress_pictures_viewer;
SELECT count(*), count(*) FILTER (WHERE part ~ 'sql') FROM pictures.parts(campaign_graph('run', 'html', :run), '//h:section//h:pre') part;
SELECT pictures.parts(campaign_graph('run', 'html', :run), '//h:p[@id = "unexplained"]/text()');
SELECT count(*) FROM pictures.parts(campaign_graph('run', 'html', :run), '//h:section[h:h3 = "broken"]//h:dd');
RESET SESSION AUTHORIZATION;

-- Somebody else's is not drawn.
CREATE ROLE regress_pictures_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_pictures_other;
SET SESSION AUTHORIZATION regress_pictures_other;
\set VERBOSITY sqlstate
SELECT campaign_graph('run', 'html', :run);
SELECT campaign_graph('run', 'svg');
\set VERBOSITY default
RESET SESSION AUTHORIZATION;
REVOKE USAGE ON SCHEMA campaign FROM regress_pictures_other;
DROP ROLE regress_pictures_other;
SET SESSION AUTHORIZATION regress_pictures;

-- Refused.
SELECT campaign_graph('run', 'SVG');
\echo :LAST_ERROR_SQLSTATE

-- Clean up.
SELECT campaign_stop(:run);
SELECT campaign_drop(c) FROM unnest(ARRAY['run', 'empty', 'one', 'apart', 'ladder', 'fan', 'cycle', 'two hundred', 'late', 'long', :'hostile']) c \g /dev/null
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_pictures';
DROP SCHEMA pictures CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_pictures, regress_pictures_viewer;
DROP ROLE regress_pictures, regress_pictures_viewer;
