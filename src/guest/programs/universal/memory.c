/* Steps on dataspaces and memory: alloc, free, attach, detach, write, verify, load, execute. */
#include "run.h"

#include "dataspace.h"
#include "env.h"
#include "log.h"

static const char *const ram_exceptions[] = { "Quota_exceeded", "Out_of_metadata", NULL };
static const char *const map_exceptions[] = { "Invalid_dataspace", "Region_conflict", "Out_of_metadata", "Invalid_args", NULL };

static bool alloc_step(struct run *run, const struct xml_node *node)
{
	struct thing *ram = NULL, *made;
	struct cap *session, *dataspace = NULL;
	enum cache cache = CACHED;
	u32 bytes;

	if (!attribute_number(run, node, "bytes", &bytes) || !attribute_thing_or(run, node, "ram", THING_SESSION, &ram))
		return false;
	if (attribute_is(node, "cache", "uncached"))
		cache = UNCACHED;
	else if (attribute_is(node, "cache", "write-combined"))
		cache = WRITE_COMBINED;
	session = ram ? ram->cap : env.ram;
	if (!define(run, node, THING_DATASPACE, &made))
		return false;
	if (!check(run, ram_alloc(session, bytes, cache, &dataspace), ram_exceptions) || !dataspace) {
		thing_forget(made);
		return run->failure[0] ? false : fail(run, "no dataspace came");
	}
	made->cap = dataspace;
	made->value = bytes;
	made->maker = session;
	return true;
}

static bool free_step(struct run *run, const struct xml_node *node)
{
	struct thing *dataspace;

	if (!attribute_thing(run, node, "name", THING_DATASPACE, &dataspace))
		return false;
	if (!dataspace->maker)
		return fail(run, "'%s' was not made by a RAM session", dataspace->name);
	ram_free(dataspace->maker, dataspace->cap);
	cap_drop(dataspace->cap);
	thing_forget(dataspace);
	return true;
}

/* the map that attribute `map` names; without it, or by address-space, the component's own */
static bool map_of(struct run *run, const struct xml_node *node, struct cap **map)
{
	struct thing *thing = NULL;

	*map = env.address_space;
	if (!attribute_present(node, "map") || attribute_is(node, "map", "address-space"))
		return true;
	if (attribute_is(node, "map", "stack-area")) {
		*map = env.stack_area;
		return true;
	}
	if (!attribute_thing(run, node, "map", THING_MAP, &thing))
		return false;
	*map = thing->cap;
	return true;
}

static bool attach_step(struct run *run, const struct xml_node *node)
{
	struct attachment where = { .at_address = attribute_present(node, "at"), .executable = attribute_is(node, "executable", "yes") };
	struct thing *dataspace, *made;
	struct cap *map;
	u32 address = 0;

	if (!attribute_thing(run, node, "dataspace", THING_DATASPACE, &dataspace) || !map_of(run, node, &map) ||
	    !attribute_number_or(run, node, "at", 0, &where.address) || !attribute_number_or(run, node, "offset", 0, &where.offset) ||
	    !attribute_number_or(run, node, "bytes", 0, &where.bytes) || !define(run, node, THING_ATTACHMENT, &made))
		return false;
	if (!check(run, region_map_attach(map, dataspace->cap, &where, &address), map_exceptions)) {
		thing_forget(made);
		return false;
	}
	made->value = address;
	made->maker = map;
	return true;
}

static bool detach_step(struct run *run, const struct xml_node *node)
{
	struct thing *attachment;

	if (!attribute_thing(run, node, "name", THING_ATTACHMENT, &attachment))
		return false;
	region_map_detach(attachment->maker, attachment->value);
	thing_forget(attachment);
	return true;
}

/* words from `at`, each `stride` bytes behind the one before, the value growing by `grow` */
struct words {
	u32 at;
	u32 value;
	u32 count;
	u32 stride;
	u32 grow;
	u32 bytes;
};

