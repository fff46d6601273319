/*
 * html.h
 *		The place in an HTML text where a placeholder or block tag stands.
 */
#ifndef CAMPAIGN_SET_HTML_H
#define CAMPAIGN_SET_HTML_H

#include "set/escape.h"

typedef struct CampaignHtml CampaignHtml;

extern CampaignHtml *campaign_html_begin(void);
extern CampaignHtml *campaign_html_copy(const CampaignHtml *html);
extern bool campaign_html_covers(const CampaignHtml *html,
								 const CampaignHtml *other);
extern const char *campaign_html_scan(CampaignHtml *html, const char *text,
									  const char *end);
extern const char *campaign_html_choose(CampaignHtml *html, bool raw,
										CampaignEscape *escape,
										const char **hint);
extern const char *campaign_html_refuse_block(const CampaignHtml *html,
											  const char **hint);
extern const char *campaign_html_unclosed(CampaignHtml *html);

#endif							/* CAMPAIGN_SET_HTML_H */
