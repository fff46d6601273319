/*
 * turns.c
 *		Whose turn it is to get an executor.
 *
 * A place goes to the owner who has the fewest executors and, of several, to
 * the one who was served longest ago; with him, to the run after the one that
 * was served last.  So an owner's first run waits for one task of each other
 * owner, however many runs these have.
 */
#include "postgres.h"

#include "utils/hsearch.h"

#include "base/shared.h"
#include "store/quota.h"
#include "worker/turns.h"

typedef struct Owner
{
	Oid			role;			/* hash key */
	int64		served;			/* when last, in turns; 0: never */
	int64		last_run;		/* that was served */
	int			quota;
	int			executors;
	List	   *runs;			/* CampaignDueRun *, in the scheduler's turn */
} Owner;

struct CampaignTurns
{
	HTAB	   *owners;
	int64		served;			/* turns so far */
};

/* Nobody has been served yet. */
CampaignTurns *
campaign_turns_create(void)
{
	CampaignTurns *turns = palloc0(sizeof(CampaignTurns));
	HASHCTL		control = {0};

	control.keysize = sizeof(Oid);
	control.entrysize = sizeof(Owner);
	control.hcxt = CurrentMemoryContext;
	turns->owners = hash_create("campaign owners", 16, &control,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return turns;
}

/* The owner's entry, made if there is none. */
static Owner *
find_owner(CampaignTurns *turns, Oid role)
{
	bool		found;
	Owner	   *owner = hash_search(turns->owners, &role, HASH_ENTER, &found);

	if (!found)
		memset((char *) owner + sizeof(Oid), 0, sizeof(Owner) - sizeof(Oid));
	return owner;
}

/* Forgets what was found in an earlier turn; its memory is gone. */
static void
forget_turn(CampaignTurns *turns)
{
	HASH_SEQ_STATUS status;
	Owner	   *owner;

	hash_seq_init(&status, turns->owners);
	while ((owner = hash_seq_search(&status)) != NULL)
	{
		owner->executors = 0;
		owner->runs = NIL;
	}
}

/* Reads the quotas, once for each owner. */
void
campaign_turns_learn(CampaignTurns *turns, List *runs)
{
	ListCell   *cell;

	forget_turn(turns);
	foreach(cell, runs)
	{
		CampaignDueRun *run = lfirst(cell);
		Owner	   *owner = find_owner(turns, run->owner);

		if (owner->runs == NIL)
			owner->quota = campaign_quota(run->owner);
		owner->runs = lappend(owner->runs, run);
	}
}

/* Notes who has executors and who wants them. */
void
campaign_turns_deal(CampaignTurns *turns, List *runs, List *executors)
{
	ListCell   *cell;

	forget_turn(turns);
	foreach(cell, executors)
		find_owner(turns, ((CampaignExecutor *) lfirst(cell))->owner)->executors++;
	foreach(cell, runs)
	{
		CampaignDueRun *run = lfirst(cell);
		Owner	   *owner = find_owner(turns, run->owner);

		owner->runs = lappend(owner->runs, run);
	}
}

/* Of the owner's runs with more to do, the one after that served last. */
static CampaignDueRun *
next_run(const Owner *owner)
{
	CampaignDueRun *first = NULL;
	ListCell   *cell;

	foreach(cell, owner->runs)
	{
		CampaignDueRun *run = lfirst(cell);

		if (run->tasks <= 0)
			continue;
		if (run->run_id > owner->last_run)
			return run;
		if (first == NULL)
			first = run;
	}
	return first;
}

/* True if a comes before b. */
static bool
comes_before(const Owner *a, const Owner *b)
{
	return a->executors != b->executors ? a->executors < b->executors :
		a->served < b->served;
}

/* The run whose turn it is. */
CampaignDueRun *
campaign_turns_next(CampaignTurns *turns)
{
	HASH_SEQ_STATUS status;
	Owner	   *owner;
	Owner	   *chosen = NULL;
	CampaignDueRun *run;

	hash_seq_init(&status, turns->owners);
	while ((owner = hash_seq_search(&status)) != NULL)
	{
		if (owner->executors < owner->quota && next_run(owner) != NULL &&
			(chosen == NULL || comes_before(owner, chosen)))
			chosen = owner;
	}
	if (chosen == NULL)
		return NULL;
	run = next_run(chosen);
	chosen->last_run = run->run_id;
	chosen->served = ++turns->served;
	chosen->executors++;
	return run;
}
