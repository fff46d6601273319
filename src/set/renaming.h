/*
 * renaming.h
 *		An expression's text with other names in it.
 */
#ifndef CAMPAIGN_RENAMING_H
#define CAMPAIGN_RENAMING_H

#include "postgres.h"

#include "nodes/nodes.h"

/*
 * What stands for row.column, or NULL to leave it; *whole is set if it stands
 * for both names, and not for the first alone.
 */
typedef char *(*CampaignRename) (const char *row, const char *column,
								 bool *whole, void *context);

/*
 * The text, of which tree is the raw parse tree, with references row.column
 * renamed; comments and constants stay as they are.
 */
extern char *campaign_renamed(const char *text, Node *tree,
							  CampaignRename rename, void *context);

#endif							/* CAMPAIGN_RENAMING_H */
