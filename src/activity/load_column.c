/*
 * load_column.c
 *		The rules of a file's columns, as load_file's option has them.
 *
 * Each is an object: {"name": "total", "type": "numeric", "decimal": ","}.
 * Whatever a rule cannot mean for the type of its column is refused, for a
 * rule that is passed over is one that somebody relies on.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_type.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "activity/load_column.h"
#include "activity/option.h"
#include "base/identity.h"
#include "base/text.h"

#define MEMBERS \
	"name,header,type,ignore,width,trim,letters,nulls,max_length,remap," \
	"decimal,thousands,format,time_zone,on_error,fallback"

/* Longest value a limit can be set to. */
#define LONGEST_VALUE	(64 * 1024 * 1024)

/* Refuses a member of a column. */
static void
refuse_member(const char *column, const char *member, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid \"%s\" of column \"%s\"", member, column),
			 errhint("%s", hint)));
}

/* A word as its number among the choices. */
static int
read_choice(const JsonbContainer *object, const char *column,
			const char *member, const char *choices)
{
	char	   *word = campaign_object_text(object, member);
	ListCell   *cell;

	if (campaign_object_member(object, member) == NULL)
		return 0;
	foreach(cell, campaign_split_commas(choices))
	{
		if (word != NULL && strcmp(lfirst(cell), word) == 0)
			return foreach_current_index(cell);
	}
	refuse_member(column, member,
				  psprintf("It is one of: %s.", choices));
	return 0;					/* keep the compiler quiet */
}

/* A boolean. */
static bool
read_bool(const JsonbContainer *object, const char *column, const char *member)
{
	JsonbValue *value = campaign_object_member(object, member);

	if (value != NULL && value->type != jbvBool)
		refuse_member(column, member, "It is true or false.");
	return value != NULL && value->val.boolean;
}

/* A whole number of at least 1; 0: absent. */
static int
read_count(const JsonbContainer *object, const char *column,
		   const char *member)
{
	JsonbValue *value = campaign_object_member(object, member);
	char	   *end;
	long		count;

	if (value == NULL)
		return 0;
	count = value->type != jbvNumeric ? 0 :
		strtol(campaign_scalar_text(value), &end, 10);
	if (count < 1 || count > LONGEST_VALUE || *end != '\0')
		refuse_member(column, member, "It is a whole number of at least 1.");
	return (int) count;
}

/* A text; NULL: absent. */
static char *
read_text(const JsonbContainer *object, const char *column, const char *member)
{
	JsonbValue *value = campaign_object_member(object, member);

	if (value != NULL && value->type != jbvString)
		refuse_member(column, member, "It is a text.");
	return value == NULL ? NULL : campaign_scalar_text(value);
}

/* The type of a column, as its activity's search_path has it. */
static void
read_type(CampaignField *field, const char *text, const char *search_path)
{
	int			nestlevel = campaign_search_path_enter(search_path);

	parseTypeString(text == NULL ? "pg_catalog.text" : text, &field->type,
					&field->typmod, false);
	campaign_settings_leave(nestlevel);
	if (get_typtype(field->type) == TYPTYPE_PSEUDO ||
		get_typtype(getBaseType(field->type)) == TYPTYPE_COMPOSITE)
		refuse_member(field->name, "type", "Choose a type that one value has.");
}

/* The texts that stand for others. */
static Jsonb *
read_remap(const JsonbContainer *object, const char *column)
{
	JsonbValue *value = campaign_object_member(object, "remap");
	Jsonb	   *remap;
	ListCell   *cell;

	if (value == NULL)
		return NULL;
	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		refuse_member(column, "remap",
					  "It is an object of texts: {\"three\": \"3\"}.");
	remap = JsonbValueToJsonb(value);
	foreach(cell, campaign_object_keys(remap))
	{
		JsonbValue *to = campaign_object_member(&remap->root, lfirst(cell));

		if (to != NULL && to->type == jbvBinary)
			refuse_member(column, "remap",
						  "It is an object of texts: {\"three\": \"3\"}.");
	}
	return remap;
}

/* How numbers are written. */
static void
read_number(const JsonbContainer *object, CampaignField *field)
{
	char		category;
	bool		preferred;

	field->decimal = read_text(object, field->name, "decimal");
	field->thousands = read_text(object, field->name, "thousands");
	if (field->decimal == NULL && field->thousands == NULL)
		return;
	get_type_category_preferred(getBaseType(field->type), &category,
								&preferred);
	if (category != TYPCATEGORY_NUMERIC)
		refuse_member(field->name, field->decimal ? "decimal" : "thousands",
					  "The column is no number.");
	if (field->decimal == NULL)
		field->decimal = ".";
	if (*field->decimal == '\0' || strpbrk(field->decimal, "0123456789+-") ||
		(field->thousands != NULL &&
		 (strpbrk(field->thousands, "0123456789+-") ||
		  strcmp(field->decimal, field->thousands) == 0)))
		refuse_member(field->name, "decimal",
					  "Separators are two different texts without digits and signs.");
}

