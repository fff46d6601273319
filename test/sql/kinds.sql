-- Would fail if an option of a kind were not a parameter of its function, or
-- the reverse; if a name had to be quoted; if a kind said nothing about itself.
\pset format unaligned
SELECT kind, category, purpose, inputs, outcomes FROM campaign_kinds();
SELECT k.kind, o.* FROM campaign_kinds() k, jsonb_to_recordset(k.options)
	o (name text, type text, required text, "default" text, meaning text);
\pset format aligned

-- The function of each kind has its options, and the three of all kinds.
CREATE TEMP VIEW parameter AS
SELECT p.proname::text AS function, a.name, a.n, a.n > p.pronargs - p.pronargdefaults AS optional
FROM pg_proc p, unnest(p.proargnames[:p.pronargs]) WITH ORDINALITY AS a (name, n)
WHERE p.pronamespace = (SELECT extnamespace FROM pg_extension e JOIN pg_depend d ON d.refobjid = e.oid
	AND d.refclassid = 'pg_extension'::regclass AND d.classid = 'pg_proc'::regclass AND d.objid = p.oid WHERE extname = 'campaign');
-- Texts are required, but a template may have them.
CREATE TEMP VIEW option AS
SELECT k.kind, 'campaign_add_' || k.kind AS function, o.name, o.required = 'yes' AND o.type NOT LIKE 'template%' AS required
FROM campaign_kinds() k, jsonb_to_recordset(k.options) o (name text, type text, required text);
SELECT kind FROM campaign_kinds() k WHERE NOT EXISTS (SELECT FROM parameter WHERE function = 'campaign_add_' || kind);
SELECT function FROM parameter WHERE starts_with(function, 'campaign_add_') EXCEPT SELECT 'campaign_add_' || kind FROM campaign_kinds();
SELECT function, name FROM option
WHERE NOT EXISTS (SELECT FROM parameter p WHERE p.function = option.function AND p.name = 'options')
EXCEPT SELECT function, name FROM parameter;
SELECT function, name FROM parameter WHERE starts_with(function, 'campaign_add_') AND name NOT IN ('campaign', 'activity', 'after', 'options')
EXCEPT SELECT function, name FROM option;
SELECT function, name, optional FROM parameter JOIN option USING (function, name) WHERE optional = required;
SELECT function FROM parameter WHERE starts_with(function, 'campaign_add_')
GROUP BY function HAVING (array_agg(name ORDER BY n))[1:2] <> '{campaign,activity}' OR (array_agg(name ORDER BY n DESC))[1] <> 'after';

-- Nothing needs quotes: names of functions, parameters, options and outcomes
-- are no reserved words.
SELECT name, catdesc FROM (
	SELECT name FROM parameter UNION SELECT function FROM parameter UNION SELECT name FROM option
	UNION SELECT unnest(string_to_array(outcomes, ', ')) FROM campaign_kinds()) n
JOIN pg_get_keywords() k ON k.word = n.name WHERE k.catcode IN ('R', 'T');
SELECT relname, attname FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0
JOIN pg_get_keywords() k ON k.word = attname AND k.catcode = 'R'
WHERE relnamespace = 'campaign'::regnamespace AND relkind = 'v';

-- Every function is described, and every parameter has a name.
SELECT function FROM parameter WHERE name = '';
SELECT DISTINCT p.proname FROM pg_proc p JOIN parameter ON function = proname WHERE obj_description(p.oid, 'pg_proc') IS NULL;
DROP VIEW parameter, option;
