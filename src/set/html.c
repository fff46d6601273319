/*
 * html.c
 *		The place in an HTML text where a placeholder or block tag stands.
 *
 * The literal text of an HTML template runs through the tokenizer that
 * browsers share (WHATWG), reduced to what decides where a placeholder
 * stands.  Placeholders are let into text and quoted attribute values alone.
 * There, nothing that a value contains once it is escaped can move a browser
 * to another place, so following the literal text is enough, and everything
 * else is complete within one run of it.
 *
 * Where a browser could read the literal text in two ways (markup inside of
 * <title>, a character reference in a URL's scheme), placeholders are refused
 * rather than guessed about.
 *
 * Blocks are let in where nothing that is cut by their tags could be read as
 * one with what follows, and all ways through a block must lead to the same
 * place; then a placeholder behind it stands in one place, whichever way was
 * taken.
 *
 * A run of literal text ends at a brace or at the terminating zero, so that
 * looking a few bytes past its end is safe and never matches by accident.
 */
#include "postgres.h"

#include "set/element.h"
#include "set/html.h"

/* Longer than any name in the lists below. */
#define NAME_BYTES CAMPAIGN_ELEMENT_BYTES

typedef enum HtmlPlace
{
	HTML_TEXT,
	HTML_TITLE,					/* text of <title> or <textarea> */
	HTML_VALUE,					/* quoted attribute value */
	/* no placeholder may stand in what follows */
	HTML_TITLE_MARKUP,			/* after something like a tag in HTML_TITLE */
	HTML_TAG,
	HTML_UNQUOTED,
	HTML_COMMENT,
	HTML_DECLARATION,
	HTML_RAW,					/* <style> and its like */
	HTML_SCRIPT
} HtmlPlace;

typedef enum UrlPlace
{
	URL_START,					/* nothing but white space before */
	URL_PREFIX,					/* a scheme may still follow */
	URL_OPEN,					/* the same, after a placeholder */
	URL_REST,					/* the scheme is known */
	URL_REFERENCE,				/* a character reference hides the scheme */
	URL_CODE					/* javascript: and its like */
} UrlPlace;

struct CampaignHtml
{
	HtmlPlace	place;
	UrlPlace	url;
	bool		is_url;			/* the attribute's value is a URL */
	bool		is_end_tag;
	bool		is_empty;		/* the tag may end in "/>" */
	char		quote;
	const char *end;			/* of the run of literal text */
	const char *offence;		/* see campaign_html_scan */
	int			scheme_length;	/* NAME_BYTES if it does not fit */
	char		scheme[NAME_BYTES];
	char		tag[NAME_BYTES];
	char		attribute[NAME_BYTES];
	CampaignElements elements;	/* for warnings only */
};

static const char *const title_tags[] = {"textarea", "title", NULL};

static const char *const raw_tags[] = {
	"iframe", "noembed", "noframes", "plaintext", "style", "xmp", NULL
};

/* Tags whose attributes load or become code, or change what others mean. */
static const char *const code_tags[] = {
	"animate", "animatemotion", "animatetransform", "applet", "base", "embed",
	"link", "meta", "object", "param", "script", "set", "style", NULL
};

static const char *const code_attributes[] = {
	"imagesrcset", "srcdoc", "srcset", "style", NULL
};

static const char *const url_attributes[] = {
	"action", "archive", "background", "cite", "classid", "codebase", "data",
	"dynsrc", "formaction", "href", "icon", "longdesc", "lowsrc", "manifest",
	"ping", "poster", "profile", "src", "usemap", NULL
};

static const char *const code_schemes[] = {
	"data", "javascript", "jscript", "livescript", "mocha", "vbscript", NULL
};

static const char *name_refused(const CampaignHtml *html, const char **hint);
static const char *name_reference(const char **hint);
static bool covers_url(const CampaignHtml *html, const CampaignHtml *other);
static const char *scan_text(CampaignHtml *html, const char *p);
static const char *scan_raw(CampaignHtml *html, const char *p);
static const char *scan_value(CampaignHtml *html, const char *p);
static const char *scan_tag(CampaignHtml *html, const char *p);
static const char *scan_unquoted(CampaignHtml *html, const char *p);
static const char *scan_comment(CampaignHtml *html, const char *p);
static const char *scan_declaration(CampaignHtml *html, const char *p);
static const char *scan_script(CampaignHtml *html, const char *p);
static const char *open_tag(CampaignHtml *html, const char *p, bool is_end_tag);
static void close_tag(CampaignHtml *html);
static const char *open_value(CampaignHtml *html, const char *p);
static void scan_url(CampaignHtml *html, const char *p, const char *end);
static void scan_reference(CampaignHtml *html, const char *p, const char *end);
static void end_scheme(CampaignHtml *html);
static const char *choose_in_value(CampaignHtml *html, bool raw,
								   CampaignEscape *escape, const char **hint);
