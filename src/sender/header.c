/*
 * header.c
 *		Header fields of a mail.
 *
 * libcurl sends header lines as they are.  What comes from data is therefore
 * looked at here: control characters are refused, not removed, and text other
 * than short ASCII becomes encoded words (RFC 2047) that are folded.
 */
#include <stdlib.h>
#include <string.h>

#include "sender.h"

/* Bytes in an encoded word: with "Subject: " a line has less than 76. */
#define WORD_BYTES 39

/* Longer texts are encoded for the sake of folding. */
#define PLAIN_BYTES 60

/* RFC 5321: 64 for the local part, 255 for the domain, and the sign. */
#define ADDRESS_BYTES 320

/* No control characters, so no further line. */
bool
sender_header_is_safe(const char *text)
{
	for (; *text != '\0'; text++)
	{
		if ((unsigned char) *text < 0x20 || *text == 0x7f)
			return false;
	}
	return true;
}

/* One mailbox without a name, as SMTP and a header can carry it. */
bool
sender_header_is_address(const char *address)
{
	const char *at = strrchr(address, '@');

	return sender_header_is_safe(address) && at != NULL && at > address &&
		at[1] != '\0' && strpbrk(address, " <>,;:\"()[]\\") == NULL &&
		strlen(address) <= ADDRESS_BYTES && strchr(address, '@') == at;
}

/* Nothing that would end a URL between < and >. */
bool
sender_header_is_url(const char *url)
{
	for (const char *c = url; *c != '\0'; c++)
	{
		if (*c <= ' ' || *c >= 0x7f || *c == '<' || *c == '>')
			return false;
	}
	return strchr(url, ':') != NULL;
}

/* Writes up to three bytes as four characters of base64. */
static void
write_base64(FILE *out, const unsigned char *bytes, size_t count)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned	group = (unsigned) bytes[0] << 16;

	if (count > 1)
		group |= (unsigned) bytes[1] << 8;
	if (count > 2)
		group |= bytes[2];
	fputc(digits[group >> 18], out);
	fputc(digits[group >> 12 & 63], out);
	fputc(count > 1 ? digits[group >> 6 & 63] : '=', out);
	fputc(count > 2 ? digits[group & 63] : '=', out);
}

/* Writes encoded words, a line each; no character is torn apart. */
static void
write_words(FILE *out, const char *text)
{
	size_t		left = strlen(text);

	while (left > 0)
	{
		size_t		size = left < WORD_BYTES ? left : WORD_BYTES;

		while (size > 1 && size < left && (text[size] & 0xc0) == 0x80)
			size--;
		fputs("=?UTF-8?B?", out);
		for (size_t i = 0; i < size; i += 3)
			write_base64(out, (const unsigned char *) text + i,
						 size - i < 3 ? size - i : 3);
		fputs(size < left ? "?=\r\n " : "?=", out);
		text += size;
		left -= size;
	}
}

/* True if the text can stand as it is and nothing in it has a meaning. */
static bool
is_plain(const char *text, const char *special)
{
	for (const char *c = text; *c != '\0'; c++)
	{
		if (*c < ' ' || *c > '~')
			return false;
	}
	return strlen(text) <= PLAIN_BYTES && strpbrk(text, special) == NULL &&
		strstr(text, "=?") == NULL;
}

/* "Name: text", encoded if need be; text must be safe.  The caller frees it. */
char *
sender_header_text(const char *name, const char *text)
{
	char	   *line = NULL;
	size_t		size;
	FILE	   *out = open_memstream(&line, &size);

	fprintf(out, "%s: ", name);
	if (is_plain(text, ""))
		fputs(text, out);
	else
		write_words(out, text);
	fclose(out);
	return line;
}

/*
 * "Name: Person <address>" and the address alone.  Names with punctuation are
 * encoded as well, which spares quoting them.
 */
bool
sender_header_mailbox(const char *name, const char *mailbox, char **header,
					  char **address)
{
	const char *open = strrchr(mailbox, '<');
	size_t		end = strlen(mailbox);
	char	   *person;
	size_t		size;
	FILE	   *out;

	if (open != NULL && mailbox[end - 1] != '>')
		return false;
	*address = open != NULL ? strndup(open + 1, end - (open - mailbox) - 2) :
		strdup(mailbox);
	if (!sender_header_is_safe(mailbox) || !sender_header_is_address(*address))
		return false;
	person = strndup(mailbox, open != NULL ? (size_t) (open - mailbox) : 0);
	for (size = strlen(person); size > 0 && person[size - 1] == ' '; size--)
		person[size - 1] = '\0';
	out = open_memstream(header, &size);
	fprintf(out, "%s: ", name);
	if (is_plain(person, "\"(),.:;<>@[\\]"))
		fputs(person, out);
	else
		write_words(out, person);
	fprintf(out, "%s<%s>", *person != '\0' ? "\r\n " : "", *address);
	fclose(out);
	free(person);
	return true;
}
