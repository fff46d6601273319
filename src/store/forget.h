/*
 * forget.h
 *		Taking a person out of what runs were told.
 */
#ifndef CAMPAIGN_STORE_FORGET_H
#define CAMPAIGN_STORE_FORGET_H

#include "postgres.h"

#include "nodes/pg_list.h"

/*
 * Blanks members of payloads of signals, and of variables of runs that have
 * ended, that are one of the words, of char *; and comments to answers in which
 * one stands.  In all campaigns of the owner; gives the number of rows.
 */
extern int64 campaign_store_forget(Oid owner, List *words);

#endif							/* CAMPAIGN_STORE_FORGET_H */
