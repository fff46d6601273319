-- ---------------------------------------------------------------------------
-- Functions: conditions, before they are used
-- ---------------------------------------------------------------------------

-- Saves a condition over the rows of a dimension, or saves it anew.
--   condition   SQL expression, or a rule as JSON
--   parameters  name -> {"type": …, "default": …}
CREATE FUNCTION @extschema@.campaign_filter(
	name text, dimension text, condition text,
	parameters jsonb DEFAULT NULL, description text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_filter'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_filter(text, text, text, jsonb, text)
	IS 'saves a condition under a name, for rules to use; returns its name';

CREATE FUNCTION @extschema@.campaign_unfilter(name text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_unfilter'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_unfilter(text)
	IS 'drops a saved filter that nothing uses';

CREATE FUNCTION @extschema@.campaign_rule_sql(
	dimension text, rule jsonb, parameters jsonb DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_rule_sql'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_rule_sql(text, jsonb, jsonb)
	IS 'the condition that a rule becomes, as SQL';

-- Counts the rows that satisfy a condition, as the caller sees them.
--   condition  SQL expression, or a rule as JSON; NULL: all rows
--   sample     as many of the rows come along
CREATE FUNCTION @extschema@.campaign_count(
	dimension text, condition text DEFAULT NULL,
	parameters jsonb DEFAULT NULL, sample integer DEFAULT 0,
	OUT rows bigint, OUT sampled jsonb)
RETURNS record
AS 'MODULE_PATHNAME', 'campaign_count'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_count(text, text, jsonb, integer)
	IS 'how many rows satisfy a condition, and some of them';

-- The values of an attribute, the most frequent first.
--   attribute   SQL expression over the row
--   condition   of which rows; SQL expression, or a rule as JSON
--   max_values  how many; NULL: all of them
--   estimated   from what ANALYZE knows of the column, without reading rows
CREATE FUNCTION @extschema@.campaign_values(
	dimension text, attribute text, condition text DEFAULT NULL,
	max_values bigint DEFAULT 100, estimated boolean DEFAULT false,
	OUT value text, OUT rows bigint, OUT share numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_values'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_values(text, text, text, bigint, boolean)
	IS 'the values of an attribute with the rows that have each and their share';
