/*
 * preview.c
 *		One message, rendered without being enqueued.
 *
 * The row goes the way of those that are enqueued and claimed: through the
 * same select, the same texts, the same variables.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "queue/enqueue.h"
#include "queue/preview.h"

/* Columns of the select: see campaign_enqueue. */
#define COLUMN_RECIPIENT	0
#define COLUMN_ADDRESS		2
#define COLUMN_REASON		3
#define COLUMN_VARIABLES	4
#define COLUMN_EDITION		6

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

/* Makes the message, or says why there would be none. */
static void
render(CampaignPreview *preview, Datum variables)
{
	CampaignMessageContent *content =
		campaign_content_edition(preview->contents, preview->edition);
	const char *fault = campaign_content_fault(content, variables);
	CampaignMessage message = {.recipient = preview->recipient};
	CampaignTracking untracked = {0};

	preview->language = content->language;
	if (fault != NULL)
	{
		preview->reason = pstrdup(fault);
		return;
	}
	message.variables = campaign_content_variables(variables,
												   &message.nvariables);
	preview->message = *campaign_message_render(content, preview->campaign,
												preview->activity, &message,
												&untracked);
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
	preview->edition = slot->tts_isnull[COLUMN_EDITION] ? 0 :
		DatumGetInt16(slot->tts_values[COLUMN_EDITION]);
	/* Nothing is known yet of what a content to be decided on says. */
	if (preview->reason == NULL && preview->edition >= 0)
		render(preview, slot->tts_values[COLUMN_VARIABLES]);
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

/* Renders a message that is in the queue. */
void
campaign_preview_render(CampaignPreview *preview,
						const CampaignPersonMessage *found)
{
	CampaignTracking untracked = {0};
	int			edition = found->chunk->edition;
	CampaignMessageContent *content;

	if (edition < 0)
		edition = -1 - edition;
	content = campaign_content_edition(preview->contents, edition);
	preview->found = true;
	preview->recipient = found->message.recipient;
	preview->address = found->message.address;
	preview->edition = edition;
	preview->language = content->language;
	if (preview->address[0] == '\0')
		preview->reason = pstrdup("forgotten");
	else
		preview->message = *campaign_message_render(content, preview->campaign,
													preview->activity,
													&found->message,
													&untracked);
}
