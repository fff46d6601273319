-- ---------------------------------------------------------------------------
-- What views and generated SQL need
-- ---------------------------------------------------------------------------

-- Whether the caller may see what belongs to that role: views filter by it.
CREATE FUNCTION campaign.visible(owner oid)
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_visible'
LANGUAGE C STABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION campaign.visible(oid) IS 'whether the current user has the rights of that role';

-- Where in [0, 1) a key stands for a seed: the same on every machine, for ever.
CREATE FUNCTION campaign.sample_position(key text, seed text)
RETURNS double precision
AS 'MODULE_PATHNAME', 'campaign_sample_position'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION campaign.sample_position(text, text) IS 'where between 0 and 1 a key stands for a seed; samples are ranges of it';

-- This server and database; runs that are at home elsewhere are not executed.
CREATE FUNCTION campaign.home()
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_home_text'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION campaign.home() IS 'this server and database; a copy of the database has another';
