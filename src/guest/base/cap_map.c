/* Operations on the capability map that do not depend on its shape (genode-base-foc.md 2.1, 2.2).
 * Owner of the map's lock; the shape itself is cap_list.c or cap_tree.c. */
#include "cap_map.h"

#include "cap_order.h"
#include "spin_lock.h"

struct capability_map capability_map = { NULL, SPIN_LOCK_FREE };

struct cap *cap_map_find(u32 id)
{
	struct cap *found;

	spin_lock(&capability_map.spin_lock);
	found = cap_order_find(id);
	spin_unlock(&capability_map.spin_lock);
	return found;
}

/* an entry that had this id keeps its slot in use but is no longer found */
struct cap *cap_map_insert_at(u32 id, u32 slot)
{
	struct cap *old, *cap;

	spin_lock(&capability_map.spin_lock);
	old = cap_order_find(id);
	if (old)
		cap_order_unlink(old);
	cap = cap_index_allocate_at(slot);
	if (cap) {
		cap->id = (u16)id;
		cap_order_link(cap);
	}
	spin_unlock(&capability_map.spin_lock);
	return cap;
}

static struct cap *insert_new(u32 id, u32 selector)
{
	struct cap *cap = cap_index_allocate_range(1);

	if (!cap)
		return NULL;
	cap->id = (u16)id;
	cap_order_link(cap);
	task_grant(selector, cap_selector(cap));
	return cap;
}

struct cap *cap_map_insert_received(u32 id, u32 selector)
{
	struct cap *known, *result = NULL;

	spin_lock(&capability_map.spin_lock);
	known = cap_order_find(id);
	if (known && task_cap_equal(cap_selector(known), selector)) {
		/* the mapping that was received stays behind in the window */
		result = known;
	} else if (known && task_cap_valid(cap_selector(known))) {
		/* the id already stands for another living object: the newcomer is not trusted */
		result = NULL;
	} else {
		if (known)
			cap_order_unlink(known);
		result = insert_new(id, selector);
	}
	spin_unlock(&capability_map.spin_lock);
	return result;
}

void cap_map_remove(struct cap *cap)
{
	spin_lock(&capability_map.spin_lock);
	if (cap_order_find(cap->id) == cap)
		cap_order_unlink(cap);
	spin_unlock(&capability_map.spin_lock);
	cap_index_free(cap, 1);
}
