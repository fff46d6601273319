-- ---------------------------------------------------------------------------
-- Links: how rows of one dimension lead to rows of another
-- ---------------------------------------------------------------------------

-- A link that somebody declared.
--   name         unique among its owner's links from the source
--   source       name of the dimension it leads from
--   target       name of the dimension it leads to
--   alias        what the row it leads to is called in the condition
--   condition    over both rows
--   cardinality  how many rows a row leads to
--   search_path  under which the condition is read
CREATE TABLE campaign.link (
	link_id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name			text COLLATE "C" NOT NULL,
	owner			oid NOT NULL,
	owner_name		text COLLATE "C" NOT NULL,
	source			text COLLATE "C" NOT NULL,
	target			text COLLATE "C" NOT NULL,
	alias			text COLLATE "C" NOT NULL,
	condition		text NOT NULL,
	cardinality		text COLLATE "C" NOT NULL CHECK (cardinality IN ('one', 'zero or one', 'many')),
	search_path		text NOT NULL,
	UNIQUE (owner, source, name, owner_name)
);
COMMENT ON TABLE campaign.link IS 'a declared join from the rows of one dimension to those of another';

-- Where foreign keys lead from a relation, in both directions.
--   name         towards the referenced table the column without its _id, of
--                several columns the table; back the referencing table, and
--                table_by_column where it refers to the relation more than
--                once; the constraint is added to what is not unique then
--   pattern      the condition, for format(): %1$I is the row it leads from,
--                %2$I the one it leads to
--   cardinality  towards the referenced table one, or zero or one where a
--                column may be NULL or the key was not validated; back many,
--                or zero or one where a unique index says so
CREATE FUNCTION campaign.foreign_links(
	relation oid, OUT name text, OUT target oid, OUT pattern text, OUT cardinality text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH side AS (
		SELECT c.oid, c.conname, c.conrelid, c.confrelid, c.conkey, c.convalidated,
			forth.forth, r.relname, n.nspname,
			CASE WHEN forth.forth THEN c.confrelid ELSE c.conrelid END AS target,
			(SELECT string_agg(format('%%%s$I.%s OPERATOR(%I.%s) %%%s$I.%s',
					CASE WHEN forth.forth THEN 2 ELSE 1 END, replace(quote_ident(p.attname), '%', '%%'),
					s.nspname, replace(o.oprname, '%', '%%'),
					CASE WHEN forth.forth THEN 1 ELSE 2 END, replace(quote_ident(f.attname), '%', '%%')),
					' AND ' ORDER BY k.n)
				FROM unnest(c.conkey, c.confkey, c.conpfeqop) WITH ORDINALITY AS k (fk, pk, op, n)
				JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = k.fk
				JOIN pg_attribute p ON p.attrelid = c.confrelid AND p.attnum = k.pk
				JOIN pg_operator o ON o.oid = k.op
				JOIN pg_namespace s ON s.oid = o.oprnamespace) AS pattern,
			(SELECT string_agg(f.attname, '_' ORDER BY k.n)
				FROM unnest(c.conkey) WITH ORDINALITY AS k (fk, n)
				JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = k.fk) AS columns
		FROM pg_constraint c
		CROSS JOIN (VALUES (true), (false)) AS forth (forth)
		JOIN pg_class r ON r.oid = CASE WHEN forth.forth THEN c.confrelid ELSE c.conrelid END
		JOIN pg_namespace n ON n.oid = r.relnamespace
		WHERE c.contype = 'f' AND c.conparentid = 0
			AND $1 = CASE WHEN forth.forth THEN c.conrelid ELSE c.confrelid END),
	referred AS (
		SELECT *, CASE WHEN array_length(conkey, 1) > 1 OR columns ~ '^_?id$' THEN columns
				ELSE regexp_replace(columns, '_id$', '') END AS referring,
			count(*) FILTER (WHERE NOT forth) OVER (PARTITION BY conrelid) AS times
		FROM side),
	named AS (
		SELECT *, CASE
			WHEN forth AND array_length(conkey, 1) > 1 AND conrelid <> confrelid THEN relname::text
			WHEN forth THEN referring
			WHEN times > 1 OR conrelid = confrelid THEN relname || '_by_' || referring
			ELSE relname::text END AS name
		FROM referred),
	counted AS (
		SELECT *, count(*) OVER (PARTITION BY name) AS same FROM named)
	SELECT (CASE WHEN same = 1 THEN name ELSE name || '_' || nspname || '_' || conname END)::name::text,
		target, pattern, CASE
			WHEN forth AND convalidated AND NOT EXISTS (
				SELECT FROM pg_attribute a
				WHERE a.attrelid = conrelid AND a.attnum = ANY (conkey) AND NOT a.attnotnull) THEN 'one'
			WHEN forth OR EXISTS (
				SELECT FROM pg_index i
				WHERE i.indrelid = conrelid AND i.indisunique AND i.indimmediate AND i.indisvalid
					AND i.indpred IS NULL AND i.indexprs IS NULL
					AND (i.indkey::int2[])[0:i.indnkeyatts - 1] <@ conkey) THEN 'zero or one'
			ELSE 'many' END
	FROM counted;
END;
COMMENT ON FUNCTION campaign.foreign_links(oid) IS 'links from a relation that foreign keys give, in both directions';

-- What a link leads from and to goes by the name of the dimension, or of the
-- table where it is none; the row led to by the link's, where both are one.
CREATE VIEW campaign.links WITH (security_barrier) AS
WITH placed AS (
	SELECT d.name, d.owner, d.owner_name, d.relation_name, c.oid AS relation
	FROM campaign.dimension d
	LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace)
		ON quote_ident(n.nspname) || '.' || quote_ident(c.relname) = d.relation_name
	WHERE campaign.visible(d.owner))
SELECT l.source, l.name, l.target, d.relation_name AS relation, l.cardinality, l.condition,
	true AS declared, l.owner_name AS owner
FROM campaign.link l
LEFT JOIN campaign.dimension d ON d.owner = l.owner AND d.name = l.target AND d.owner_name = l.owner_name
WHERE campaign.visible(l.owner)
UNION ALL
SELECT d.name, f.name, t.name, quote_ident(n.nspname) || '.' || quote_ident(c.relname), f.cardinality,
	format(f.pattern, d.name, CASE WHEN coalesce(t.name, c.relname) = d.name THEN f.name
		ELSE coalesce(t.name, c.relname) END),
	false, d.owner_name
FROM placed d
CROSS JOIN LATERAL campaign.foreign_links(d.relation) f
JOIN pg_class c ON c.oid = f.target
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
	SELECT o.name FROM placed o
	WHERE o.owner = d.owner AND o.relation = f.target
	ORDER BY o.name <> c.relname, o.name LIMIT 1) t ON true
WHERE NOT EXISTS (
	SELECT FROM campaign.link l
	WHERE l.owner = d.owner AND l.source = d.name AND l.name = f.name)
ORDER BY 1, 2, 8;
COMMENT ON VIEW campaign.links IS 'links from dimensions: declared, and of foreign keys';
