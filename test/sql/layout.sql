-- Would fail if boxes, lines or labels of a picture lay upon each other, of any
-- graph from 2 to 200 activities, or if lines crossed more often than they do.
SET client_min_messages = warning;
CREATE ROLE regress_layout LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_layout;
CREATE SCHEMA layout AUTHORIZATION regress_layout;
SET SESSION AUTHORIZATION regress_layout;
SET search_path = layout, public;
-- Plans of rows that nobody can estimate are not worth compiling.
SET jit = off;
CREATE TABLE people (id bigint PRIMARY KEY);
SELECT campaign_dimension('people');

-- A number from 0 to n - 1 that is always the same.
CREATE FUNCTION pick(seed bigint, what bigint, n bigint) RETURNS integer LANGUAGE sql IMMUTABLE
	RETURN (abs(hashint8extended(what, seed) % 1000003) % n)::integer;
-- A campaign of that many activities: a fifth are splits, each is fed by one to
-- "most" of those before it, and mostly by near ones.
CREATE FUNCTION tangle(name text, size integer, most integer, seed bigint) RETURNS text LANGUAGE sql AS $$
	WITH activity AS (
		SELECT i, pick(seed, i, 5) = 0 AND i > 1 AS splits, CASE WHEN i = 1 THEN 'start' WHEN pick(seed, i, 5) = 0 THEN 'choice_' || i ELSE repeat('a', 1 + pick(seed, i + 1000, 20)) || i END AS name
		FROM generate_series(1, size) i),
	edge AS MATERIALIZED (
		SELECT i AS target, k, greatest(1, i - 1 - pick(seed, 100 * i + k, CASE pick(seed, 10 * i + k, 8) WHEN 0 THEN size ELSE 2 + size / 12 END)) AS source
		FROM generate_series(2, size) i, generate_series(1, 1 + pick(seed, i + 3000, most)) k),
	transition AS (
		SELECT DISTINCT s.name AS source, CASE WHEN s.splits THEN (ARRAY['low', 'middle', 'high'])[1 + pick(seed, k + 7 * t.i, 3)] ELSE 'result' END AS outcome, t.name AS target
		FROM edge JOIN activity s ON s.i = source JOIN activity t ON t.i = target)
	SELECT campaign_define(jsonb_build_object('name', $1, 'dimension', 'people',
		'activities', (SELECT jsonb_agg(jsonb_build_object('name', a.name, 'kind', CASE WHEN splits THEN 'split' ELSE 'audience' END,
			'options', CASE WHEN splits THEN '{"outcomes": [{"name": "low", "percent": 20}, {"name": "middle", "percent": 20}, {"name": "high"}]}' ELSE '{}' END::jsonb) ORDER BY i) FROM activity a),
		'transitions', (SELECT jsonb_agg(to_jsonb(t) ORDER BY source, outcome, target) FROM transition t)))
$$;

-- What stands in a picture.
CREATE TYPE area AS (n bigint, x1 float8, y1 float8, x2 float8, y2 float8);
CREATE FUNCTION boxes(svg xml) RETURNS SETOF area LANGUAGE sql AS $$
	SELECT b.number, m[1]::float8, m[2]::float8, m[1]::float8 + b.width, m[2]::float8 + b.height
	FROM xmltable(xmlnamespaces('http://www.w3.org/2000/svg' AS s), '//s:g[contains(@class, "c-activity")]' PASSING svg
		COLUMNS number FOR ORDINALITY, place text PATH '@transform', width float8 PATH 's:rect/@width', height float8 PATH 's:rect/@height') b,
	regexp_match(b.place, 'translate\(([-0-9.]+) ([-0-9.]+)\)') m
$$;
CREATE FUNCTION labels(svg xml) RETURNS SETOF area LANGUAGE sql AS $$
	SELECT l.number, m[1]::float8 - 3.35 * length(label), m[2]::float8 - 10, m[1]::float8 + 3.35 * length(label), m[2]::float8 + 3
	FROM xmltable(xmlnamespaces('http://www.w3.org/2000/svg' AS s), '//s:g[contains(@class, "c-edge")]' PASSING svg
		COLUMNS number FOR ORDINALITY, place text PATH 's:text/@transform', label text PATH 's:text') l,
	regexp_match(l.place, 'translate\(([-0-9.]+) ([-0-9.]+)\)') m
