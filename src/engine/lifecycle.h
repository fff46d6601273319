/*
 * lifecycle.h
 *		What people do with campaigns and runs: publish, start, pause, stop.
 */
#ifndef CAMPAIGN_LIFECYCLE_H
#define CAMPAIGN_LIFECYCLE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/jsonb.h"

#include "store/graph.h"
#include "store/run.h"

/* Starts a run of the newest version; gives its number. */
extern int64 campaign_lifecycle_start(const char *campaign,
									  const Jsonb *variables);
/* The same for a launch of the campaign's schedule; the campaign is locked. */
extern int64 campaign_lifecycle_launch(CampaignRecord *record,
									   const Jsonb *variables,
									   TimestampTz occurrence);
/*
 * The same for an activity of another run, whether or not one has not ended;
 * in a test, a test.
 */
extern int64 campaign_lifecycle_start_beside(CampaignRecord *record,
											 const Jsonb *variables,
											 const CampaignRun *parent);
/* The values of a run's variables, read with the rights of the owner. */
extern Jsonb *campaign_lifecycle_bind(const CampaignGraph *graph,
									  const Jsonb *given);
/* Makes what was changed durable and known. */
extern void campaign_lifecycle_hand_over(void);
/* Refuses a verb in the status the campaign is in. */
extern void campaign_lifecycle_refuse_status(const CampaignRecord *record,
											 const char *verb);
/* Refuses what nobody may or can execute, whatever its status. */
extern void campaign_lifecycle_check_executable(const CampaignRecord *record);
/* Refuses campaigns that nobody may or can execute. */
extern void campaign_lifecycle_check_startable(const CampaignRecord *record);
/* Refuses values of variables that campaign_start() would refuse. */
extern void campaign_lifecycle_check_variables(CampaignRecord *record,
											   const Jsonb *variables);
/* Tells that no worker will do it, if the library is not preloaded. */
extern void campaign_lifecycle_notice(const char *what);
/*
 * Each does nothing where it has been done.  A campaign that is closed may be
 * published again; one that is archived is for good.
 */
extern void campaign_lifecycle_unpublish(const char *campaign);
extern void campaign_lifecycle_close(const char *campaign);
extern void campaign_lifecycle_archive(const char *campaign);
/*
 * Each gives the state of the run afterwards.  Doing it twice is doing it
 * once; what the state does not allow is refused (55000).
 */
extern char *campaign_lifecycle_pause(int64 run_id);
extern char *campaign_lifecycle_resume(int64 run_id);
extern char *campaign_lifecycle_stop(int64 run_id);
extern char *campaign_lifecycle_retry(int64 run_id);
/* Stops a run that another one has started, if it can be stopped. */
extern void campaign_lifecycle_stop_child(int64 run_id);
/* Stops a locked run because of an error of its own. */
extern void campaign_lifecycle_abort(int64 run_id, const char *why);
/* Waits until nobody but a timer or a person can move the run. */
extern char *campaign_lifecycle_wait(int64 run_id, const Interval *timeout);
/* Runs started in the database this is a copy of go on here. */
extern int64 campaign_lifecycle_adopt(void);
/* Refuses to touch the campaign while a run of it has not ended. */
extern void campaign_lifecycle_require_idle(int64 campaign_id,
											const char *campaign,
											const char *verb);

/* Refuses what nobody may execute: the owner is gone, or not allowed to. */
extern void campaign_lifecycle_check_owner(const CampaignRecord *record);
/* Records that no executor can be connected as the run's owner. */
extern void campaign_run_refuse(int64 run_id, const char *problem);

#endif							/* CAMPAIGN_LIFECYCLE_H */
