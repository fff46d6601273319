/*
 * sms.h
 *		How many segments a text message is sent in.
 */
#ifndef CAMPAIGN_SET_SMS_H
#define CAMPAIGN_SET_SMS_H

#include "postgres.h"

/* Segments of a text in the server's encoding; an empty one has one. */
extern int	campaign_sms_segments(const char *text, int length);

#endif							/* CAMPAIGN_SET_SMS_H */