static const char *choose_in_url(CampaignHtml *html, CampaignEscape *escape,
								 const char **hint);
static const char *local_name(const char *attribute);
static bool is_listed(const char *name, const char *const *list);
static bool names_tag(const char *p, const char *name);
static const char *skip_space(const char *p, const char *end);
static void copy_name(char *name, const char *p, const char *end);
static bool is_letter(char c);
static bool is_space(char c);
static bool ends_name(char c);

/* Each goes on from p as far as it can, to html->end at most. */
static const char *(*const scanners[]) (CampaignHtml *html, const char *p) = {
	[HTML_TEXT] = scan_text,
	[HTML_TITLE] = scan_raw,
	[HTML_VALUE] = scan_value,
	[HTML_TITLE_MARKUP] = scan_raw,
	[HTML_TAG] = scan_tag,
	[HTML_UNQUOTED] = scan_unquoted,
	[HTML_COMMENT] = scan_comment,
	[HTML_DECLARATION] = scan_declaration,
	[HTML_RAW] = scan_raw,
	[HTML_SCRIPT] = scan_script
};

/*
 * Returns the state of a tokenizer at the beginning of an HTML text.
 */
CampaignHtml *
campaign_html_begin(void)
{
	return palloc0(sizeof(CampaignHtml));
}

/*
 * Returns a copy of the state, to go on from it once more.
 */
CampaignHtml *
campaign_html_copy(const CampaignHtml *html)
{
	CampaignHtml *copy = palloc(sizeof(CampaignHtml));

	*copy = *html;
	return copy;
}

/*
 * Tells whether what may follow in the first state may follow in the other,
 * and means the same.  Both must be such that block tags may stand there.  Of
 * a tag that was left, nothing counts.
 */
bool
campaign_html_covers(const CampaignHtml *html, const CampaignHtml *other)
{
	if (html->place != other->place)
		return false;
	if (html->place == HTML_TEXT)
		return true;
	if (strcmp(html->tag, other->tag) != 0)
		return false;
	if (html->place == HTML_TITLE)
		return true;
	return html->place == HTML_VALUE && html->quote == other->quote &&
		html->is_end_tag == other->is_end_tag &&
		strcmp(html->attribute, other->attribute) == 0 &&
		covers_url(html, other);
}

/*
 * Follows a run of literal text, which must end at a brace or zero byte.
 * Returns NULL, or the byte by which the literal text makes the scheme of a
 * URL depend on the placeholder before it.
 */
const char *
campaign_html_scan(CampaignHtml *html, const char *text, const char *end)
{
	html->end = end;
	html->offence = NULL;
	while (text < end && html->offence == NULL)
		text = scanners[html->place] (html, text);
	return html->offence;
}

/*
 * Chooses the escaping of a placeholder that stands where the text scanned so
 * far ends.  Returns NULL, or the name of a place where none may stand, with
 * a hint.  Changes the state: call it once for each placeholder.
 */
const char *
campaign_html_choose(CampaignHtml *html, bool raw, CampaignEscape *escape,
					 const char **hint)
{
	const char *refused;

	*escape = raw ? CAMPAIGN_ESCAPE_NONE : CAMPAIGN_ESCAPE_HTML;
	*hint = "Placeholders may stand in text and in quoted attribute values.";
	refused = name_refused(html, hint);
	if (refused == NULL && html->place == HTML_VALUE)
		refused = choose_in_value(html, raw, escape, hint);
	return refused;
}

/*
 * Returns NULL if a block tag may stand where the text scanned so far ends,
 * else the name of the place, with a hint.  All tags of a block must be asked
 * about: each cuts the literal text.
 */
const char *
campaign_html_refuse_block(const CampaignHtml *html, const char **hint)
{
	*hint = "Block tags may stand in text and in quoted attribute values.";
	if (html->place == HTML_VALUE && html->is_url &&
		html->url == URL_REFERENCE)
		return name_reference(hint);
	return name_refused(html, hint);
}

