/*
 * sign.h
 *		How states of activities are shown: by a sign and by colours.
 */
#ifndef CAMPAIGN_SIGN_H
#define CAMPAIGN_SIGN_H

/* A fill, and a line that is read on it. */
typedef struct CampaignColours
{
	const char *fill;
	const char *line;
} CampaignColours;

typedef struct CampaignSign
{
	const char *state;
	const char *utf8;			/* one column wide */
	const char *ascii;
	int			code;			/* the same character as a number */
	CampaignColours light;		/* on a white page */
	CampaignColours dark;		/* on a black one */
} CampaignSign;

/* How many there are; the last stands for any other state. */
#define CAMPAIGN_SIGNS	11

/* In the order in which a legend names them. */
extern const CampaignSign campaign_signs[CAMPAIGN_SIGNS];

/* The number of a state's sign; the state must not be NULL. */
extern int	campaign_sign_find(const char *state);

#endif							/* CAMPAIGN_SIGN_H */
