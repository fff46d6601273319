-- ---------------------------------------------------------------------------
-- Tables: what is targeted, and what campaigns look like
--
-- Roles and relations are kept by oid and by name: the oid finds them as long
-- as they are there, the name finds them again after a restore.
-- ---------------------------------------------------------------------------

-- Which server gave the oids of roles in these tables: this one's identifier,
-- and after a restore that of the server the dump was taken from.
CREATE TABLE campaign.origin (
	system			bigint NOT NULL
);
COMMENT ON TABLE campaign.origin IS 'which servers gave the oids of roles in these tables';
INSERT INTO campaign.origin SELECT system_identifier FROM pg_control_system();

-- A table of the user's whose rows can be targeted.
--   name          unique among its owner's dimensions; the alias in expressions
--   relation      table, view, partitioned or foreign table
--   key           names of the key's columns, in order
--   addresses     channel -> expression giving the address
--   consent       channel -> expression giving whether marketing may be sent
--   time_zone, language, profile   expressions, optional
--   profile_dimension   name of the dimension whose key the profile is, or NULL
--   search_path   under which the expressions are read
CREATE TABLE campaign.dimension (
	dimension_id	bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name			text COLLATE "C" NOT NULL,
	owner			oid NOT NULL,
	owner_name		text COLLATE "C" NOT NULL,
	relation		oid NOT NULL,
	relation_name	text COLLATE "C" NOT NULL,
	key				text[] NOT NULL,
	addresses		jsonb NOT NULL DEFAULT '{}',
	consent			jsonb NOT NULL DEFAULT '{}',
	time_zone		text,
	language		text,
	profile			text,
	profile_dimension	text COLLATE "C",
	search_path		text NOT NULL,
	UNIQUE (owner, name, owner_name)
);
COMMENT ON TABLE campaign.dimension IS 'a table, view, partitioned or foreign table whose rows can be targeted';

-- A version of a named text; the newest of a name counts, none is changed.
--   name     unique among its owner's, with number
--   number   of the version, from 1
--   channel  the kind of activity whose messages it is for; NULL: a snippet
--   parts    name of the part -> text: subject, body; a snippet has a body
CREATE TABLE campaign.template (
	template_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name			text COLLATE "C" NOT NULL,
	number			integer NOT NULL,
	owner			oid NOT NULL,
	owner_name		text COLLATE "C" NOT NULL,
	channel			text COLLATE "C",
	parts			jsonb NOT NULL,
	description		text,
	created_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	UNIQUE (owner, name, number, owner_name)
);
COMMENT ON TABLE campaign.template IS 'a version of a template or snippet: a named text of messages';

-- A rule on how much people are sent, which deliveries of its owner follow.
--   name         unique among its owner's
--   kind         pressure, capacity, control or quiet_hours
--   settings     see docs/reference.md
--   search_path  under which its expression is read
CREATE TABLE campaign.rule (
	rule_id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name			text COLLATE "C" NOT NULL,
	owner			oid NOT NULL,
	owner_name		text COLLATE "C" NOT NULL,
	kind			text COLLATE "C" NOT NULL,
	settings		jsonb NOT NULL,
	search_path		text NOT NULL,
	UNIQUE (owner, name, owner_name)
);
COMMENT ON TABLE campaign.rule IS 'a rule on how much people are sent';

