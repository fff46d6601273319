-- ---------------------------------------------------------------------------
-- Filters: conditions that are saved under a name
-- ---------------------------------------------------------------------------

-- A saved condition.
--   name         unique among its owner's
--   dimension    name of the one whose rows it is about
--   condition    SQL expression over the row, or a rule as JSON
--   parameters   name -> {type, default}; types as they are under any path
--   search_path  under which its expressions are read
CREATE TABLE campaign.filter (
	filter_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name			text COLLATE "C" NOT NULL,
	owner			oid NOT NULL,
	owner_name		text COLLATE "C" NOT NULL,
	dimension		text COLLATE "C" NOT NULL,
	condition		text NOT NULL,
	parameters		jsonb NOT NULL DEFAULT '{}',
	description		text,
	search_path		text NOT NULL,
	UNIQUE (owner, name, owner_name)
);
COMMENT ON TABLE campaign.filter IS 'a condition that was saved under a name';

-- A filter is used where its name is: in rules of other filters, and in those
-- of drafts, also where a rule is a string.  Names are made of small letters,
-- so the text can be asked.
CREATE VIEW campaign.filters WITH (security_barrier) AS
SELECT f.name, f.dimension, f.condition, f.parameters, f.description,
	ARRAY(
		SELECT 'filter ' || quote_ident(o.name) FROM campaign.filter o
		WHERE o.owner = f.owner AND o.condition ~ ('"saved"\s*:\s*"' || f.name || '"')
		UNION ALL
		SELECT 'activity ' || quote_ident(a.name) || ' of campaign ' || quote_ident(c.name)
		FROM campaign.campaign c
		JOIN campaign.version v ON v.campaign_id = c.campaign_id AND v.number = 0
		JOIN campaign.activity a ON a.version_id = v.version_id
		WHERE c.owner = f.owner AND a.options::text ~ ('"saved\\?"\s*:\s*\\?"' || f.name || '\\?"')
		ORDER BY 1) AS used_by,
	f.owner_name AS owner
FROM campaign.filter f
WHERE campaign.visible(f.owner);
COMMENT ON VIEW campaign.filters IS 'saved filters, and where they are used';
