-- ---------------------------------------------------------------------------
-- Tables: rows that are kept beyond a run
-- ---------------------------------------------------------------------------

-- A saved audience; it belongs to its owner, and outlives the campaigns that
-- save it.
--   name  unique among its owner's
CREATE TABLE campaign.audience (
	audience_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name			text COLLATE "C" NOT NULL,
	owner			oid NOT NULL,
	owner_name		text COLLATE "C" NOT NULL,
	UNIQUE (owner, name, owner_name)
);
COMMENT ON TABLE campaign.audience IS 'a saved audience';

-- A version of an audience, written once; the newest counts.
--   number      from 1
--   population  table in campaign_data that has the rows
--   dimension   whose keys they are
--   mode        create, overwrite, replace or append
--   run_id, activity, campaign  what saved it; they may be gone
CREATE TABLE campaign.audience_version (
	audience_id		bigint NOT NULL REFERENCES campaign.audience ON DELETE CASCADE,
	number			integer NOT NULL,
	population		text COLLATE "C" NOT NULL,
	dimension		text COLLATE "C" NOT NULL,
	mode			text COLLATE "C" NOT NULL,
	rows			bigint NOT NULL,
	run_id			bigint NOT NULL,
	activity		text COLLATE "C" NOT NULL,
	campaign		text COLLATE "C" NOT NULL,
	saved_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (audience_id, number)
);
COMMENT ON TABLE campaign.audience_version IS 'a version of a saved audience: a table in campaign_data';
COMMENT ON COLUMN campaign.audience_version.number IS 'number of the version, from 1';
COMMENT ON COLUMN campaign.audience_version.population IS 'table in campaign_data that has the rows';
COMMENT ON COLUMN campaign.audience_version.run_id IS 'the run that saved it, which may be gone';
