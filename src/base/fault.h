/*
 * fault.h
 *		Named points at which a test can make the server fail.
 *
 * Compiled out unless -DCAMPAIGN_FAULTS.  A point fires once for each file
 * campaign_faults/<name> in the data directory, which it removes first; the
 * file's content is the action: error, fatal, panic or kill; with a number
 * behind it, the point fires when it is reached for that time.
 */
#ifndef CAMPAIGN_FAULT_H
#define CAMPAIGN_FAULT_H

#ifdef CAMPAIGN_FAULTS
#define CAMPAIGN_FAULT(name) campaign_fault_reach(name)
extern void campaign_fault_reach(const char *name);
#else
#define CAMPAIGN_FAULT(name) ((void) 0)
#endif

#endif							/* CAMPAIGN_FAULT_H */
