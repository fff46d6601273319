/*
 * settings.h
 *		Every setting campaign.*; see settings.c for what each risks.
 */
#ifndef CAMPAIGN_SETTINGS_H
#define CAMPAIGN_SETTINGS_H

#include "postgres.h"

extern bool campaign_enable_fusion;
extern bool campaign_enable_superuser_campaigns;
extern int	campaign_executor_idle;	/* ms */
extern char *campaign_file_root;
extern int	campaign_history_messages;	/* min; -1: for ever */
extern int	campaign_history_populations_kept;	/* min; -1: for ever */
extern int	campaign_history_runs_kept;	/* min; -1: for ever */
extern int	campaign_lease_duration;	/* s */
extern int	campaign_max_activities;
extern int	campaign_max_attempts;
extern int	campaign_max_depth;
extern int	campaign_max_executors;
extern int	campaign_max_executors_per_role;
extern int	campaign_max_message_size;	/* bytes */
extern int	campaign_max_start_lateness;	/* s */
extern int	campaign_pause_grace;	/* ms */
extern int	campaign_scheduler_idle;	/* ms */
extern int	campaign_scheduler_naptime;	/* ms */
extern char *campaign_tracking_url;
extern int	campaign_work_mem;	/* kB */

/* URLs that others begin with have that many bytes at most. */
#define CAMPAIGN_URL_BYTES 500

/* Why a URL cannot be the beginning of others (a sentence), or NULL. */
extern const char *campaign_url_problem(const char *url);

extern void campaign_settings_define(void);

#endif							/* CAMPAIGN_SETTINGS_H */
