-- Describes every object the extension owns, in a stable order: two databases
-- hold the same extension if and only if their descriptions are equal.
-- Usage: psql -X -v ext=campaign -f test/snapshot.sql

\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\pset null '-'
SET search_path = pg_catalog;

CREATE TEMP VIEW member AS
	SELECT d.classid, d.objid
	FROM pg_depend d
	JOIN pg_extension e ON e.oid = d.refobjid
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
		AND e.extname = :'ext';
CREATE TEMP VIEW relation AS
	SELECT c.oid, c.oid::regclass::text AS name, c.relkind, c.relpersistence, c.relacl,
		c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relreplident
	FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid;

SELECT 'extension', extversion, extrelocatable, extnamespace::regnamespace
FROM pg_extension WHERE extname = :'ext';

SELECT 'object', pg_describe_object(classid, objid, 0),
	obj_description(objid, classid::regclass::name)
FROM member ORDER BY 2;

SELECT 'schema', n.nspname, n.nspacl
FROM member m JOIN pg_namespace n ON m.classid = 'pg_namespace'::regclass AND n.oid = m.objid
ORDER BY 2;

SELECT 'function', pg_get_functiondef(p.oid), p.proacl
FROM member m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
WHERE p.prokind IN ('f', 'p')
ORDER BY p.oid::regprocedure::text;

SELECT 'type', t.oid::regtype, t.typtype, t.typacl, t.typnotnull, t.typdefault, format_type(t.typbasetype, t.typtypmod)
FROM member m JOIN pg_type t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
ORDER BY t.oid::regtype::text;

SELECT 'enum', e.enumtypid::regtype, string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
FROM member m JOIN pg_enum e ON m.classid = 'pg_type'::regclass AND e.enumtypid = m.objid
GROUP BY e.enumtypid
ORDER BY e.enumtypid::regtype::text;

SELECT 'relation', name, relkind, relpersistence, relacl, reloptions, relrowsecurity,
	relforcerowsecurity, relreplident, CASE WHEN relkind = 'v' THEN pg_get_viewdef(oid) END
FROM relation ORDER BY name;

SELECT 'column', r.name, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
	a.attidentity, a.attgenerated, a.attcollation::regcollation, a.attstorage, a.attacl,
	pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum)
FROM relation r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
ORDER BY r.name, a.attnum;

SELECT 'constraint', r.name, c.conname, pg_get_constraintdef(c.oid)
FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid
ORDER BY r.name, c.conname;

SELECT 'index', pg_get_indexdef(i.indexrelid), i.indisclustered
FROM relation r JOIN pg_index i ON i.indrelid = r.oid
ORDER BY 2;

SELECT 'trigger', pg_get_triggerdef(t.oid), t.tgenabled
FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
ORDER BY 2;

SELECT 'policy', r.name, p.polname, p.polcmd, p.polpermissive, p.polroles::regrole[],
	pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
ORDER BY r.name, p.polname;

SELECT 'sequence', r.name, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle
FROM relation r JOIN pg_sequence s ON s.seqrelid = r.oid
ORDER BY r.name;

SELECT 'dumped', d.relation::regclass, d.condition
FROM pg_extension e, unnest(e.extconfig, e.extcondition) AS d (relation, condition)
WHERE e.extname = :'ext'
ORDER BY d.relation::regclass::text;
