/*
 * preview.c
 *		One message, rendered without being enqueued.
 *
 * The row goes the way of those that are enqueued and claimed: through the
 * same select, the same texts, the same variables.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "queue/message.h"
#include "queue/preview.h"

/* Columns of the select: see campaign_enqueue. */
#define COLUMN_RECIPIENT	0
#define COLUMN_ADDRESS		2
#define COLUMN_REASON		3
#define COLUMN_VARIABLES	4

typedef struct Previewer
{
	CampaignReceiver receiver;
	CampaignPreview *preview;
	MemoryContext context;		/* of the preview */
} Previewer;

/* A column as text; NULL if it is NULL. */
static char *
column_text(TupleTableSlot *slot, int column)
{
	return slot->tts_isnull[column] ? NULL :
		TextDatumGetCString(slot->tts_values[column]);
}

/* Receiver: notes the first row. */
static void
take_row(CampaignReceiver *self, TupleTableSlot *slot)
{
	Previewer  *previewer = (Previewer *) self;
	CampaignPreview *preview = previewer->preview;
	MemoryContext old;

	if (preview->found)
		return;
	slot_getallattrs(slot);
	old = MemoryContextSwitchTo(previewer->context);
	preview->found = true;
	preview->recipient = column_text(slot, COLUMN_RECIPIENT);
	preview->address = column_text(slot, COLUMN_ADDRESS);
	preview->reason = column_text(slot, COLUMN_REASON);
	if (preview->reason == NULL)
	{
		CampaignMessage message = {.recipient = preview->recipient};

		message.variables =
			campaign_content_variables(slot->tts_values[COLUMN_VARIABLES],
									   &message.nvariables);
		preview->subject = campaign_message_render(preview->content->subject,
												   &message);
		preview->body = campaign_message_render(preview->content->body,
												&message);
		preview->attributes = campaign_message_attributes(preview->campaign,
														  preview->activity,
														  preview->recipient);
	}
	MemoryContextSwitchTo(old);
}

/* Runs the select and renders what its first row would get. */
void
campaign_preview_run(CampaignPreview *preview, CampaignSelect *select)
{
	Previewer	previewer = {
		.receiver = {.row = take_row},
		.preview = preview,
		.context = CurrentMemoryContext
	};

	(void) campaign_select_run(select, &previewer.receiver);
}