/* How dates and times are written. */
static void
read_time(const JsonbContainer *object, CampaignField *field)
{
	char	   *zone = read_text(object, field->name, "time_zone");
	Oid			base = getBaseType(field->type);

	field->format = read_text(object, field->name, "format");
	if (field->format != NULL && base != DATEOID && base != TIMESTAMPOID &&
		base != TIMESTAMPTZOID)
		refuse_member(field->name, "format",
					  "Only columns of type date, timestamp and timestamptz have one.");
	if (zone == NULL)
		return;
	field->zone = pg_tzset(zone);
	if (field->zone == NULL || base != TIMESTAMPTZOID)
		refuse_member(field->name, "time_zone",
					  "It is the name of a time zone, and the column of type timestamptz.");
}

/* What becomes of values that are errors. */
static void
read_policy(const JsonbContainer *object, CampaignField *field)
{
	int			choice = read_choice(object, field->name, "on_error",
									 "reject,null,fallback,reject_unmapped,fallback_unmapped");

	field->policy = choice == 1 ? CAMPAIGN_FIELD_NULL :
		choice == 2 || choice == 4 ? CAMPAIGN_FIELD_FALLBACK :
		CAMPAIGN_FIELD_REJECT;
	field->only_mapped = choice >= 3;
	field->fallback = campaign_object_text(object, "fallback");
	if (field->only_mapped && field->remap == NULL)
		refuse_member(field->name, "on_error",
					  "Without \"remap\" nothing is mapped.");
	if (campaign_object_member(object, "fallback") != NULL &&
		(field->policy != CAMPAIGN_FIELD_FALLBACK || field->fallback == NULL))
		refuse_member(field->name, "fallback",
					  "It is one value, and goes with \"on_error\": \"fallback\" or \"fallback_unmapped\".");
}

/* Reads one column. */
static void
read_column(const CampaignActivity *activity, const JsonbContainer *object,
			CampaignField *field, int *width)
{
	campaign_members_check(object, "columns", MEMBERS);
	field->name = campaign_object_text(object, "name");
	if (field->name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a column has no name"),
				 errhint("Write {\"name\": \"email\"}.")));
	field->header = read_text(object, field->name, "header");
	if (field->header == NULL)
		field->header = field->name;
	field->ignored = read_bool(object, field->name, "ignore");
	*width = read_count(object, field->name, "width");
	read_type(field, read_text(object, field->name, "type"),
			  activity->search_path);
	field->trim = read_bool(object, field->name, "trim");
	field->letters = read_choice(object, field->name, "letters",
								 "keep,upper,lower,initcap");
	field->nulls = read_choice(object, field->name, "nulls",
							   "default,allowed,refused");
	field->longest = read_count(object, field->name, "max_length");
	field->remap = read_remap(object, field->name);
	read_number(object, field);
	read_time(object, field);
	read_policy(object, field);
}

/* Reads the option. */
void
campaign_load_columns_read(const CampaignActivity *activity,
						   CampaignLoadColumns *columns)
{
	List	   *objects = campaign_option_objects(activity->options, "columns");
	ListCell   *cell;

	columns->count = list_length(objects);
	columns->fields = palloc0(sizeof(CampaignField) * (columns->count + 1));
	columns->widths = palloc0(sizeof(int) * (columns->count + 1));
	foreach(cell, objects)
		read_column(activity, lfirst(cell),
					&columns->fields[foreach_current_index(cell)],
					&columns->widths[foreach_current_index(cell)]);
}

/* The columns of a table. */
void
campaign_load_columns_of(Oid relid, CampaignLoadColumns *columns)
{
	Relation	relation = relation_open(relid, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(relation);

	columns->count = 0;
	columns->fields = palloc0(sizeof(CampaignField) * (desc->natts + 1));
	columns->widths = palloc0(sizeof(int) * (desc->natts + 1));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		CampaignField *field = &columns->fields[columns->count];

		if (attribute->attisdropped)
			continue;
		field->name = field->header = pstrdup(NameStr(attribute->attname));
		field->type = attribute->atttypid;
		field->typmod = attribute->atttypmod;
		field->nulls = CAMPAIGN_NULLS_ALLOWED;
		columns->count++;
	}
	relation_close(relation, NoLock);
}

/* The columns of the rows. */
List *
campaign_load_columns_added(const CampaignLoadColumns *columns)
{
	List	   *added = NIL;

	for (int i = 0; i < columns->count; i++)
	{
		if (!columns->fields[i].ignored)
			added = lappend(added, campaign_field_column(&columns->fields[i]));
	}
	return added;
}