static bool read_place(struct run *run, const struct xml_node *node, struct words *words)
{
	words->count = 1;
	if (!attribute_number(run, node, "at", &words->at) || !attribute_number_or(run, node, "size", 4, &words->bytes))
		return false;
	return words->bytes == 1 || words->bytes == 2 || words->bytes == 4 || fail(run, "size is 1, 2 or 4");
}

static bool read_row(struct run *run, const struct xml_node *node, struct words *words)
{
	return read_place(run, node, words) && attribute_number_or(run, node, "words", 1, &words->count) &&
	       attribute_number_or(run, node, "stride", 4, &words->stride);
}

static bool read_words(struct run *run, const struct xml_node *node, struct words *words)
{
	return read_row(run, node, words) && attribute_number_or(run, node, "value", 0, &words->value) &&
	       attribute_number_or(run, node, "grow", 0, &words->grow);
}

static void store(u32 at, u32 bytes, u32 value)
{
	if (bytes == 1)
		*(volatile u8 *)at = (u8)value;
	else if (bytes == 2)
		*(volatile uint16_t *)at = (uint16_t)value;
	else
		*(volatile u32 *)at = value;
}

static u32 load(u32 at, u32 bytes)
{
	if (bytes == 1)
		return *(volatile u8 *)at;
	return bytes == 2 ? *(volatile uint16_t *)at : *(volatile u32 *)at;
}

static bool write_step(struct run *run, const struct xml_node *node)
{
	struct words words;

	if (!read_words(run, node, &words))
		return false;
	for (u32 n = 0; n < words.count; n++, words.at += words.stride, words.value += words.grow)
		store(words.at, words.bytes, words.value);
	return true;
}

static bool verify_step(struct run *run, const struct xml_node *node)
{
	struct words words;

	if (!read_words(run, node, &words))
		return false;
	for (u32 n = 0; n < words.count; n++, words.at += words.stride, words.value += words.grow) {
		u32 const found = load(words.at, words.bytes);
		u32 const wanted = words.bytes == 4 ? words.value : words.value & ((1u << words.bytes * 8) - 1);

		if (found != wanted)
			return fail(run, "%x at %x, not %x", found, words.at, wanted);
	}
	return true;
}

/* a word into a variable: name, at, size */
static bool load_step(struct run *run, const struct xml_node *node)
{
	struct words words;

	if (!attribute_present(node, "name"))
		return fail(run, "attribute 'name' is missing");
	return read_place(run, node, &words) && attribute_store(run, node, "name", load(words.at, words.bytes));
}

/* the sum of `words` words from `at` into a variable */
static bool sum_step(struct run *run, const struct xml_node *node)
{
	struct words words;
	u32 sum = 0;

	if (!read_row(run, node, &words))
		return false;
	for (u32 n = 0; n < words.count; n++, words.at += words.stride)
		sum += load(words.at, words.bytes);
	return attribute_store(run, node, "name", sum);
}

static bool size_step(struct run *run, const struct xml_node *node)
{
	struct thing *dataspace;
	u32 bytes = 0;

	return attribute_thing(run, node, "dataspace", THING_DATASPACE, &dataspace) && check(run, dataspace_size(dataspace->cap, &bytes), NULL) &&
	       attribute_store(run, node, "name", bytes);
}

/* calls what was written at `at` as a function of one word; its answer goes into variable `name` */
static bool execute_step(struct run *run, const struct xml_node *node)
{
	u32 at, argument;

	if (!attribute_number(run, node, "at", &at) || !attribute_number_or(run, node, "argument", 0, &argument))
		return false;
	return attribute_store(run, node, "name", ((u32 (*)(u32))at)(argument));
}

const struct step memory_steps[] = {
	{ "alloc", alloc_step },   { "free", free_step }, { "attach", attach_step }, { "detach", detach_step }, { "write", write_step },
	{ "verify", verify_step }, { "load", load_step }, { "sum", sum_step },       { "size", size_step },     { "execute", execute_step },
	{ NULL, NULL },
};
