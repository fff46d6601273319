/*
 * options.c
 *		What the program is told by its command line and environment.
 *
 * One table says all about an option: --some-name is CAMPAIGN_SENDER_SOME_NAME
 * in the environment, and the command line wins.  Secrets have no option,
 * because every user of the machine can read command lines.
 */
#include <ctype.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sender.h"

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

typedef struct Option
{
	const char *name;
	const char *argument;		/* NULL for a flag */
	size_t		offset;			/* in SenderOptions: an int if max > 0 */
	int			min;
	int			max;
	const char *standard;		/* what it is if not given */
	const char *help;
} Option;

#define TEXT(field) offsetof(SenderOptions, field), 0, 0
#define NUMBER(field, min, max) offsetof(SenderOptions, field), min, max
#define FLAG(field) NULL, offsetof(SenderOptions, field), 0, 1

static const Option table[] = {
	{"dbname", "CONNINFO", TEXT(dbname), "", "database, as for psql"},
	{"channel", "NAME", TEXT(channel), "email", "channel to claim from"},
	{"batch", "N", NUMBER(batch, 1, 10000), "500", "messages claimed at once"},
	{"parallel", "N", NUMBER(parallel, 1, SENDER_PARALLEL_LIMIT), "20", "messages sent at the same time"},
	{"lease", "INTERVAL", TEXT(lease), "5 min", "how long a claim lasts; messages are begun in its first quarter"},
	{"interval", "SECONDS", NUMBER(interval, 1, 86400), "5", "pause when nothing is due"},
	{"timeout", "SECONDS", NUMBER(timeout, 1, 3600), "60", "limit for one message"},
	{"grace", "SECONDS", NUMBER(grace, 0, 3600), "30", "how long to send on after SIGTERM"},
	{"once", FLAG(once), "0", "send what is due, then exit"},
	{"test", "ADDRESSES", TEXT(test), NULL, "send them one row's message instead, then exit"},
	{"campaign", "NAME", TEXT(campaign), NULL, "with --test: the campaign"},
	{"activity", "NAME", TEXT(activity), NULL, "with --test: its channel activity"},
	{"key", "KEY", TEXT(key), NULL, "with --test: key of the row, as text"},
	{"no-feedback", FLAG(no_feedback), "0", "do not report mailboxes that do not exist"},
	{"smtp", "URL", TEXT(smtp), NULL, "smtp://host:port or smtps://host:port"},
	{"starttls", "HOW", TEXT(starttls), "required", "required, try or no; for smtp://"},
	{"from", "MAILBOX", TEXT(from), NULL, "'Name <address>'; required with --smtp"},
	{"reply-to", "MAILBOX", TEXT(reply_to), NULL, "where answers go"},
	{"list-unsubscribe", "URL", TEXT(list_unsubscribe), NULL, "with {message_id} and {idempotency_key}"},
	{"webhook", "URL", TEXT(webhook), NULL, "post messages there as JSON instead"},
	{"user", "NAME", TEXT(user), NULL, "user for the mail server or webhook"},
	{"password-file", "FILE", TEXT(password_file), NULL, "its password, in the first line"},
	{"ca-file", "FILE", TEXT(ca_file), NULL, "certificates to trust instead of the system's"},
	{"verbose", FLAG(verbose), "0", "a line for each message (-v)"},
};

/* Says what is wrong with the call and ends the program. */
static void
fail(const char *what, const char *value)
{
	sender_log("%s%s%s%s", what, value ? ": \"" : "", value ? value : "",
			   value ? "\"" : "");
	sender_log("try campaign-sender --help");
	exit(SENDER_EXIT_USAGE);
}

/* Stores a value; name says where it comes from. */
static void
set_option(SenderOptions *options, const Option *option, const char *name,
		   const char *value)
{
	void	   *field = (char *) options + option->offset;
	char	   *end;
	long		number;

	if (option->max == 0)
	{
		*(char **) field = strdup(value);
		return;
	}
	number = strtol(value, &end, 10);
	if (end == value || *end != '\0' || number < option->min ||
		number > option->max)
		fail(name, value);
	*(int *) field = (int) number;
}

/* Prints how to call the program. */
static void
print_help(void)
{
	puts("campaign-sender sends the messages of a campaign queue by SMTP or to a webhook.\n\n"
		 "Usage: campaign-sender --smtp URL --from MAILBOX [OPTION]...\n"
		 "       campaign-sender --webhook URL [OPTION]...\n");
	for (size_t i = 0; i < lengthof(table); i++)
	{
		char		left[40];

		snprintf(left, sizeof(left), "%s %s", table[i].name,
				 table[i].argument ? table[i].argument : "");
		printf("  --%-25s %s", left, table[i].help);
		if (table[i].argument && table[i].standard && table[i].standard[0])
			printf(" (%s)", table[i].standard);
		putchar('\n');
	}
	puts("  --help, --version           print this, or the version, and exit\n\n"
		 "Each option is also CAMPAIGN_SENDER_<NAME> in the environment, such as\n"
		 "CAMPAIGN_SENDER_LIST_UNSUBSCRIBE; CAMPAIGN_SENDER_PASSWORD is the password.\n"
		 "Exit status: 0 done, 1 wrong call, 2 database, 3 server not reached (--once),\n"
		 "4 sent but not acknowledged.");
	exit(0);
}

