/*
 * forget.h
 *		Erasure of a person.
 */
#ifndef CAMPAIGN_ENGINE_FORGET_H
#define CAMPAIGN_ENGINE_FORGET_H

#include "postgres.h"

#include "queue/forget.h"

/* Forgets the row of the dimension with that key. */
extern void campaign_forget_key(const char *dimension, const char *key,
								CampaignForgotten *counts);

#endif							/* CAMPAIGN_ENGINE_FORGET_H */