/*
 * Returns the name of an element that the text leaves open, NULL if there is
 * none.  A tag or comment that is not ended is the place its text ends in.
 */
const char *
campaign_html_unclosed(CampaignHtml *html)
{
	if (html->place == HTML_COMMENT)
		return "!--";
	if (html->place != HTML_TEXT && html->place != HTML_DECLARATION)
		return html->tag;
	return campaign_element_unclosed(&html->elements);
}

/*
 * Returns the name of a place where nothing but literal text may stand, NULL
 * in others.  Changes the hint if there is a better one.
 */
static const char *
name_refused(const CampaignHtml *html, const char **hint)
{
	switch (html->place)
	{
		case HTML_TEXT:
		case HTML_TITLE:
		case HTML_VALUE:
			return NULL;
		case HTML_TITLE_MARKUP:
			*hint = "Write &lt; for a less-than sign.";
			return psprintf("markup inside of <%s>", html->tag);
		case HTML_TAG:
			return "a tag";
		case HTML_UNQUOTED:
			*hint = "Put the value of the attribute in quotes.";
			return "an unquoted attribute value";
		case HTML_COMMENT:
			return "a comment";
		case HTML_DECLARATION:
			return "a declaration";
		case HTML_RAW:
		case HTML_SCRIPT:
			return psprintf("the element <%s>", html->tag);
	}
	return "an unknown place";	/* not reached */
}

/* Returns the name of a URL that a character reference makes ambiguous. */
static const char *
name_reference(const char **hint)
{
	*hint = "Write the scheme without character references.";
	return "a URL whose scheme has a character reference";
}

/*
 * The same within the value of one attribute, which may be a URL.  After a
 * placeholder, less is allowed than once the scheme is known, and placeholders
 * are escaped alike.  What the scheme is does not matter when it is known.
 */
static bool
covers_url(const CampaignHtml *html, const CampaignHtml *other)
{
	if (!html->is_url || (html->url == URL_OPEN && other->url == URL_REST))
		return true;
	if (html->url != other->url)
		return false;
	return html->url != URL_PREFIX ||
		(html->scheme_length == other->scheme_length &&
		 memcmp(html->scheme, other->scheme, html->scheme_length) == 0);
}

/* Goes on to the next tag, comment or declaration and enters it. */
static const char *
scan_text(CampaignHtml *html, const char *p)
{
	p = memchr(p, '<', html->end - p);
	if (p == NULL)
		return html->end;
	if (is_letter(p[1]))
		return open_tag(html, p + 1, false);
	if (p[1] == '/' && is_letter(p[2]))
		return open_tag(html, p + 2, true);
	if (p[1] == '/' && p[2] == '>')
		return p + 3;
	if (strncmp(p, "<!--", 4) == 0)
	{
		html->place = HTML_COMMENT;
		return p + 2;
	}

	/* A value would make a tag of a less-than sign right before it. */
	if (p + 1 == html->end)
		html->place = HTML_TAG;
	else if (p[1] == '/' || p[1] == '!' || p[1] == '?')
		html->place = HTML_DECLARATION;
	return p + 1;
}

/* Goes on to the end of a declaration, or of what browsers skip alike. */
static const char *
scan_declaration(CampaignHtml *html, const char *p)
{
	p = memchr(p, '>', html->end - p);
	if (p == NULL)
		return html->end;
	html->place = HTML_TEXT;
	return p + 1;
}

/*
 * Goes on to the end of a comment.  Begins at the dashes that open it, as
 * they may be those that close it, too.
 */
static const char *
scan_comment(CampaignHtml *html, const char *p)
{
	const char *start = p;

	while ((p = memchr(p, '-', html->end - p)) != NULL)
	{
		int			length = 0;

		if (strncmp(p, "-->", 3) == 0)
			length = 3;
		else if (p >= start + 2 && strncmp(p, "--!>", 4) == 0)
			length = 4;
		if (length > 0)
		{
			html->place = HTML_TEXT;
			return p + length;
		}
		p++;
	}
	return html->end;
}

/* Reads the name of a tag and enters it. */
static const char *
open_tag(CampaignHtml *html, const char *p, bool is_end_tag)
{
	const char *start = p;

	while (p < html->end && !ends_name(*p))
		p++;
	copy_name(html->tag, start, p);
	html->is_end_tag = is_end_tag;
	html->place = HTML_TAG;
	return p;
}

