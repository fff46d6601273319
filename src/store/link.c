/*
 * link.c
 *		How rows of one dimension lead to rows of another.
 *
 * Links of foreign keys are not stored: they are read from the server's
 * catalogs, and so follow the tables.  What is published has copies of the
 * links that it uses, whatever their origin.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/errors.h"
#include "base/sql.h"
#include "base/text.h"
#include "store/link.h"

/* The declared links from dimension $2 of owner $1, in the order of read_link. */
#define DECLARED \
	"SELECT l.name, l.source, l.source, l.alias, coalesce(d.relation, 0)," \
	" coalesce(d.relation_name, ''), l.target, l.condition, l.cardinality," \
	" l.search_path, true" \
	" FROM campaign.link l LEFT JOIN campaign.dimension d" \
	" ON d.owner = l.owner AND d.name = l.target" \
	" WHERE l.owner = $1 AND l.source = $2"

/* Those that foreign keys give from relation $3, in the same order. */
#define DERIVED \
	"SELECT f.name, coalesce($2, f.here), coalesce($2, f.this)," \
	" f.alias, f.target, f.there, f.dimension," \
	" format(f.pattern, coalesce($2, f.this), f.alias), f.cardinality," \
	" 'pg_catalog', false" \
	" FROM (SELECT k.name, k.target, k.pattern, k.cardinality, t.name AS dimension," \
	" quote_ident(m.nspname) || '.' || quote_ident(h.relname) AS here," \
	" h.relname::text AS this, n.there," \
	" CASE WHEN coalesce(t.name, n.that) = coalesce($2, h.relname::text)" \
	" THEN k.name ELSE coalesce(t.name, n.that) END AS alias" \
	" FROM campaign.foreign_links($3) k" \
	" JOIN pg_class h ON h.oid = $3" \
	" JOIN pg_namespace m ON m.oid = h.relnamespace" \
	" JOIN LATERAL (SELECT quote_ident(s.nspname) || '.' || quote_ident(c.relname)" \
	" AS there, c.relname::text AS that FROM pg_class c" \
	" JOIN pg_namespace s ON s.oid = c.relnamespace" \
	" WHERE c.oid = k.target) n ON true" \
	" LEFT JOIN LATERAL (SELECT d.name FROM campaign.dimension d" \
	" WHERE d.owner = $1 AND d.relation_name = n.there" \
	" ORDER BY d.name <> n.that, d.name LIMIT 1) t ON true) f"

/* The first row of these columns, or NULL if there is none. */
static CampaignLink *
read_link(const CampaignRows *rows)
{
	CampaignLink *link;

	if (rows->count == 0)
		return NULL;
	link = palloc0(sizeof(CampaignLink));
	link->name = campaign_row_text(rows, 0, 1);
	link->source = campaign_row_text(rows, 0, 2);
	link->source_alias = campaign_row_text(rows, 0, 3);
	link->alias = campaign_row_text(rows, 0, 4);
	link->relation = campaign_row_oid(rows, 0, 5);
	link->relation_name = campaign_row_text(rows, 0, 6);
	link->dimension = campaign_row_text(rows, 0, 7);
	link->condition = campaign_row_text(rows, 0, 8);
	link->cardinality = campaign_row_text(rows, 0, 9);
	link->search_path = campaign_row_text(rows, 0, 10);
	link->declared = campaign_row_bool(rows, 0, 11);
	return link;
}

/* Writes the row, replacing the current user's link of that name and source. */
void
campaign_link_save(const CampaignLink *link)
{
	CAMPAIGN_STATEMENT(save,
					   "INSERT INTO campaign.link (name, owner, owner_name,"
					   " source, target, alias, condition, cardinality,"
					   " search_path)"
					   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
					   " ON CONFLICT (owner, source, name, owner_name) DO UPDATE"
					   " SET target = excluded.target, alias = excluded.alias,"
					   " condition = excluded.condition,"
					   " cardinality = excluded.cardinality,"
					   " search_path = excluded.search_path");

	campaign_execute(&save, campaign_text(link->name),
					 campaign_oid(GetUserId()),
					 campaign_text(GetUserNameFromId(GetUserId(), false)),
					 campaign_text(link->source),
					 campaign_text(link->dimension),
					 campaign_text(link->alias),
					 campaign_text(link->condition),
					 campaign_text(link->cardinality),
					 campaign_text(link->search_path));
}

/* Deletes the owner's links of that name. */
uint64
campaign_link_forget(Oid owner, const char *name, const char *source)
{
	CAMPAIGN_STATEMENT(drop,
					   "DELETE FROM campaign.link WHERE owner = $1"
					   " AND name = $2 AND ($3 IS NULL OR source = $3)");

	return campaign_execute(&drop, campaign_oid(owner), campaign_text(name),
							campaign_text(source));
}

