/* Steps on region maps: make and destroy them by an RM session, their dataspaces, faults inside them. */
#include "run.h"

#include "env.h"
#include "rm_session.h"

static const char *const rm_exceptions[] = { "Out_of_metadata", NULL };

/* `dataspace` names the dataspace by which the map is attached elsewhere */
static bool map_step(struct run *run, const struct xml_node *node)
{
	struct thing *rm, *made, *dataspace;
	char name[THING_NAME_BYTES];
	u32 bytes;

	if (!attribute_thing(run, node, "rm", THING_SESSION, &rm) || !attribute_number(run, node, "bytes", &bytes) || !define(run, node, THING_MAP, &made))
		return false;
	if (!check(run, rm_create(rm->cap, bytes, &made->cap), rm_exceptions) || !made->cap) {
		thing_forget(made);
		return run->failure[0] ? false : fail(run, "no region map came");
	}
	made->value = bytes;
	made->maker = rm->cap;
	if (!attribute_present(node, "dataspace"))
		return true;
	attribute_text(run, node, "dataspace", name, sizeof(name));
	dataspace = thing_make(name, THING_DATASPACE);
	if (!dataspace)
		return fail(run, "the name '%s' is taken", name);
	dataspace->value = bytes;
	return check(run, region_map_dataspace(made->cap, &dataspace->cap), NULL);
}

static bool destroy_map_step(struct run *run, const struct xml_node *node)
{
	struct thing *map;

	if (!attribute_thing(run, node, "name", THING_MAP, &map))
		return false;
	rm_destroy(map->maker, map->cap);
	cap_drop(map->cap);
	thing_forget(map);
	return true;
}

static bool fault_handler_step(struct run *run, const struct xml_node *node)
{
	struct thing *map = NULL, *context;

	if (!attribute_thing(run, node, "context", THING_CONTEXT, &context))
		return false;
	if (!attribute_is(node, "map", "address-space") && !attribute_thing(run, node, "map", THING_MAP, &map))
		return false;
	return check(run, region_map_fault_handler(map ? map->cap : env.address_space, context->cap), NULL);
}

/* the oldest fault of a map: 0 none, 1 read, 2 write into variable `type`, its place into variable `address` */
static bool fault_state_step(struct run *run, const struct xml_node *node)
{
	struct thing *map = NULL;
	u32 type = 0, address = 0;

	if (!attribute_is(node, "map", "address-space") && !attribute_thing(run, node, "map", THING_MAP, &map))
		return false;
	return check(run, region_map_state(map ? map->cap : env.address_space, &type, &address), NULL) && attribute_store(run, node, "type", type) &&
	       attribute_store(run, node, "address", address);
}

const struct step map_steps[] = {
	{ "map", map_step }, { "destroy-map", destroy_map_step }, { "fault-handler", fault_handler_step }, { "fault-state", fault_state_step },
	{ NULL, NULL },
};
