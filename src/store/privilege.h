/*
 * privilege.h
 *		What roles may do with campaigns that are not theirs.
 */
#ifndef CAMPAIGN_PRIVILEGE_H
#define CAMPAIGN_PRIVILEGE_H

#include "postgres.h"

#include "store/graph.h"

/*
 * The privileges, by name.  All but "send" let their holder see what "view"
 * lets him see; the owner, and whoever has his rights, has all.
 */
#define CAMPAIGN_PRIVILEGE_VIEW		"view"
#define CAMPAIGN_PRIVILEGE_EDIT		"edit"
#define CAMPAIGN_PRIVILEGE_PUBLISH	"publish"
#define CAMPAIGN_PRIVILEGE_RUN		"run"
#define CAMPAIGN_PRIVILEGE_SEND		"send"

/* True if the current user has it. */
extern bool campaign_privilege_held(int64 campaign_id, Oid owner,
									const char *privilege);
/* Refuses whoever has it not, but sees the campaign (42501). */
extern void campaign_privilege_refuse(const char *campaign,
									  const char *privilege);
/* Refuses what is no privilege (22023). */
extern void campaign_privilege_check(const char *privilege);
/* Gives it to a role; false if the role has it. */
extern bool campaign_privilege_grant(const CampaignRecord *record, Oid role,
									 const char *privilege);
/* Takes it from the role of that name; false if it has it not. */
extern bool campaign_privilege_revoke(const CampaignRecord *record,
									  const char *role, const char *privilege);

#endif							/* CAMPAIGN_PRIVILEGE_H */
