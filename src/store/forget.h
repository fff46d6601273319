/*
 * forget.h
 *		Taking a person out of what runs were told.
 */
#ifndef CAMPAIGN_STORE_FORGET_H
#define CAMPAIGN_STORE_FORGET_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* Whom. */
typedef struct CampaignPerson
{
	const char *dimension;
	const char *key;			/* of the dimension, as text */
	List	   *addresses;		/* char * */
} CampaignPerson;

/*
 * Blanks members of payloads of signals and of variables of runs that are the
 * person's key or one of the addresses; and comments to answers in which one
 * stands.  In all campaigns of the owner; gives the number of rows.  Variables
 * of runs that go on keep a key that they may have by chance.
 */
extern int64 campaign_store_forget(Oid owner, const CampaignPerson *person);

#endif							/* CAMPAIGN_STORE_FORGET_H */
