/* Steps on variables: set, add, and what the kernel and the component know about themselves. */
#include "run.h"

#include "kernel_clock.h"
#include "division.h"

static bool set_step(struct run *run, const struct xml_node *node)
{
	u32 value;

	return attribute_number(run, node, "value", &value) && attribute_present(node, "name") ? attribute_store(run, node, "name", value)
	                                                                                      : run->failure[0] ? false : fail(run, "attribute 'name' is missing");
}

static bool add_step(struct run *run, const struct xml_node *node)
{
	struct thing *variable;
	u32 value;

	if (!attribute_thing(run, node, "name", THING_VARIABLE, &variable) || !attribute_number_or(run, node, "value", 1, &value))
		return false;
	variable->value += value;
	return true;
}

/* milliseconds of the kernel's clock */
static bool clock_step(struct run *run, const struct xml_node *node)
{
	if (!attribute_present(node, "name"))
		return fail(run, "attribute 'name' is missing");
	return attribute_store(run, node, "name", (u32)divide_long(kernel_clock_us(), 1000));
}

/* slot and id of a thing's capability: cap="thing" slot="variable" id="variable" */
static bool look_step(struct run *run, const struct xml_node *node)
{
	struct thing *thing;

	if (!attribute_thing(run, node, "at", THING_ANY, &thing))
		return false;
	if (!thing->cap)
		return fail(run, "'%s' has no capability", thing->name);
	return attribute_store(run, node, "slot", cap_slot(thing->cap)) && attribute_store(run, node, "id", cap_id(thing->cap));
}

/* drops a capability and forgets its name */
static bool drop_step(struct run *run, const struct xml_node *node)
{
	struct thing *thing;

	if (!attribute_thing(run, node, "name", THING_ANY, &thing))
		return false;
	if (thing->kind != THING_CAP && thing->kind != THING_DATASPACE && thing->kind != THING_VARIABLE)
		return fail(run, "a %s ends by its own step", thing_kind_name(thing->kind));
	cap_drop(thing->cap);
	thing_forget(thing);
	return true;
}

/* a second name for a capability, with a reference of its own */
static bool keep_step(struct run *run, const struct xml_node *node)
{
	struct thing *from = NULL, *kept;
	struct cap *cap;

	if (!attribute_thing_or(run, node, "of", THING_ANY, &from))
		return false;
	cap = from ? from->cap : run->served ? run->served->cap_argument : NULL;
	if (!cap)
		return fail(run, "there is no capability to keep");
	if (!define(run, node, THING_CAP, &kept))
		return false;
	kept->cap = cap_reference(cap);
	return true;
}

const struct step variable_steps[] = {
	{ "set", set_step },   { "add", add_step },   { "clock", clock_step }, { "look", look_step },
	{ "drop", drop_step }, { "keep", keep_step }, { NULL, NULL },
};