-- A campaign; its draft and its published definitions are versions.
--   status    draft, published, closed, stopped or archived
--   settings  see docs/reference.md
CREATE TABLE campaign.campaign (
	campaign_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name			text COLLATE "C" NOT NULL UNIQUE,
	owner			oid NOT NULL,
	owner_name		text COLLATE "C" NOT NULL,
	dimension		text COLLATE "C" NOT NULL,
	description		text,
	status			text COLLATE "C" NOT NULL DEFAULT 'draft'
		CHECK (status IN ('draft', 'published', 'closed', 'stopped', 'archived')),
	settings		jsonb NOT NULL DEFAULT '{}',
	created_at		timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE campaign.campaign IS 'a campaign: name, owner, dimension, status, settings';
CREATE INDEX campaign_owner ON campaign.campaign (owner) WHERE status = 'published';

-- What roles may do with campaigns that are not theirs.
--   privilege  see campaign_grant(); all but send imply view
--   grantor    who gave it, by name
CREATE TABLE campaign.privilege (
	campaign_id		bigint NOT NULL REFERENCES campaign.campaign ON DELETE CASCADE,
	grantee			oid NOT NULL,
	grantee_name	text COLLATE "C" NOT NULL,
	privilege		text COLLATE "C" NOT NULL
		CHECK (privilege IN ('view', 'edit', 'publish', 'run', 'send')),
	grantor			text COLLATE "C" NOT NULL,
	granted_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (campaign_id, grantee, privilege, grantee_name)
);
COMMENT ON TABLE campaign.privilege IS 'what roles may do with campaigns that are not theirs';
COMMENT ON COLUMN campaign.privilege.privilege IS 'view, edit, publish, run or send; all but send imply view';
COMMENT ON COLUMN campaign.privilege.grantor IS 'who gave it, by name';

-- Campaigns that the reader may look at though they are not his: views ask it.
CREATE VIEW campaign.viewable WITH (security_barrier) AS
SELECT p.campaign_id, c.name AS campaign, c.owner
FROM campaign.privilege p
JOIN campaign.campaign c ON c.campaign_id = p.campaign_id
WHERE p.privilege <> 'send' AND campaign.visible(p.grantee);
COMMENT ON VIEW campaign.viewable IS 'campaigns of others that the reader was given a right to look at';
COMMENT ON COLUMN campaign.viewable.campaign_id IS 'number of the campaign';
COMMENT ON COLUMN campaign.viewable.campaign IS 'its name';
COMMENT ON COLUMN campaign.viewable.owner IS 'whose it is';

-- A definition of a campaign: number 0 is the draft, the others are frozen; -1
-- is what the newest test tests.
--   hash        SHA-256 of the frozen definition, NULL for the draft
--   definition  what campaign_export shows, NULL for the draft
--   dimensions  copies of the dimensions used, NULL for the draft
--   rules       copies of the rules that may hold, NULL for the draft
--   links       copies of the links used, NULL for the draft
--   filters     copies of the saved filters used, NULL for the draft
CREATE TABLE campaign.version (
	version_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	campaign_id		bigint NOT NULL REFERENCES campaign.campaign ON DELETE CASCADE,
	number			integer NOT NULL,
	hash			bytea,
	definition		jsonb,
	dimensions		jsonb,
	rules			jsonb,
	published_at	timestamptz,
	published_by	text COLLATE "C",
	links			jsonb,
	filters			jsonb,
	UNIQUE (campaign_id, number)
);
COMMENT ON TABLE campaign.version IS 'a definition of a campaign: the draft (number 0) or a frozen, hashed one';

-- A node of a version.
--   position     order of definition
--   search_path  under which its expressions are read
--   objects      identities of what its expressions refer to; set on publishing
CREATE TABLE campaign.activity (
	version_id		bigint NOT NULL REFERENCES campaign.version ON DELETE CASCADE,
	name			text COLLATE "C" NOT NULL,
	position		integer NOT NULL,
	kind			text COLLATE "C" NOT NULL,
	options			jsonb NOT NULL,
	search_path		text NOT NULL,
	objects			text[],
	PRIMARY KEY (version_id, name)
);
COMMENT ON TABLE campaign.activity IS 'an activity of a version of a campaign';
CREATE INDEX activity_asks ON campaign.activity (version_id, name) WHERE kind IN ('approval', 'signal', 'sub_campaign');

-- An edge of a version: an outcome of one activity feeds another.
CREATE TABLE campaign.transition (
	version_id		bigint NOT NULL,
	source			text COLLATE "C" NOT NULL,
	outcome			text COLLATE "C" NOT NULL,
	target			text COLLATE "C" NOT NULL,
	position		integer NOT NULL,
	PRIMARY KEY (version_id, target, source, outcome),
	FOREIGN KEY (version_id, source) REFERENCES campaign.activity ON DELETE CASCADE ON UPDATE CASCADE,
	FOREIGN KEY (version_id, target) REFERENCES campaign.activity ON DELETE CASCADE ON UPDATE CASCADE
);
COMMENT ON TABLE campaign.transition IS 'an outcome of one activity feeding another';
CREATE INDEX transition_source ON campaign.transition (version_id, source, outcome);
