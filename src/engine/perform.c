/*
 * perform.c
 *		What a task does, with others in one statement or alone.
 *
 * A task whose rows only the next one reads may be executed in one statement
 * with it (see fusion.c, fan.c and weave.c).  If that fails, the first is
 * executed alone, as if they had never met.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

#include "activity/common.h"
#include "base/attempt.h"
#include "base/errors.h"
#include "base/fault.h"
#include "base/identity.h"
#include "engine/child.h"
#include "engine/fan.h"
#include "engine/fusion.h"
#include "engine/perform.h"
#include "engine/prepare.h"
#include "engine/weave.h"

/* Prepares the task that was taken. */
static void
prepare(CampaignStep *step)
{
	CampaignTask *task = step->task;

	task->due = strcmp(step->taken->state, "waiting") == 0;
	task->hurried = step->taken->hurried;
	task->since = task->due ? step->taken->started_at : step->started_at;
	campaign_prepare(task, step->taken->activity);
}

/*
 * Closes the cursors the owner's functions have left open: one WITH HOLD would
 * be run at commit, where its failure would take our record of it along.  Not
 * in campaign_work(), whose caller has cursors of his own and sees the error.
 */
void
campaign_close_cursors(void)
{
	if (MyBackendType == B_BG_WORKER)
		PortalHashTableDeleteAll();
}

/* Has the activity do its work, or be passed by. */
static void
execute(CampaignStep *step)
{
	const CampaignActivity *activity = step->task->scope.activity;
	const CampaignKind *kind = campaign_kind_find(activity->kind);

	if (step->follow)
		kind->follow(step->task);
	else if (campaign_common_execution(activity) == CAMPAIGN_EXECUTION_DISABLED)
		step->disabled = true;
	else if (campaign_common_execution(activity) == CAMPAIGN_EXECUTION_PASS_THROUGH)
		campaign_common_pass(step->task);
	else if (step->fan != NULL)
		campaign_fan_execute(step->fan);
	else
		kind->run(step->task);
	if (step->task->launch != NULL)
		campaign_child_start(step->task);
}

/* The step of a task that is executed together with that of another. */
static CampaignStep *
add_step(const CampaignStep *step, CampaignTask *task)
{
	CampaignStep *next = palloc0(sizeof(CampaignStep));

	next->task = task;
	next->taken = palloc0(sizeof(CampaignTaken));
	next->taken->activity = task->scope.activity->name;
	next->taken->state = "ready";
	next->started_at = step->started_at;
	return next;
}

/* Adds the steps of those that take the rows of its outcomes, if they can. */
static void
add_branches(CampaignStep *step)
{
	ListCell   *cell;

	step->fan = campaign_fan_open(step->task);
	if (step->fan == NULL)
		return;
	foreach(cell, step->fan->tasks)
		step->branches = lappend(step->branches, add_step(step, lfirst(cell)));
}

/*
 * The task that takes the rows of this one and of others, whose steps it adds,
 * or NULL.  These are taken first, before anybody else does.  If it does not pay
 * then, only the end of the subtransaction lets go of them: the task is executed
 * alone.
 */
static CampaignTask *
add_beside(CampaignStep *step)
{
	List	   *names = campaign_weave_find(step->task);
	List	   *beside = NIL;
	CampaignTask *next = NULL;
	ListCell   *cell;

	if (names == NIL)
		return NULL;
	if (campaign_task_take_also(step->task->run->id, names, step->started_at))
		next = campaign_weave(step->task, names, &beside);
	if (next == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("activity \"%s\" is not executed with those beside it",
						step->taken->activity)));
	foreach(cell, beside)
		step->beside = lappend(step->beside, add_step(step, lfirst(cell)));
	return next;
}

/*
 * Adds the steps that can be executed in one statement with this one, each
 * after the one before; gives the last of them, or the last before they part.
 */
static CampaignStep *
add_fused(CampaignStep *step)
{
	CampaignTask *next;

	if (step->alone)
		return step;
	step->fused = true;
	next = campaign_fusion_lend(step->task);
	if (next == NULL)
		next = add_beside(step);
	if (next == NULL)
	{
		add_branches(step);
		step->fused = step->fan != NULL;
		return step;
	}
	step->next = add_step(step, next);
	return add_fused(step->next);
}

/* All steps that are executed together, each after the one before. */
List *
campaign_step_all(CampaignStep *step)
{
	List	   *steps = NIL;

	for (; step != NULL; step = step->next)
	{
		steps = list_concat(lappend(steps, step), step->beside);
		steps = list_concat(steps, step->branches);
	}
	return steps;
}

/* Notes the counts between tasks that were executed together. */
static void
settle(CampaignStep *step)
{
	if (step->next == NULL)
		return;
	settle(step->next);
	/* What has taken the rows of several has counted them, too. */
	if (step->beside == NIL)
		campaign_fusion_settle(step->task, step->next->task);
	CAMPAIGN_FAULT("fusion_executed");
}

/* Lets others take tasks: it is known which are executed here. */
static void
end_choice(CampaignStep *step)
{
	if (step->choosing)
		campaign_task_choose_end(step->task->run->id);
	step->choosing = false;
}

/* Does the owner's part. */
void
campaign_step_perform(CampaignStep *step)
{
	CampaignStep *last;
	int			nestlevel;
	bool		pushed = !ActiveSnapshotSet();

	if (pushed)
		PushActiveSnapshot(GetTransactionSnapshot());
	nestlevel = campaign_formats_enter();
	prepare(step);
	CAMPAIGN_FAULT("task_prepared");
	last = add_fused(step);
	end_choice(step);
	if (step->fused || !step->task->together)
		execute(last);
	/* No rows have come in what is only planned. */
	if (!step->task->together)
		settle(step);
	campaign_fire_deferred_triggers();
	campaign_close_cursors();
	CAMPAIGN_FAULT("task_executed");
	campaign_settings_leave(nestlevel);
	if (pushed)
		PopActiveSnapshot();
}

/* The body of an attempt. */
static void
perform(void *arg)
{
	campaign_step_perform(arg);
}

/*
 * Does the owner's part.  What fails with others is executed alone, so that its
 * error is its own; not if somebody wants it to end.
 */
void
campaign_step_attempt(CampaignStep *step)
{
	CampaignTask task = *step->task;
	CampaignStep alone = *step;

	alone.alone = true;
	alone.choosing = false;
	step->error = campaign_attempt(perform, step);
	end_choice(step);
	/* Who cancels CALL campaign_work() means the statement, not the task. */
	if (step->error != NULL && MyBackendType != B_BG_WORKER &&
		step->error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		ReThrowError(step->error);
	if (step->error == NULL || !step->fused ||
		ERRCODE_TO_CATEGORY(step->error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		return;
	*step = alone;
	*step->task = task;
	campaign_step_attempt(step);
}
