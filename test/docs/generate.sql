-- Prints the parts of the documentation that the database knows: a part begins
-- with <!-- begin NAME -->, ends with <!-- end --> and is Markdown between.
-- Run it with psql -XAtq; test/docs/renew puts the parts into the documents.
SET search_path = public;

CREATE TEMP VIEW member AS
SELECT d.classid, d.objid FROM pg_depend d
JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
WHERE e.extname = 'campaign';

CREATE FUNCTION pg_temp.cell(value text) RETURNS text LANGUAGE sql
AS $$SELECT replace(coalesce(value, ''), '|', '\|')$$;

-- Options of each kind.
SELECT format(E'<!-- begin options %s -->\n', kind)
	|| CASE WHEN options = '[]' THEN 'No options.' ELSE
		E'| option | type | required | default | meaning |\n|---|---|---|---|---|\n' || (
		SELECT string_agg(format('| `%s` | %s | %s | %s | %s |', o.name, o.type, o.required, pg_temp.cell(o."default"), pg_temp.cell(o.meaning)), E'\n' ORDER BY o.number)
		FROM ROWS FROM (jsonb_to_recordset(options) AS (name text, type text, required text, "default" text, meaning text)) WITH ORDINALITY
			AS o(name, type, required, "default", meaning, number)) END
	|| E'\n\n' || format('Inbound transitions: %s. Outcomes: %s. Category: %s.', inputs, outcomes, category)
	|| E'\n<!-- end -->'
FROM campaign_kinds() ORDER BY kind;

-- Options of every kind.
SELECT E'<!-- begin common options -->\n| option | type | default | meaning |\n|---|---|---|---|\n'
	|| string_agg(format('| `%s` | %s | %s | %s |', o.name, o.type, pg_temp.cell(o."default"), pg_temp.cell(o.meaning)), E'\n' ORDER BY o.number)
	|| E'\n<!-- end -->'
FROM ROWS FROM (jsonb_to_recordset(campaign_common_options()) AS (name text, type text, required text, "default" text, meaning text)) WITH ORDINALITY
	AS o(name, type, required, "default", meaning, number);

-- Functions and procedures, as they are declared; those of one name together.
SELECT format(E'<!-- begin function %s -->\n```text\n%s\n```\n%s\n<!-- end -->', f.name,
	string_agg(format('%s(%s)%s', f.name, f.arguments, f.result), E'\n' ORDER BY f.arguments DESC),
	string_agg(f.description, E'\n' ORDER BY f.arguments DESC))
FROM (
	SELECT p.proname, CASE n.nspname WHEN 'campaign' THEN 'campaign.' ELSE '' END || p.proname AS name,
		regexp_replace(pg_get_function_arguments(p.oid), '::[a-z]+( with time zone)?', '', 'g') AS arguments,
		CASE p.prokind WHEN 'p' THEN '' ELSE ' RETURNS ' || pg_get_function_result(p.oid) END AS result,
		upper(left(obj_description(p.oid, 'pg_proc'), 1)) || substr(obj_description(p.oid, 'pg_proc'), 2) || '.' AS description
	FROM member m JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass
	JOIN pg_namespace n ON n.oid = p.pronamespace
) f GROUP BY f.proname, f.name ORDER BY f.proname;

-- Columns of tables, views and types.
SELECT format(E'<!-- begin columns %s -->\n%s\n\n| column | type | meaning |\n|---|---|---|\n%s\n<!-- end -->',
	c.oid::regclass,
	upper(left(d.description, 1)) || substr(d.description, 2) || '.',
	string_agg(format('| `%s` | %s | %s |', a.attname, format_type(a.atttypid, a.atttypmod), pg_temp.cell(col_description(c.oid, a.attnum))), E'\n' ORDER BY a.attnum))
FROM member m
JOIN pg_class c ON (m.classid = 'pg_class'::regclass AND c.oid = m.objid AND c.relkind IN ('r', 'p', 'v'))
	OR (m.classid = 'pg_type'::regclass AND c.relkind = 'c' AND c.reltype = m.objid)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN LATERAL (SELECT coalesce(obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type')) AS description) d
GROUP BY c.oid, d.description ORDER BY c.relname;

-- Settings.
SELECT E'<!-- begin settings -->\n| setting | default | range | who sets it | meaning |\n|---|---|---|---|---|\n'
	|| string_agg(format('| `%s` | %s | %s | %s | %s |', name,
		boot_val || CASE WHEN unit IS NULL THEN '' ELSE ' ' || unit END,
		CASE WHEN vartype = 'string' THEN '' WHEN min_val IS NULL THEN 'on, off' ELSE min_val || ' to ' || max_val END,
		CASE context WHEN 'sighup' THEN 'server configuration' WHEN 'superuser' THEN 'superusers' ELSE 'everybody' END,
		pg_temp.cell(concat_ws(' ', short_desc, extra_desc))), E'\n' ORDER BY name)
	|| E'\n<!-- end -->'
FROM pg_settings WHERE name LIKE 'campaign.%';
