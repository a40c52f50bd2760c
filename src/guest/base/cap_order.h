/* The shape of the capability map: how records are linked to be found by id. One of cap_list.c and cap_tree.c. */
#pragma once

#include "cap.h"

struct capability_map {
	struct cap *first;
	volatile u32 spin_lock;
};

extern struct capability_map capability_map;

struct cap *cap_order_find(u32 id);
void cap_order_link(struct cap *cap);
void cap_order_unlink(struct cap *cap);
