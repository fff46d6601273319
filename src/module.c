/*
 * module.c
 *		What happens when the library is loaded.
 *
 * Everything works without preloading except the background workers, which
 * need shared memory and a launcher that the server starts by itself.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "base/compat.h"
#include "base/rest.h"
#include "base/settings.h"
#include "base/shared.h"
#include "worker/launcher.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

/*
 * Defines the settings and, while preloading, asks for what the workers need.
 */
void
_PG_init(void)
{
	campaign_settings_define();
	if (!process_shared_preload_libraries_in_progress)
		return;
	campaign_shared_request();
	campaign_rest_request();
	campaign_launcher_register();
}
