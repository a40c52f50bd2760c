/* Flavour "stock": the capability map is a tree balanced by depth and ordered by id (genode-base-foc.md 2.1).
 * A removed inner record is replaced by its predecessor in order. */
#include "cap_order.h"

#if defined(FLAVOUR_STOCK)

enum { LEFT = 0, RIGHT = 1 };

static u32 depth_of(const struct cap *cap)
{
	return cap ? cap->depth : 0;
}

static void update_depth(struct cap *cap)
{
	u32 left = depth_of(cap->child[LEFT]), right = depth_of(cap->child[RIGHT]);

	cap->depth = (u8)((left > right ? left : right) + 1);
}

static struct cap **link_to(struct cap *cap)
{
	struct cap *parent = cap->parent;

	return parent ? &parent->child[parent->child[RIGHT] == cap ? RIGHT : LEFT] : &capability_map.first;
}

static void adopt(struct cap *parent, int side, struct cap *child)
{
	parent->child[side] = child;
	if (child)
		child->parent = parent;
}

/* lifts the child on `side` above `cap` and returns it */
static struct cap *lift(struct cap *cap, int side)
{
	struct cap *child = cap->child[side];
	struct cap **link = link_to(cap);

	child->parent = cap->parent;
	*link = child;
	adopt(cap, side, child->child[!side]);
	adopt(child, !side, cap);
	update_depth(cap);
	update_depth(child);
	return child;
}

static void rebalance_upwards(struct cap *cap)
{
	for (; cap; cap = cap->parent) {
		int heavy = depth_of(cap->child[RIGHT]) > depth_of(cap->child[LEFT]) ? RIGHT : LEFT;

		update_depth(cap);
		if (depth_of(cap->child[heavy]) < depth_of(cap->child[!heavy]) + 2)
			continue;
		if (depth_of(cap->child[heavy]->child[!heavy]) > depth_of(cap->child[heavy]->child[heavy]))
			lift(cap->child[heavy], !heavy);
		cap = lift(cap, heavy);
	}
}

struct cap *cap_order_find(u32 id)
{
	struct cap *cap = capability_map.first;

	while (cap && cap->id != id)
		cap = cap->child[id > cap->id ? RIGHT : LEFT];
	return cap;
}

void cap_order_link(struct cap *cap)
{
	struct cap **link = &capability_map.first, *parent = NULL;

	while (*link) {
		parent = *link;
		link = &parent->child[cap->id > parent->id ? RIGHT : LEFT];
	}
	cap->child[LEFT] = cap->child[RIGHT] = NULL;
	cap->parent = parent;
	cap->depth = 1;
	*link = cap;
	rebalance_upwards(parent);
}

/* puts `with` (or nothing) into the place of `cap` */
static void replace(struct cap *cap, struct cap *with)
{
	*link_to(cap) = with;
	if (with)
		with->parent = cap->parent;
}

void cap_order_unlink(struct cap *cap)
{
	struct cap *start = cap->parent, *heir = cap->child[LEFT];

	if (!heir) {
		replace(cap, cap->child[RIGHT]);
	} else {
		while (heir->child[RIGHT])
			heir = heir->child[RIGHT];
		start = heir;
		if (heir->parent != cap) {
			start = heir->parent;
			replace(heir, heir->child[LEFT]);
			adopt(heir, LEFT, cap->child[LEFT]);
		}
		adopt(heir, RIGHT, cap->child[RIGHT]);
		replace(cap, heir);
	}
	rebalance_upwards(start);
	cap->child[LEFT] = cap->child[RIGHT] = cap->parent = NULL;
	cap->depth = 0;
}

#endif
