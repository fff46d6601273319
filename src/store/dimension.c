/*
 * dimension.c
 *		Rows of campaign.dimension: user tables that can be targeted.
 */
#include "postgres.h"

#include "base/json.h"
#include "base/sql.h"
#include "store/dimension.h"

/* What every statement that reads a dimension selects, in this order. */
#define DIMENSION_COLUMNS \
	"d.name, d.owner, d.owner_name, d.relation, d.relation_name, d.key," \
	" d.addresses, d.consent, d.time_zone, d.language, d.profile," \
	" d.profile_dimension, d.search_path"

/* The first row of DIMENSION_COLUMNS, or NULL if there is none. */
static CampaignDimension *
read_dimension(const CampaignRows *rows)
{
	CampaignDimension *dimension;

	if (rows->count == 0)
		return NULL;
	dimension = palloc0(sizeof(CampaignDimension));
	dimension->name = campaign_row_text(rows, 0, 1);
	dimension->owner = campaign_row_oid(rows, 0, 2);
	dimension->owner_name = campaign_row_text(rows, 0, 3);
	dimension->relation = campaign_row_oid(rows, 0, 4);
	dimension->relation_name = campaign_row_text(rows, 0, 5);
	dimension->key = campaign_row_text_array(rows, 0, 6);
	dimension->addresses = campaign_row_jsonb(rows, 0, 7);
	dimension->consent = campaign_row_jsonb(rows, 0, 8);
	dimension->time_zone = campaign_row_text(rows, 0, 9);
	dimension->language = campaign_row_text(rows, 0, 10);
	dimension->profile = campaign_row_text(rows, 0, 11);
	dimension->profile_dimension = campaign_row_text(rows, 0, 12);
	dimension->search_path = campaign_row_text(rows, 0, 13);
	return dimension;
}

/* The dimension of lines of files; there is no relation behind it. */
static CampaignDimension *
file_dimension(Oid owner)
{
	CampaignDimension *dimension = palloc0(sizeof(CampaignDimension));

	dimension->name = pstrdup(CAMPAIGN_DIMENSION_FILE);
	dimension->owner = owner;
	dimension->key = list_make1(pstrdup(CAMPAIGN_LINE_COLUMN));
	dimension->addresses = campaign_object_empty();
	dimension->consent = campaign_object_empty();
	dimension->search_path = pstrdup("pg_catalog, pg_temp");
	return dimension;
}

/* Writes the row, replacing the owner's dimension of that name. */
void
campaign_dimension_save(const CampaignDimension *dimension)
{
	CAMPAIGN_STATEMENT(save,
					   "INSERT INTO campaign.dimension (name, owner, owner_name,"
					   " relation, relation_name, key, addresses, consent,"
					   " time_zone, language, profile, profile_dimension,"
					   " search_path)"
					   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
					   " $12, $13)"
					   " ON CONFLICT (owner, name, owner_name) DO UPDATE"
					   " SET owner = excluded.owner,"
					   " relation = excluded.relation,"
					   " relation_name = excluded.relation_name,"
					   " key = excluded.key,"
					   " addresses = excluded.addresses,"
					   " consent = excluded.consent,"
					   " time_zone = excluded.time_zone,"
					   " language = excluded.language,"
					   " profile = excluded.profile,"
					   " profile_dimension = excluded.profile_dimension,"
					   " search_path = excluded.search_path");

	campaign_execute(&save,
					 campaign_text(dimension->name),
					 campaign_oid(dimension->owner),
					 campaign_text(dimension->owner_name),
					 campaign_oid(dimension->relation),
					 campaign_text(dimension->relation_name),
					 campaign_text_array(dimension->key),
					 campaign_jsonb(dimension->addresses),
					 campaign_jsonb(dimension->consent),
					 campaign_text(dimension->time_zone),
					 campaign_text(dimension->language),
					 campaign_text(dimension->profile),
					 campaign_text(dimension->profile_dimension),
					 campaign_text(dimension->search_path));
}

/* The owner's dimension of that name, or NULL. */
CampaignDimension *
campaign_dimension_find(Oid owner, const char *name)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT " DIMENSION_COLUMNS
					   " FROM campaign.dimension d"
					   " WHERE d.owner = $1 AND d.name = $2");

	if (strcmp(name, CAMPAIGN_DIMENSION_FILE) == 0)
		return file_dimension(owner);
	return read_dimension(campaign_query(&find, campaign_oid(owner),
										 campaign_text(name)));
}

/* As it was when the version was published, or NULL. */
CampaignDimension *
campaign_dimension_of_version(int64 version_id, const char *name)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT " DIMENSION_COLUMNS
					   " FROM campaign.version v,"
					   " LATERAL jsonb_populate_record(NULL::campaign.dimension,"
					   " v.dimensions -> $2) d"
					   " WHERE v.version_id = $1 AND v.dimensions ? $2");

	if (strcmp(name, CAMPAIGN_DIMENSION_FILE) == 0)
		return file_dimension(InvalidOid);
	return read_dimension(campaign_query(&find, campaign_int8(version_id),
										 campaign_text(name)));
}

/* Names of the owner's dimensions. */
List *
campaign_dimension_names(Oid owner)
{
	CAMPAIGN_STATEMENT(list,
					   "SELECT name FROM campaign.dimension"
					   " WHERE owner = $1 ORDER BY name");
	CampaignRows *rows = campaign_query(&list, campaign_oid(owner));
	List	   *names = NIL;

	for (int i = 0; i < rows->count; i++)
		names = lappend(names, campaign_row_text(rows, i, 1));
	return names;
}

/* The rows of these names as jsonb: name -> row. */
Jsonb *
campaign_dimension_freeze(Oid owner, List *names)
{
	CAMPAIGN_STATEMENT(freeze,
					   "SELECT coalesce(jsonb_object_agg(d.name,"
					   " to_jsonb(d) - 'dimension_id'), '{}')"
					   " FROM campaign.dimension d"
					   " WHERE d.owner = $1 AND d.name = ANY ($2)");

	return campaign_row_jsonb(campaign_query(&freeze,
											 campaign_oid(owner),
											 campaign_text_array(names)),
							  0, 1);
}