/* Reads an attribute up to its value, or leaves the tag. */
static const char *
scan_tag(CampaignHtml *html, const char *p)
{
	const char *start;

	while (p < html->end && (is_space(*p) || *p == '/'))
		p++;
	if (p == html->end)
		return html->end;
	if (*p == '>')
	{
		html->is_empty = p[-1] == '/';
		close_tag(html);
		return p + 1;
	}

	/* An equals sign in the first place belongs to the name. */
	start = p++;
	while (p < html->end && !ends_name(*p) && *p != '=')
		p++;
	copy_name(html->attribute, start, p);
	p = skip_space(p, html->end);
	if (p == html->end || *p != '=')
		return p;
	return open_value(html, skip_space(p + 1, html->end));
}

/* Enters what follows a start or end tag. */
static void
close_tag(CampaignHtml *html)
{
	if (html->is_end_tag)
		campaign_element_close(&html->elements, html->tag);
	else if (!html->is_empty)
		campaign_element_open(&html->elements, html->tag);

	if (html->is_end_tag)
		html->place = HTML_TEXT;
	else if (strcmp(html->tag, "script") == 0)
		html->place = HTML_SCRIPT;
	else if (is_listed(html->tag, title_tags))
		html->place = HTML_TITLE;
	else if (is_listed(html->tag, raw_tags))
		html->place = HTML_RAW;
	else
		html->place = HTML_TEXT;
}

/*
 * Enters the value of an attribute, quoted or not; stays in the tag if there
 * is none.
 */
static const char *
open_value(CampaignHtml *html, const char *p)
{
	if (p < html->end && *p == '>')
		return p;
	if (p == html->end || (*p != '"' && *p != '\''))
	{
		html->place = HTML_UNQUOTED;
		return p;
	}
	html->place = HTML_VALUE;
	html->quote = *p;
	html->is_url = is_listed(local_name(html->attribute), url_attributes);
	html->url = URL_START;
	html->scheme_length = 0;
	return p + 1;
}

/* Goes on to the end of a quoted value. */
static const char *
scan_value(CampaignHtml *html, const char *p)
{
	const char *close = memchr(p, html->quote, html->end - p);

	if (html->is_url)
		scan_url(html, p, close == NULL ? html->end : close);
	if (close == NULL)
		return html->end;
	html->place = HTML_TAG;
	return close + 1;
}

/* Goes on to the end of an unquoted value. */
static const char *
scan_unquoted(CampaignHtml *html, const char *p)
{
	while (p < html->end && !is_space(*p) && *p != '>')
		p++;
	if (p < html->end)
		html->place = HTML_TAG;
	return p;
}

/*
 * Goes on to the end tag of an element that contains no others.  In SVG the
 * same names may contain some, which is why markup shuts <title>.
 */
static const char *
scan_raw(CampaignHtml *html, const char *p)
{
	while ((p = memchr(p, '<', html->end - p)) != NULL)
	{
		if (p[1] == '/' && names_tag(p + 2, html->tag) &&
			strcmp(html->tag, "plaintext") != 0)
			return open_tag(html, p + 2, true);
		p++;
		if (html->place == HTML_TITLE &&
			(p == html->end || is_letter(*p) || strchr("/!?", *p) != NULL))
			html->place = HTML_TITLE_MARKUP;
	}
	return html->end;
}

/*
 * Goes on to the end tag of a script.  Within <!-- and -->, a second start
 * tag makes the next end tag not count.
 */
static const char *
scan_script(CampaignHtml *html, const char *p)
{
	bool		commented = false;
	bool		nested = false;

	for (; p < html->end; p++)
	{
		if (strncmp(p, "-->", 3) == 0)
			commented = nested = false;
		else if (*p != '<')
			continue;
		else if (strncmp(p, "<!--", 4) == 0)
			commented = true;
		else if (p[1] == '/' && names_tag(p + 2, "script"))
		{
			if (!nested)
				return open_tag(html, p + 2, true);
			nested = false;
		}
		else if (commented && names_tag(p + 1, "script"))
			nested = true;
	}
	return html->end;
}

/*
 * Follows a part of a URL until its scheme is known.  The offence is the byte
 * that would end a scheme in which a placeholder stands.
 */
