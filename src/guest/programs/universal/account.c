/* Steps on quota: RAM accounts, transfers, requests to the parent and its wish to get something back. */
#include "run.h"

#include "env.h"
#include "log.h"

/* attribute `name` of a session, or the component's own RAM session by "own" or by leaving it out */
static bool ram_of(struct run *run, const struct xml_node *node, const char *name, struct cap **ram)
{
	struct thing *session = NULL;

	*ram = env.ram;
	if (!attribute_present(node, name) || attribute_is(node, name, "own"))
		return true;
	if (!attribute_thing(run, node, name, THING_SESSION, &session))
		return false;
	*ram = session->cap;
	return true;
}

static bool ref_account_step(struct run *run, const struct xml_node *node)
{
	struct cap *ram, *account;
	i32 result = 0;

	if (!ram_of(run, node, "ram", &ram) || !ram_of(run, node, "to", &account) || !check(run, ram_ref_account(ram, account, &result), NULL))
		return false;
	return result == 0 || fail(run, "refused with %d", result);
}

static bool transfer_step(struct run *run, const struct xml_node *node)
{
	struct cap *from, *to;
	i32 result = 0;
	u32 bytes;

	if (!ram_of(run, node, "from", &from) || !ram_of(run, node, "to", &to) || !attribute_number(run, node, "bytes", &bytes) ||
	    !check(run, ram_transfer_quota(from, to, bytes, &result), NULL))
		return false;
	return result == 0 || fail(run, "refused with %d", result);
}

/* variables `quota` and `used` get the figures of a RAM session */
static bool quota_step(struct run *run, const struct xml_node *node)
{
	struct cap *ram;
	u32 quota = 0, used = 0;

	return ram_of(run, node, "ram", &ram) && check(run, ram_quota(ram, &quota), NULL) && check(run, ram_used(ram, &used), NULL) &&
	       attribute_store(run, node, "quota", quota) && attribute_store(run, node, "used", used) && attribute_store(run, node, "left", quota - used);
}

/* asks the parent for RAM; the answer is the signal of <resource-handler> */
static bool resource_request_step(struct run *run, const struct xml_node *node)
{
	char args[PARENT_ARGS_LIMIT];
	u32 bytes;

	if (!attribute_number(run, node, "bytes", &bytes))
		return false;
	print_text(args, sizeof(args), "ram_quota=%u", bytes);
	return check(run, parent_resource_request(env.parent, args), NULL);
}

static bool resource_handler_step(struct run *run, const struct xml_node *node)
{
	struct thing *context;

	return attribute_thing(run, node, "context", THING_CONTEXT, &context) && check(run, parent_resource_avail_sigh(env.parent, context->cap), NULL);
}

static bool yield_handler_step(struct run *run, const struct xml_node *node)
{
	struct thing *context;

	return attribute_thing(run, node, "context", THING_CONTEXT, &context) && check(run, parent_yield_sigh(env.parent, context->cap), NULL);
}

static bool yield_request_step(struct run *run, const struct xml_node *node)
{
	char args[PARENT_ARGS_LIMIT];

	(void)node;
	if (!check(run, parent_yield_request(env.parent, args, sizeof(args)), NULL))
		return false;
	log_line("yield request: %s", args);
	return true;
}

static bool yield_response_step(struct run *run, const struct xml_node *node)
{
	(void)node;
	return check(run, parent_yield_response(env.parent), NULL);
}

const struct step account_steps[] = {
	{ "ref-account", ref_account_step },           { "transfer", transfer_step },         { "quota", quota_step },
	{ "resource-request", resource_request_step }, { "resource-handler", resource_handler_step },
	{ "yield-handler", yield_handler_step },       { "yield-request", yield_request_step }, { "yield-response", yield_response_step },
	{ NULL, NULL },
};
