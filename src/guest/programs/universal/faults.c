/* Steps that fail on purpose: accesses where nothing is, instructions that do not exist. They end only if somebody resolves them. */
#include "run.h"

/* access="read", "write" or "execute"; a read goes into variable `name` */
static bool fault_step(struct run *run, const struct xml_node *node)
{
	u32 at, value;

	if (!attribute_number(run, node, "at", &at) || !attribute_number_or(run, node, "value", 42, &value))
		return false;
	if (attribute_is(node, "access", "write")) {
		*(volatile u32 *)at = value;
		return true;
	}
	if (attribute_is(node, "access", "execute"))
		return attribute_store(run, node, "name", ((u32 (*)(u32))at)(value));
	if (attribute_present(node, "access") && !attribute_is(node, "access", "read"))
		return fail(run, "access is read, write or execute");
	return attribute_store(run, node, "name", *(volatile u32 *)at);
}

/* the permanently undefined instruction udf #0 */
static bool undefined_step(struct run *run, const struct xml_node *node)
{
	(void)run;
	(void)node;
	asm volatile(".word 0xe7f000f0");
	return true;
}

const struct step fault_steps[] = { { "fault", fault_step }, { "undefined", undefined_step }, { NULL, NULL } };
