/* What steps make and name: dataspaces, attachments, sessions, threads and so on, and variables. One table, one name space. */
#pragma once

#include "cap.h"
#include "types.h"

enum { THING_NAME_BYTES = 32, THINGS = 160 };

enum thing_kind {
	THING_FREE,
	THING_VARIABLE,
	THING_DATASPACE,
	THING_ATTACHMENT,
	THING_MAP,
	THING_SESSION,
	THING_CONTEXT,
	THING_OBJECT,
	THING_SERVICE,
	THING_THREAD,
	THING_KERNEL_THREAD,
	THING_ENTRYPOINT,
	THING_LOCK,
	THING_SEMAPHORE,
	THING_CAP,
	THING_ANY,
};

struct thing {
	char name[THING_NAME_BYTES];
	enum thing_kind kind;
	/* what it is called by; null for things without capability */
	struct cap *cap;
	/* as a number: content of a variable, bytes of a dataspace, address of an attachment */
	u32 value;
	/* what it was made of: RAM session of a dataspace, region map of an attachment, RM session of a map */
	struct cap *maker;
	/* record of its kind */
	void *detail;
};

const char *thing_kind_name(enum thing_kind kind);

/* null if there is none of that name */
struct thing *thing_find(const char *name);

/* null if the name is taken or the table is full */
struct thing *thing_make(const char *name, enum thing_kind kind);

/* the variable of that name, made with 0 if need be; null as above */
struct thing *thing_variable(const char *name);

/* the name can be used again; capabilities are the caller's business */
void thing_forget(struct thing *thing);

/* records of a fixed number; they come zeroed */
struct pool {
	void *items;
	bool *used;
	u32 item_bytes;
	u32 items_max;
};

#define POOL(pool_name, type, count) \
	static type pool_name##_items[count]; \
	static bool pool_name##_used[count]; \
	static struct pool pool_name = { pool_name##_items, pool_name##_used, sizeof(type), count }

void *pool_take(struct pool *pool);
void pool_give(struct pool *pool, void *item);