/* Standards first, then what the environment says. */
static void
read_environment(SenderOptions *options)
{
	for (size_t i = 0; i < lengthof(table); i++)
	{
		char		name[80];
		const char *value;

		snprintf(name, sizeof(name), "CAMPAIGN_SENDER_%s", table[i].name);
		for (char *c = name; *c != '\0'; c++)
			*c = *c == '-' ? '_' : (char) toupper((unsigned char) *c);
		value = getenv(name);
		if (value == NULL || *value == '\0')
			value = table[i].standard;
		if (value != NULL)
			set_option(options, &table[i], name, value);
	}
	options->password = getenv("CAMPAIGN_SENDER_PASSWORD");
}

/* Reads the command line. */
static void
read_arguments(SenderOptions *options, int argc, char **argv)
{
	struct option known[lengthof(table) + 3] = {
		[lengthof(table)] = {"help", no_argument, NULL, 'h'},
		[lengthof(table) + 1] = {"version", no_argument, NULL, 'V'}
	};
	int			choice;

	for (size_t i = 0; i < lengthof(table); i++)
		known[i] = (struct option) {table[i].name, table[i].argument ?
		required_argument : no_argument, NULL, 256 + (int) i};
	while ((choice = getopt_long(argc, argv, "hvV", known, NULL)) != -1)
	{
		if (choice >= 256)
			set_option(options, &table[choice - 256],
					   table[choice - 256].name, optarg ? optarg : "1");
		else if (choice == 'v')
			options->verbose = 1;
		else if (choice == 'h')
			print_help();
		else if (choice == 'V')
		{
			printf("campaign-sender %s with %s\n", SENDER_VERSION,
				   curl_version());
			exit(0);
		}
		else
			fail("wrong option", NULL);
	}
	if (optind < argc)
		fail("unexpected argument", argv[optind]);
}

/* Takes the password from the first line of a file. */
static void
read_password(SenderOptions *options)
{
	FILE	   *file = fopen(options->password_file, "r");
	size_t		size = 0;

	options->password = NULL;
	if (file == NULL ||
		getline(&options->password, &size, file) == -1)
		fail("could not read the password file", options->password_file);
	options->password[strcspn(options->password, "\r\n")] = '\0';
	fclose(file);
}

/* Refuses a URL of another scheme, or with a password in it. */
static void
check_url(const char *url, const char *plain, const char *secure)
{
	CURLU	   *handle = curl_url();
	char	   *scheme = NULL;
	char	   *secret = NULL;

	if (curl_url_set(handle, CURLUPART_URL, url, 0) != CURLUE_OK ||
		curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
		(strcmp(scheme, plain) != 0 && strcmp(scheme, secure) != 0))
		fail("not a URL that begins as it must", url);
	if (curl_url_get(handle, CURLUPART_PASSWORD, &secret, 0) == CURLUE_OK)
		fail("a password does not belong into a URL; see CAMPAIGN_SENDER_PASSWORD", NULL);
	curl_free(scheme);
	curl_url_cleanup(handle);
}

/* Looks at what only mail needs, and encodes the mailboxes. */
static void
check_mail(SenderOptions *options)
{
	char	   *reply_address;

	check_url(options->smtp, "smtp", "smtps");
	if (options->from == NULL)
		fail("--smtp needs --from", NULL);
	if (strcmp(options->starttls, "required") != 0 &&
		strcmp(options->starttls, "try") != 0 &&
		strcmp(options->starttls, "no") != 0)
		fail("--starttls is required, try or no", options->starttls);
	if (!sender_header_mailbox("From", options->from, &options->from_header,
							   &options->from_address))
		fail("malformed --from", options->from);
	if (options->reply_to != NULL &&
		!sender_header_mailbox("Reply-To", options->reply_to,
							   &options->reply_to_header, &reply_address))
		fail("malformed --reply-to", options->reply_to);
	if (options->list_unsubscribe != NULL &&
		!sender_header_is_url(options->list_unsubscribe))
		fail("malformed --list-unsubscribe", options->list_unsubscribe);
}

/* Fills the options in; ends the program if they are wrong or ask for help. */
void
sender_options_read(SenderOptions *options, int argc, char **argv)
{
	memset(options, 0, sizeof(*options));
	read_environment(options);
	read_arguments(options, argc, argv);
	if (options->password_file != NULL)
		read_password(options);
	if ((options->smtp == NULL) == (options->webhook == NULL))
		fail("give either --smtp or --webhook", NULL);
	if (options->test != NULL &&
		(!options->campaign || !options->activity || !options->key))
		fail("--test needs --campaign, --activity and --key", NULL);
	if (options->webhook != NULL)
		check_url(options->webhook, "http", "https");
	else
		check_mail(options);
}
