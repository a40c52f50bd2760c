/* Steps on sessions: open, upgrade and close any service, and what ROM and Timer sessions offer. */
#include "run.h"

#include "dataspace.h"
#include "env.h"
#include "print.h"

enum { TIMER_OP_TRIGGER_ONCE = 0, TIMER_OP_TRIGGER_PERIODIC = 1, SIGH_OPCODE = 2, TIMER_OP_ELAPSED_MS = 3 };

static const char *const session_exceptions[] = { "Service_denied", "Quota_exceeded", "Unavailable", NULL };
static const char *const upgrade_exceptions[] = { "Quota_exceeded", NULL };

/* session arguments as a client writes them; `args` adds further ones */
static bool arguments(struct run *run, const struct xml_node *node, char *to, u32 bytes)
{
	char label[LABEL_BYTES] = "", extra[PARENT_ARGS_LIMIT] = "", quota[THING_NAME_BYTES] = "8K";

	if (attribute_present(node, "label") && !attribute_formatted(run, node, "label", label, sizeof(label)))
		return false;
	if (attribute_present(node, "args"))
		attribute_text(run, node, "args", extra, sizeof(extra));
	if (attribute_present(node, "ram_quota"))
		attribute_text(run, node, "ram_quota", quota, sizeof(quota));
	print_text(to, bytes, "ram_quota=%s, label=\"%s\"%s%s", quota, label, extra[0] ? ", " : "", extra);
	return true;
}

static bool session_step(struct run *run, const struct xml_node *node)
{
	char service[PARENT_NAME_LIMIT], args[PARENT_ARGS_LIMIT];
	struct thing *made;

	if (!attribute_text(run, node, "service", service, sizeof(service)) || !arguments(run, node, args, sizeof(args)) ||
	    !define(run, node, THING_SESSION, &made))
		return false;
	if (!check(run, parent_session(env.parent, service, args, &made->cap), session_exceptions) || !made->cap) {
		thing_forget(made);
		return run->failure[0] ? false : fail(run, "no session came");
	}
	return true;
}

static bool upgrade_step(struct run *run, const struct xml_node *node)
{
	char args[PARENT_ARGS_LIMIT];
	struct thing *session;
	u32 bytes;

	if (!attribute_thing(run, node, "name", THING_SESSION, &session) || !attribute_number(run, node, "ram_quota", &bytes))
		return false;
	print_text(args, sizeof(args), "ram_quota=%u", bytes);
	return check(run, parent_upgrade(env.parent, session->cap, args), upgrade_exceptions);
}

static bool close_step(struct run *run, const struct xml_node *node)
{
	struct thing *session;

	if (!attribute_thing(run, node, "name", THING_SESSION, &session))
		return false;
	parent_close(env.parent, session->cap);
	cap_drop(session->cap);
	thing_forget(session);
	return true;
}

/* the content of a ROM session as a dataspace */
static bool rom_dataspace_step(struct run *run, const struct xml_node *node)
{
	struct thing *session, *made;

	if (!attribute_thing(run, node, "rom", THING_SESSION, &session) || !define(run, node, THING_DATASPACE, &made))
		return false;
	if (check(run, rom_dataspace(session->cap, &made->cap), NULL) && made->cap)
		return check(run, dataspace_size(made->cap, &made->value), NULL);
	thing_forget(made);
	return run->failure[0] ? false : fail(run, "there is no content");
}

static bool rom_update_step(struct run *run, const struct xml_node *node)
{
	struct thing *session;
	u32 in_place = 0;

	return attribute_thing(run, node, "rom", THING_SESSION, &session) && check(run, rom_update(session->cap, &in_place), NULL) &&
	       attribute_store(run, node, "in_place", in_place);
}

/* ROM and Timer sessions take their signal handler by the same function number */
static bool sigh_step(struct run *run, const struct xml_node *node)
{
	struct thing *session, *context;
	struct message message;

	if (!attribute_thing(run, node, "session", THING_SESSION, &session) || !attribute_thing(run, node, "context", THING_CONTEXT, &context))
		return false;
	rpc_begin(&message, SIGH_OPCODE);
	message_put_cap(&message, context->cap);
	return check(run, rpc_call_void(session->cap, &message), NULL);
}

static bool trigger_step(struct run *run, const struct xml_node *node)
{
	struct thing *session;
	struct message message;
	u32 ms;

	if (!attribute_thing(run, node, "session", THING_SESSION, &session) || !attribute_number(run, node, "ms", &ms))
		return false;
	rpc_begin(&message, attribute_is(node, "periodic", "yes") ? TIMER_OP_TRIGGER_PERIODIC : TIMER_OP_TRIGGER_ONCE);
	message_put_word(&message, ms * 1000);
	return check(run, rpc_call_void(session->cap, &message), NULL);
}

static bool elapsed_step(struct run *run, const struct xml_node *node)
{
	struct thing *session;
	u32 ms = 0;

	return attribute_thing(run, node, "session", THING_SESSION, &session) &&
	       check(run, rpc_plain_word(session->cap, TIMER_OP_ELAPSED_MS, &ms), NULL) && attribute_store(run, node, "name", ms);
}

const struct step session_steps[] = {
	{ "session", session_step },             { "upgrade", upgrade_step },       { "close", close_step },
	{ "rom-dataspace", rom_dataspace_step }, { "rom-update", rom_update_step }, { "sigh", sigh_step },
	{ "trigger", trigger_step },             { "elapsed", elapsed_step },       { NULL, NULL },
};
