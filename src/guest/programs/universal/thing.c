/* Owner of the table of things and of its lock. A thing's fields belong to the thread that made it. */
#include "thing.h"

#include "lock.h"
#include "memory.h"
#include "print.h"

static struct lock table_lock = LOCK_INITIALISER;
static struct thing things[THINGS];

static const char *const kind_names[] = {
	[THING_FREE] = "nothing", [THING_VARIABLE] = "variable", [THING_DATASPACE] = "dataspace", [THING_ATTACHMENT] = "attachment",
	[THING_MAP] = "region map", [THING_SESSION] = "session", [THING_CONTEXT] = "signal context", [THING_OBJECT] = "object",
	[THING_SERVICE] = "service", [THING_THREAD] = "thread", [THING_KERNEL_THREAD] = "kernel thread", [THING_ENTRYPOINT] = "entrypoint",
	[THING_LOCK] = "lock", [THING_SEMAPHORE] = "semaphore", [THING_CAP] = "capability", [THING_ANY] = "thing",
};

const char *thing_kind_name(enum thing_kind kind)
{
	return kind_names[kind];
}

static struct thing *find(const char *name)
{
	for (u32 n = 0; n < THINGS; n++)
		if (things[n].kind != THING_FREE && text_equal(things[n].name, name))
			return &things[n];
	return NULL;
}

struct thing *thing_find(const char *name)
{
	struct thing *found;

	lock_take(&table_lock);
	found = find(name);
	lock_release(&table_lock);
	return found;
}

static struct thing *make(const char *name, enum thing_kind kind)
{
	for (u32 n = 0; n < THINGS; n++)
		if (things[n].kind == THING_FREE) {
			memset(&things[n], 0, sizeof(things[n]));
			print_text(things[n].name, THING_NAME_BYTES, "%s", name);
			things[n].kind = kind;
			return &things[n];
		}
	return NULL;
}

struct thing *thing_make(const char *name, enum thing_kind kind)
{
	struct thing *made = NULL;

	lock_take(&table_lock);
	if (!find(name))
		made = make(name, kind);
	lock_release(&table_lock);
	return made;
}

struct thing *thing_variable(const char *name)
{
	struct thing *found;

	lock_take(&table_lock);
	found = find(name);
	if (!found)
		found = make(name, THING_VARIABLE);
	lock_release(&table_lock);
	return found && found->kind == THING_VARIABLE ? found : NULL;
}

void thing_forget(struct thing *thing)
{
	lock_take(&table_lock);
	thing->kind = THING_FREE;
	lock_release(&table_lock);
}

void *pool_take(struct pool *pool)
{
	void *item = NULL;

	lock_take(&table_lock);
	for (u32 n = 0; !item && n < pool->items_max; n++)
		if (!pool->used[n]) {
			pool->used[n] = true;
			item = (u8 *)pool->items + n * pool->item_bytes;
			memset(item, 0, pool->item_bytes);
		}
	lock_release(&table_lock);
	return item;
}

void pool_give(struct pool *pool, void *item)
{
	lock_take(&table_lock);
	for (u32 n = 0; n < pool->items_max; n++)
		if ((u8 *)pool->items + n * pool->item_bytes == item)
			pool->used[n] = false;
	lock_release(&table_lock);
}
