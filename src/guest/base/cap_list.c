/* Flavour "rtcr": the capability map is a list, the latest record first (checkpoint-restore.md 4.1). */
#include "cap_order.h"

#if !defined(FLAVOUR_STOCK)

struct cap *cap_order_find(u32 id)
{
	struct cap *cap = capability_map.first;

	while (cap && cap->id != id)
		cap = cap->next;
	return cap;
}

void cap_order_link(struct cap *cap)
{
	cap->next = capability_map.first;
	capability_map.first = cap;
}

void cap_order_unlink(struct cap *cap)
{
	struct cap **link = &capability_map.first;

	while (*link && *link != cap)
		link = &(*link)->next;
	if (*link)
		*link = cap->next;
	cap->next = NULL;
}

#endif
