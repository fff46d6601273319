/*
 * delivery.h
 *		What the kinds of category "channel" share.
 */
#ifndef CAMPAIGN_DELIVERY_H
#define CAMPAIGN_DELIVERY_H

#include "postgres.h"

#include "activity/activity.h"
#include "activity/timing.h"
#include "queue/preview.h"

/* Options every channel has, for the arrays of its kind. */
#define CAMPAIGN_DELIVERY_OPTIONS \
	{"template", CAMPAIGN_OPTION_TEXT, false, NULL, \
	"Name of a template; what it says is said unless the activity says it itself."}, \
	{"channel", CAMPAIGN_OPTION_TEXT, false, "that of the kind", \
	"Name of a channel of this kind that was declared with campaign_channel()."}, \
	{"address", CAMPAIGN_OPTION_VALUE, false, "the dimension's address for the channel", \
	"Expression giving the address."}, \
	{"category", CAMPAIGN_OPTION_CHOICE, false, "marketing", \
		"Marketing needs the dimension's consent, transactional does not.", \
	"marketing, transactional"}, \
	{"languages", CAMPAIGN_OPTION_OBJECT, false, NULL, \
	"Language tags, each with parts of the content in that language."}, \
	{"variants", CAMPAIGN_OPTION_OBJECTS, false, NULL, \
	"Contents to be compared: array of objects with name, percent and the parts that differ."}, \
	{"winner", CAMPAIGN_OPTION_OBJECT, false, NULL, \
	"How the best variant is chosen for those no percent covers: by (an event), after (an interval), confidence, otherwise."}, \
	{"one_per_address", CAMPAIGN_OPTION_BOOLEAN, false, "true", \
	"Whether only the first of several rows with one address gets the message."}, \
	{"one_per_person", CAMPAIGN_OPTION_BOOLEAN, false, "false", \
	"Whether only the first of several rows that lead to one person gets the message."}, \
	{"confirm", CAMPAIGN_OPTION_BOOLEAN, false, "false", \
	"Whether the messages wait in the queue until campaign_confirm() lets them go."}, \
	{"max_messages", CAMPAIGN_OPTION_COUNT, false, "any number", \
	"With more messages than that, they wait for campaign_confirm()."}, \
	{"expected_change", CAMPAIGN_OPTION_COUNT, false, "any", \
	"With a number of messages that differs by more percent from the last run's, they wait for campaign_confirm()."}, \
	{"rules", CAMPAIGN_OPTION_TEXT, false, NULL, \
	"Names of rules the delivery follows, with commas between."}, \
	{"weight", CAMPAIGN_OPTION_NUMBER, false, "1", \
	"How much a message counts for rules of pressure: up to 1000, with two decimals at most."}, \
	{"control_percent", CAMPAIGN_OPTION_NUMBER, false, NULL, \
	"How many of a hundred people get no message, to be compared with the others."}, \
	{"control_seed", CAMPAIGN_OPTION_TEXT, false, "campaign.activity", \
	"Another one puts other people into the control group."}, \
	{"max_errors", CAMPAIGN_OPTION_COUNT, false, "100", \
	"How many rows are left out because their expressions raise errors, before the activity fails."}, \
	CAMPAIGN_TIMING_OPTIONS

/* The functions of a CampaignKind. */
extern List *campaign_delivery_expressions(const CampaignScope *scope);
extern CampaignWarning *campaign_delivery_lack(const CampaignScope *scope);
extern List *campaign_delivery_warn(const CampaignScope *scope);
extern bool campaign_delivery_is_transactional(const CampaignScope *scope);
extern void campaign_delivery_check(const CampaignScope *scope);
extern void campaign_delivery_run(CampaignTask *task);
extern void campaign_delivery_follow(CampaignTask *task);
extern bool campaign_delivery_takes(const CampaignScope *scope);
extern bool campaign_delivery_gathers(const CampaignScope *scope, double rows);
extern void campaign_delivery_gather(CampaignFan *fan);

/* The name of the channel it sends by. */
extern const char *campaign_delivery_channel(const CampaignScope *scope);
/* Refuses a channel that is not there, or of another kind. */
extern void campaign_delivery_check_channel(const CampaignScope *scope);

/* What the row with the task's key would get; it has no run. */
extern CampaignPreview *campaign_delivery_preview(const CampaignTask *task);

#endif							/* CAMPAIGN_DELIVERY_H */