static void
scan_url(CampaignHtml *html, const char *p, const char *end)
{
	for (; p < end && html->url <= URL_OPEN; p++)
	{
		if (html->url == URL_START && (unsigned char) *p <= ' ')
			continue;
		if (html->url == URL_START)
			html->url = URL_PREFIX;
		if (*p == '/' || *p == '?' || *p == '#')
			html->url = URL_REST;
		else if (*p == ':' && html->url == URL_OPEN)
		{
			html->offence = p;
			return;
		}
		else if (*p == ':')
			end_scheme(html);
		else if (*p == '&')
			scan_reference(html, p, end);
		else if (*p != '\t' && *p != '\n' && *p != '\r' &&
				 html->scheme_length < NAME_BYTES)
			html->scheme[html->scheme_length++] = pg_ascii_tolower(*p);
	}
}

/*
 * Looks at an ampersand before the end of a scheme, behind which a colon may
 * hide.  That is an offence in a scheme with a placeholder in it; in other
 * cases of doubt, placeholders may not follow.
 */
static void
scan_reference(CampaignHtml *html, const char *p, const char *end)
{
	if (html->url == URL_OPEN &&
		(p[1] == '#' || strncmp(p, "&colon;", 7) == 0))
		html->offence = p;
	if (html->url == URL_PREFIX)
		html->url = URL_REFERENCE;

	/* The value of a placeholder could be the name of the reference. */
	p++;
	while (p < end && is_letter(*p))
		p++;
	if (p == end)
		html->url = URL_REFERENCE;
}

/* Judges a scheme that stands in the literal text. */
static void
end_scheme(CampaignHtml *html)
{
	html->url = URL_REST;
	if (html->scheme_length < NAME_BYTES)
	{
		html->scheme[html->scheme_length] = '\0';
		if (is_listed(html->scheme, code_schemes))
			html->url = URL_CODE;
	}
}

/* Chooses the escaping in a quoted attribute value. */
static const char *
choose_in_value(CampaignHtml *html, bool raw, CampaignEscape *escape,
				const char **hint)
{
	const char *name = local_name(html->attribute);

	*hint = "Placeholders may stand in text and in attributes that are no code.";
	if (is_listed(html->tag, code_tags))
		return psprintf("the tag <%s>", html->tag);
	if (pg_strncasecmp(html->attribute, "on", 2) == 0 ||
		pg_strncasecmp(name, "on", 2) == 0 ||
		is_listed(name, code_attributes))
		return psprintf("the attribute \"%s\"", html->attribute);
	if (!html->is_url)
		return NULL;
	*hint = "Use two braces instead of three.";
	if (raw)
		return psprintf("the URL of the attribute \"%s\" unescaped",
						html->attribute);
	return choose_in_url(html, escape, hint);
}

/*
 * Chooses the escaping in a URL, and notes that the scheme may depend on the
 * placeholder if it is not known yet.
 */
static const char *
choose_in_url(CampaignHtml *html, CampaignEscape *escape, const char **hint)
{
	*escape = CAMPAIGN_ESCAPE_URL_PART;
	switch (html->url)
	{
		case URL_START:
			*escape = CAMPAIGN_ESCAPE_URL;
			html->url = URL_OPEN;
			break;
		case URL_PREFIX:
		case URL_OPEN:
			html->url = URL_OPEN;
			break;
		case URL_REST:
			break;
		case URL_REFERENCE:
			return name_reference(hint);
		case URL_CODE:
			*hint = "Use a URL that is no code.";
			return psprintf("a \"%s:\" URL", html->scheme);
	}
	return NULL;
}

/* Returns the name of an attribute without its namespace. */
static const char *
local_name(const char *attribute)
{
	const char *colon = strrchr(attribute, ':');

	return colon == NULL ? attribute : colon + 1;
}

/* Tells whether a name, in lower case, is in a list that NULL ends. */
static bool
is_listed(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

/* Tells whether the tag with this name, in lower case, begins at p. */
static bool
names_tag(const char *p, const char *name)
{
	size_t		length = strlen(name);

	return pg_strncasecmp(p, name, length) == 0 && ends_name(p[length]);
}

/* Skips HTML's white space. */
static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

/*
 * Keeps a name in lower case, cut to what fits: the lists have none so long.
 */
static void
copy_name(char *name, const char *p, const char *end)
{
	int			length = 0;

	while (p < end && length < NAME_BYTES - 1)
		name[length++] = pg_ascii_tolower(*p++);
	name[length] = '\0';
}

/* Tells whether the byte is an ASCII letter, which begins a tag's name. */
static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Tells whether the byte is white space in HTML, which has no vertical tab. */
static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* Tells whether the byte ends the name of a tag or attribute. */
static bool
ends_name(char c)
{
	return is_space(c) || c == '/' || c == '>';
}
