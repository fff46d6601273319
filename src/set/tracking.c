/*
 * tracking.c
 *		URLs by which a message tells what became of it.
 *
 * A URL has a token: the letter of its kind, the message's number, and the
 * first half of an HMAC-SHA-256 over both and the destination, in base64url.
 * So nobody can make one for another message, and an endpoint that redirects
 * where campaign_track() says sends nobody where the message did not point.
 */
#include "postgres.h"

#include "common/hmac.h"
#include "common/sha2.h"
#include "port/pg_bswap.h"

#include "set/escape.h"
#include "set/tracking.h"

#define SIGNED_BYTES 9			/* kind and number */
#define SIGNATURE_BYTES 16
#define TOKEN_BYTES (SIGNED_BYTES + SIGNATURE_BYTES)
#define TOKEN_LENGTH ((TOKEN_BYTES * 8 + 5) / 6)

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Writes kind and number, which are signed. */
static void
write_signed(uint8 *bytes, CampaignTrackingKind kind, int64 message_id)
{
	uint64		number = pg_hton64((uint64) message_id);

	bytes[0] = (uint8) kind;
	memcpy(bytes + 1, &number, sizeof(number));
}

/* Signs what stands in the token, and the destination, which does not. */
static void
sign(const uint8 *bytes, const char *secret, const char *destination,
	 uint8 *signature)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	pg_hmac_ctx *context = pg_hmac_create(PG_SHA256);

	if (destination == NULL)
		destination = "";
	if (context == NULL ||
		pg_hmac_init(context, (const uint8 *) secret,
					 CAMPAIGN_SECRET_BYTES) < 0 ||
		pg_hmac_update(context, bytes, SIGNED_BYTES) < 0 ||
		pg_hmac_update(context, (const uint8 *) destination,
					   strlen(destination)) < 0 ||
		pg_hmac_final(context, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute a signature");
	pg_hmac_free(context);
	memcpy(signature, digest, SIGNATURE_BYTES);
}

/* Appends bytes as base64url without padding. */
static void
append_token(StringInfo out, const uint8 *bytes)
{
	uint32		bits = 0;
	int			count = 0;

	for (int i = 0; i < TOKEN_BYTES; i++)
	{
		bits = bits << 8 | bytes[i];
		for (count += 8; count >= 6; count -= 6)
			appendStringInfoCharMacro(out, digits[bits >> (count - 6) & 63]);
	}
	if (count > 0)
		appendStringInfoCharMacro(out, digits[bits << (6 - count) & 63]);
}

/* Reads what append_token wrote; false if it is nothing of the kind. */
static bool
read_token(const char *token, uint8 *bytes)
{
	uint32		bits = 0;
	int			count = 0;
	int			n = 0;

	if (strlen(token) != TOKEN_LENGTH)
		return false;
	for (; *token != '\0'; token++)
	{
		const char *digit = strchr(digits, *token);

		if (digit == NULL)
			return false;
		bits = bits << 6 | (uint32) (digit - digits);
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		bytes[n++] = (uint8) (bits >> count);
	}
	/* Bits that say nothing are zero, or there were several tokens for one. */
	return (bits & ((1U << count) - 1)) == 0;
}

/* The name of the page that takes hits of a kind. */
static const char *
page_of(CampaignTrackingKind kind)
{
	switch (kind)
	{
		case CAMPAIGN_TRACKING_OPEN:
			return "open";
		case CAMPAIGN_TRACKING_LINK:
			return "click";
		case CAMPAIGN_TRACKING_UNSUBSCRIBE:
			return "unsubscribe";
	}
	elog(ERROR, "unexpected kind of URL: %d", (int) kind);
}

/* Appends base/page?t=token, and &u=destination if there is one. */
void
campaign_tracking_append(StringInfo out, const CampaignTracking *tracking,
						 CampaignTrackingKind kind, const char *destination)
{
	uint8		bytes[TOKEN_BYTES];
	size_t		length = strlen(tracking->url);

	while (length > 0 && tracking->url[length - 1] == '/')
		length--;
	write_signed(bytes, kind, tracking->message_id);
	sign(bytes, tracking->secret, destination, bytes + SIGNED_BYTES);
	appendBinaryStringInfo(out, tracking->url, (int) length);
	appendStringInfo(out, "/%s?t=", page_of(kind));
	append_token(out, bytes);
	if (destination == NULL)
		return;
	appendStringInfoString(out, "&u=");
	campaign_escape_append(out, destination, CAMPAIGN_ESCAPE_URL_PART);
}

/* Compares in a time that does not tell where the first difference is. */
static bool
is_same(const uint8 *a, const uint8 *b, int length)
{
	volatile uint8 difference = 0;

	for (int i = 0; i < length; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

/* Judges a token; a forged one says nothing. */
bool
campaign_tracking_verify(const char *token, const char *secret,
						 const char *destination, CampaignTrackingKind *kind,
						 int64 *message_id)
{
	uint8		bytes[TOKEN_BYTES];
	uint8		signature[SIGNATURE_BYTES];
	uint64		number;

	if (!read_token(token, bytes))
		return false;
	sign(bytes, secret, destination, signature);
	if (!is_same(signature, bytes + SIGNED_BYTES, SIGNATURE_BYTES))
		return false;
	*kind = (CampaignTrackingKind) bytes[0];
	memcpy(&number, bytes + 1, sizeof(number));
	*message_id = (int64) pg_ntoh64(number);
	return true;
}