$$;
-- Lines in parts, each from row to row; x1 and x2 are where it begins and ends.
CREATE FUNCTION lines(svg xml) RETURNS SETOF area LANGUAGE sql AS $$
	SELECT number, x1, y1, x2, y2 FROM (
		SELECT l.number, p.command, lag(k.x) OVER w AS x1, lag(k.y) OVER w AS y1, k.x AS x2, k.y AS y2
		FROM xmltable(xmlnamespaces('http://www.w3.org/2000/svg' AS s), '//s:g[contains(@class, "c-edge")]' PASSING svg
			COLUMNS number FOR ORDINALITY, path text PATH 's:path[@class = "c-line"]/@d') l,
		regexp_matches(l.path, '([MLC])([^MLC]*)', 'g') WITH ORDINALITY AS c (part, n),
		LATERAL (SELECT c.part[1] AS command, regexp_match(c.part[2], '([-0-9.]+) ([-0-9.]+) *$') AS place) p,
		LATERAL (SELECT p.place[1]::float8 AS x, p.place[2]::float8 AS y) k
		WINDOW w AS (PARTITION BY l.number ORDER BY c.n)) part
	WHERE command <> 'M'
$$;
CREATE FUNCTION meet(ax1 float8, ay1 float8, ax2 float8, ay2 float8, bx1 float8, by1 float8, bx2 float8, by2 float8) RETURNS boolean LANGUAGE sql IMMUTABLE
	RETURN ay1 < by2 AND ay2 > by1 AND ax1 < bx2 AND ax2 > bx1;
-- What lies upon what, and how often lines cross.
CREATE FUNCTION measure(campaign text, run bigint DEFAULT NULL, OUT boxes bigint, OUT lines bigint, OUT upon bigint, OUT through bigint, OUT hidden bigint, OUT crossings bigint) LANGUAGE sql AS $$
	WITH picture AS MATERIALIZED (SELECT xmlparse(DOCUMENT campaign_graph($1, 'svg', $2)) AS svg),
	box AS MATERIALIZED (SELECT b.* FROM picture, boxes(svg) b),
	label AS MATERIALIZED (SELECT l.* FROM picture, labels(svg) l),
	line AS MATERIALIZED (SELECT l.*, least(x1, x2) AS left, greatest(x1, x2) AS right FROM picture, lines(svg) l)
	SELECT (SELECT count(*) FROM box), (SELECT count(DISTINCT n) FROM line),
		(SELECT count(*) FROM box a JOIN box b ON a.n < b.n AND meet(a.x1, a.y1, a.x2, a.y2, b.x1, b.y1, b.x2, b.y2)),
		(SELECT count(*) FROM line a JOIN box b ON meet(a.left, a.y1, a.right, a.y2, b.x1, b.y1, b.x2, b.y2)),
		(SELECT count(*) FROM label a JOIN box b ON meet(a.x1, a.y1, a.x2, a.y2, b.x1, b.y1, b.x2, b.y2))
			+ (SELECT count(*) FROM label a JOIN label b ON a.n < b.n AND meet(a.x1, a.y1, a.x2, a.y2, b.x1, b.y1, b.x2, b.y2))
			+ (SELECT count(*) FROM label a JOIN line b ON a.n <> b.n AND b.x1 = b.x2 AND meet(a.x1, a.y1, a.x2, a.y2, b.x1, b.y1, b.x2, b.y2)),
		(SELECT count(*) FROM line a JOIN line b ON a.n < b.n AND a.y1 = b.y1 AND a.y2 = b.y2 AND (a.x1 - b.x1) * (a.x2 - b.x2) < 0)
$$;

-- Sparse graphs, as campaigns are, and dense ones.
CREATE TEMP TABLE found AS
SELECT size, most, m.* FROM unnest('{2,3,5,8,13,21,34,55,89,144,200}'::integer[]) size, generate_series(1, 3) most,
	LATERAL (SELECT tangle(format('tangle %s %s', size, most), size, most, 7 * size + most) AS name OFFSET 0) t, measure(t.name) m;
SELECT count(*) AS graphs, sum(upon) AS boxes_upon_boxes, sum(through) AS lines_through_boxes, sum(hidden) AS labels_hidden,
	bool_and(boxes = size) AS all_boxes FROM found;
-- As many crossings as there were when this was written, and a few more.
SELECT most, sum(crossings) <= (ARRAY[0, 560, 1570])[most] AS few FROM found GROUP BY most ORDER BY most;

-- With counts at all edges.
SELECT tangle('counted', 60, 1, 5);
INSERT INTO people SELECT generate_series(1, 1234567, 617);
SELECT campaign_publish('counted') \g /dev/null
SELECT campaign_start('counted') AS run \gset
SELECT campaign_wait(:run);
SELECT boxes, upon, through, hidden, crossings FROM measure('counted', :run);

-- Clean up.
SELECT count(campaign_drop(format('tangle %s %s', size, most))) FROM found;
SELECT campaign_drop('counted') \g /dev/null
DROP TABLE found;
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_layout';
DROP SCHEMA layout CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_layout;
DROP ROLE regress_layout;
