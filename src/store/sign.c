/*
 * sign.c
 *		How states of activities are shown: by a sign and by colours.
 *
 * One table for all drawings, so that a state looks the same in each of them.
 * The sign alone tells states apart where colours cannot be seen.
 */
#include "postgres.h"

#include "store/sign.h"

#define GREEN	{"#dafbe1", "#1a7f37"}, {"#12261e", "#3fb950"}
#define BLUE	{"#ddf4ff", "#0969da"}, {"#121d2f", "#58a6ff"}
#define YELLOW	{"#fff8c5", "#9a6700"}, {"#272115", "#d29922"}
#define RED		{"#ffebe9", "#cf222e"}, {"#2d1517", "#ff7b72"}
#define GREY	{"#f6f8fa", "#59636e"}, {"#161b22", "#9198a1"}

const CampaignSign campaign_signs[CAMPAIGN_SIGNS] = {
	{"succeeded", "✓", "+", 0x2713, GREEN},
	{"running", "●", "*", 0x25CF, BLUE},
	{"waiting", "…", ".", 0x2026, YELLOW},
	{"failed", "✗", "!", 0x2717, RED},
	{"ready", "◎", "@", 0x25CE, BLUE},
	{"pending", "○", "o", 0x25CB, GREY},
	{"held", "‖", "=", 0x2016, YELLOW},
	{"paused", "‖", "=", 0x2016, YELLOW},
	{"skipped", "–", "-", 0x2013, GREY},
	{"cancelled", "⊘", "x", 0x2298, GREY},
	{"unknown", "?", "?", 0x003F, GREY}
};

/* The number of a state's sign, that of the last for one that has none. */
int
campaign_sign_find(const char *state)
{
	int			i = 0;

	while (i < CAMPAIGN_SIGNS - 1 &&
		   strcmp(state, campaign_signs[i].state) != 0)
		i++;
	return i;
}
