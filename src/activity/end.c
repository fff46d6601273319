/*
 * end.c
 *		end: a branch ends here, on purpose.
 *
 * A controlling kind: no row moves and nothing comes out.  It may tell another
 * campaign, or another branch, that it has come so far, or start a campaign.
 */
#include "postgres.h"

#include "activity/launch.h"
#include "activity/option.h"
#include "activity/trial.h"
#include "base/shared.h"
#include "base/text.h"
#include "store/signal.h"

static const CampaignOption options[] = {
	{"signal", CAMPAIGN_OPTION_TEXT, false, NULL,
	"Name of a signal that is sent."},
	{"receiver", CAMPAIGN_OPTION_TEXT, false, "this campaign",
	"Name of the campaign whose runs get the signal."},
	{"starts", CAMPAIGN_OPTION_TEXT, false, NULL,
	"Name of a published campaign that is started, and goes its own way."},
	CAMPAIGN_LAUNCH_PARAMETERS
};

/* Refuses a receiver of nothing. */
static void
check_end(const CampaignScope *scope)
{
	const Jsonb *given = scope->activity->options;

	if (campaign_option_text(given, "receiver") != NULL &&
		campaign_option_text(given, "signal") == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"receiver\" needs option \"signal\""),
				 errhint("Give both, or none of them.")));
	if (campaign_object_member(&given->root, "parameters") != NULL &&
		campaign_option_text(given, "starts") == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"parameters\" needs option \"starts\""),
				 errhint("Give both, or none of them.")));
	campaign_launch_check(scope);
}

/*
 * Those of the run's variables that the campaign declares as well, and the
 * signal may bring.
 */
static Jsonb *
common_variables(const CampaignRun *run, const CampaignRecord *record,
				 const char *signal)
{
	List	   *wanted = campaign_signal_parameters(record, signal);
	CampaignVariables *declared = campaign_variables_declared(record->settings);
	JsonbParseState *state = NULL;
	ListCell   *cell;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	foreach(cell, campaign_object_keys(run->variables))
	{
		JsonbValue	key = {.type = jbvString};
		JsonbValue *value = campaign_object_member(&run->variables->root,
												   lfirst(cell));

		if (value == NULL ||
			campaign_variables_find(declared, lfirst(cell)) == 0 ||
			(wanted != NIL && !campaign_list_has(wanted, lfirst(cell))))
			continue;
		key.val.string.val = lfirst(cell);
		key.val.string.len = strlen(lfirst(cell));
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* Sends the signal, if there is one. */
static void
send_signal(CampaignTask *task)
{
	const Jsonb *given = task->scope.activity->options;
	char	   *name = campaign_option_text(given, "signal");
	char	   *receiver = campaign_option_text(given, "receiver");
	CampaignRecord *record;
	Jsonb	   *payload;

	if (name == NULL)
		return;
	record = campaign_record_require(receiver != NULL ? receiver :
									 task->run->campaign, false);
	payload = receiver == NULL ? campaign_object_empty() :
		common_variables(task->run, record, name);
	campaign_variables_check(record->settings, payload);
	if (task->run->test)
	{
		campaign_trial_withhold(task, psprintf("would send signal \"%s\" to campaign \"%s\"",
											   name, record->name));
		return;
	}
	(void) campaign_signal_send(record, name, payload);
	campaign_shared_wake_at_commit();
}

/* Tells others and starts what is to follow, if anything is. */
static void
run_end(CampaignTask *task)
{
	task->outbound = NIL;
	if (task->rehearsal)
		return;
	send_signal(task);
	if (campaign_option_text(task->scope.activity->options, "starts") != NULL)
		task->launch = campaign_launch_prepare(task, false);
}

const CampaignKind campaign_kind_end = {
	.name = "end",
	.category = "flow control",
	.purpose = "Marks the end of a branch, and may send a signal or start a campaign.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "none",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = campaign_outcome_none,
	.expressions = campaign_launch_expressions,
	.check = check_end,
	.lack = campaign_launch_lack,
	.run = run_end,
	.reads_expressions = true
};