/* The link of that name: a declared one before one of a foreign key. */
CampaignLink *
campaign_link_read(Oid owner, const char *dimension, Oid relation,
				   const char *name)
{
	CAMPAIGN_STATEMENT(declared, DECLARED " AND l.name = $3");
	CAMPAIGN_STATEMENT(derived, DERIVED " WHERE f.name = $4");
	CampaignLink *link = NULL;

	if (dimension != NULL)
		link = read_link(campaign_query(&declared, campaign_oid(owner),
										campaign_text(dimension),
										campaign_text(name)));
	if (link == NULL)
		link = read_link(campaign_query(&derived, campaign_oid(owner),
										campaign_text(dimension),
										campaign_oid(relation),
										campaign_text(name)));
	return link;
}

/* The first column of all rows, of char *. */
static List *
read_names(const CampaignRows *rows)
{
	List	   *names = NIL;

	for (int i = 0; i < rows->count; i++)
		names = lappend(names, campaign_row_text(rows, i, 1));
	return names;
}

/* Names of all links from there. */
List *
campaign_link_names(Oid owner, const char *dimension, Oid relation)
{
	CAMPAIGN_STATEMENT(list,
					   "SELECT name FROM campaign.link"
					   " WHERE owner = $1 AND source = $2"
					   " UNION SELECT name FROM campaign.foreign_links($3)"
					   " ORDER BY 1");

	return read_names(campaign_query(&list, campaign_oid(owner),
									 campaign_text(dimension),
									 campaign_oid(relation)));
}

/* The sources of the owner's declared links of that name. */
List *
campaign_link_sources(Oid owner, const char *name)
{
	CAMPAIGN_STATEMENT(list,
					   "SELECT source FROM campaign.link"
					   " WHERE owner = $1 AND name = $2 ORDER BY 1");

	return read_names(campaign_query(&list, campaign_oid(owner),
									 campaign_text(name)));
}

/* As it was when the version was published, or NULL. */
CampaignLink *
campaign_link_of_version(int64 version_id, const char *source,
						 const char *name)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT l.name, l.source, l.source_alias, l.alias,"
					   " l.relation, l.relation_name, l.dimension,"
					   " l.condition, l.cardinality, l.search_path,"
					   " l.declared"
					   " FROM campaign.version v,"
					   " LATERAL jsonb_to_recordset(v.links) AS l(name text,"
					   " source text, source_alias text, alias text,"
					   " relation oid, relation_name text, dimension text,"
					   " condition text, cardinality text, search_path text,"
					   " declared boolean)"
					   " WHERE v.version_id = $1 AND l.source = $2"
					   " AND l.name = $3");

	return read_link(campaign_query(&find, campaign_int8(version_id),
									campaign_text(source),
									campaign_text(name)));
}

/* Names of those from there. */
List *
campaign_link_names_of_version(int64 version_id, const char *source)
{
	CAMPAIGN_STATEMENT(list,
					   "SELECT l ->> 'name' FROM campaign.version v,"
					   " LATERAL jsonb_array_elements(v.links) l"
					   " WHERE v.version_id = $1 AND l ->> 'source' = $2"
					   " ORDER BY 1");

	return read_names(campaign_query(&list, campaign_int8(version_id),
									 campaign_text(source)));
}

/* Pushes a member; nothing for NULL. */
static void
push_member(JsonbParseState **state, const char *name, const char *text)
{
	JsonbValue	value = {.type = jbvString};

	if (text == NULL)
		return;
	value.val.string.val = (char *) name;
	value.val.string.len = strlen(name);
	pushJsonbValue(state, WJB_KEY, &value);
	value.val.string.val = (char *) text;
	value.val.string.len = strlen(text);
	pushJsonbValue(state, WJB_VALUE, &value);
}

/* Links as a jsonb array. */
Jsonb *
campaign_link_freeze(List *links)
{
	JsonbParseState *state = NULL;
	ListCell   *cell;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	foreach(cell, links)
	{
		const CampaignLink *link = lfirst(cell);

		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		push_member(&state, "name", link->name);
		push_member(&state, "source", link->source);
		push_member(&state, "source_alias", link->source_alias);
		push_member(&state, "alias", link->alias);
		push_member(&state, "relation", psprintf("%u", link->relation));
		push_member(&state, "relation_name", link->relation_name);
		push_member(&state, "dimension", link->dimension);
		push_member(&state, "condition", link->condition);
		push_member(&state, "cardinality", link->cardinality);
		push_member(&state, "search_path", link->search_path);
		push_member(&state, "declared", link->declared ? "true" : "false");
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL));
}
