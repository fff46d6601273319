/*
 * sample.c
 *		Some of the rows a select has: those a test is confined to.
 *
 * The select is wrapped in another, whatever it is, so that no kind of
 * activity needs to know of samples.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "set/sample.h"
#include "set/select.h"

/* Where rows stand is the same in every test of every campaign. */
#define SEED "'campaign.test'"

/* A column of the key as text, by number from 0. */
static char *
key_text(const CampaignTarget *target, int number)
{
	CampaignColumn *column = list_nth(target->key, number);

	if (column->type == TIMESTAMPTZOID)
		return psprintf("(w.\"campaign.k%d\" AT TIME ZONE 'UTC')::pg_catalog.text",
						number);
	return psprintf("w.\"campaign.k%d\"::pg_catalog.text", number);
}

/* The key as text, as campaign_row_recipient() writes it. */
static char *
recipient_text(const CampaignTarget *target)
{
	StringInfoData text;
	int			nkeys = list_length(target->key);

	if (nkeys == 1)
		return key_text(target, 0);
	initStringInfo(&text);
	for (int i = 0; i < nkeys; i++)
		appendStringInfo(&text, "%spg_catalog.replace(pg_catalog.replace(%s, E'\\\\', E'\\\\\\\\'), ',', E'\\\\,')",
						 i > 0 ? " || ',' || " : "(", key_text(target, i));
	appendStringInfoChar(&text, ')');
	return text.data;
}

/* Appends the names by which the first columns are known. */
static void
append_names(StringInfo text, const CampaignSample *sample, int skipped)
{
	int			nkeys = list_length(sample->target->key);

	appendStringInfoString(text, ") AS w (");
	for (int i = 0; i < skipped; i++)
		appendStringInfo(text, "\"campaign.route%d\", ", i);
	for (int i = 0; i < nkeys; i++)
		appendStringInfo(text, "%s\"campaign.k%d\"", i > 0 ? ", " : "", i);
	appendStringInfoString(text, ") WHERE true");
}

/* Appends a condition on the recipient. */
static void
append_recipients(StringInfo text, const CampaignSample *sample,
				  const char *recipient)
{
	ListCell   *cell;

	if (sample->recipients == NIL)
		return;
	appendStringInfo(text, " AND %s = ANY (ARRAY[", recipient);
	foreach(cell, sample->recipients)
		appendStringInfo(text, "%s%s",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 quote_literal_cstr(lfirst(cell)));
	appendStringInfoString(text, "]::pg_catalog.text[])");
}

/* Confines the select to the sample. */
void
campaign_sample_apply(CampaignSelect *select, const CampaignSample *sample,
					  int skipped)
{
	StringInfo	text = &select->text;
	char	   *inner = pstrdup(text->data);
	char	   *recipient = recipient_text(sample->target);

	resetStringInfo(text);
	appendStringInfo(text, "SELECT w.* FROM (%s", inner);
	append_names(text, sample, skipped);
	append_recipients(text, sample, recipient);
	if (sample->percent >= 0)
		appendStringInfo(text,
						 " AND campaign.sample_position(%s, " SEED ") < %.17g",
						 recipient, sample->percent / 100);
	if (sample->rows >= 0)
		appendStringInfo(text,
						 " ORDER BY campaign.sample_position(%s, " SEED "), %s COLLATE \"C\" LIMIT " INT64_FORMAT,
						 recipient, recipient, sample->rows);
}
