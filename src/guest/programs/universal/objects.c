/* Steps on entrypoints, RPC objects and calls. An object's steps are carried out by its entrypoint at each call. */
#include "server.h"

#include "print.h"
#include "rpc.h"

enum { ENTRYPOINTS = 8, OBJECTS = 24, ENTRYPOINT_STACK_BYTES = 16 * 1024 };

struct further_entrypoint {
	struct server server;
	struct entrypoint entrypoint;
	/* without signal proxy */
	bool rpc_only;
};

struct object {
	struct rpc_object object;
	struct server *server;
	struct xml_node steps;
	u32 calls;
};

static struct server component_server;

POOL(entrypoints, struct further_entrypoint, ENTRYPOINTS);
POOL(objects, struct object, OBJECTS);

bool server_of(struct run *run, const struct xml_node *node, struct server **server)
{
	struct thing *thing = NULL;

	component_server.entrypoint = component_ep;
	print_text(component_server.actor.name, THING_NAME_BYTES, "ep");
	*server = &component_server;
	if (!attribute_thing_or(run, node, "at", THING_ENTRYPOINT, &thing))
		return false;
	if (thing)
		*server = &((struct further_entrypoint *)thing->detail)->server;
	return true;
}

void serve_steps(struct server *server, const struct xml_node *node, struct served *served)
{
	struct run run = { .actor = &server->actor, .served = served };

	run_steps(&run, node);
}

i32 serve_call(struct server *server, const struct xml_node *node, struct served *served, u32 opcode, struct message *request, struct message *reply)
{
	if (opcode != CALL_OPCODE)
		return RPC_INVALID_OPCODE;
	served->argument = served->answer = message_take_word(request);
	served->cap_argument = message_take_cap(request);
	serve_steps(server, node, served);
	message_put_word(reply, served->answer);
	if (served->cap_answer)
		message_put_cap(reply, served->cap_answer);
	cap_drop(served->cap_argument);
	cap_drop(served->cap_answer);
	return served->refused ? served->refused : RPC_OK;
}

static bool entrypoint_step(struct run *run, const struct xml_node *node)
{
	struct further_entrypoint *entrypoint;
	struct thing *made;
	u32 stack_bytes;

	if (!attribute_number_or(run, node, "stack", ENTRYPOINT_STACK_BYTES, &stack_bytes) || !define(run, node, THING_ENTRYPOINT, &made))
		return false;
	entrypoint = pool_take(&entrypoints);
	if (!entrypoint) {
		thing_forget(made);
		return fail(run, "there are too many entrypoints");
	}
	entrypoint->rpc_only = attribute_is(node, "signals", "no");
	if (entrypoint->rpc_only)
		rpc_entrypoint_create(&entrypoint->entrypoint.rpc, made->name, stack_bytes);
	else
		entrypoint_create(&entrypoint->entrypoint, made->name, stack_bytes);
	entrypoint->server.entrypoint = &entrypoint->entrypoint;
	print_text(entrypoint->server.actor.name, THING_NAME_BYTES, "%s", made->name);
	made->detail = entrypoint;
	return true;
}

static bool destroy_entrypoint_step(struct run *run, const struct xml_node *node)
{
	struct further_entrypoint *entrypoint;
	struct thing *thing;

	if (!attribute_thing(run, node, "name", THING_ENTRYPOINT, &thing))
		return false;
	entrypoint = thing->detail;
	if (!entrypoint->rpc_only)
		return fail(run, "only an entrypoint with signals=\"no\" can be destroyed");
	rpc_entrypoint_destroy(&entrypoint->entrypoint.rpc);
	thing_forget(thing);
	pool_give(&entrypoints, entrypoint);
	return true;
}

static i32 dispatch_object(struct rpc_object *rpc, u32 opcode, struct message *request, struct message *reply)
{
	struct object *object = CONTAINER_OF(rpc, struct object, object);
	struct served served = { .calls = ++object->calls };

	return serve_call(object->server, &object->steps, &served, opcode, request, reply);
}

static bool object_step(struct run *run, const struct xml_node *node)
{
	struct object *object;
	struct server *server;
	struct thing *made;

	if (!server_of(run, node, &server) || !define(run, node, THING_OBJECT, &made))
		return false;
	object = pool_take(&objects);
	if (!object) {
		thing_forget(made);
		return fail(run, "there are too many objects");
	}
	object->object.dispatch = dispatch_object;
	object->server = server;
	object->steps = *node;
	made->cap = rpc_entrypoint_manage(&server->entrypoint->rpc, &object->object);
	made->detail = object;
	return true;
}

static bool dissolve_step(struct run *run, const struct xml_node *node)
{
	struct object *object;
	struct thing *thing;

	if (!attribute_thing(run, node, "name", THING_OBJECT, &thing))
		return false;
	object = thing->detail;
	rpc_entrypoint_dissolve(&object->server->entrypoint->rpc, &object->object);
	cap_drop(thing->cap);
	thing_forget(thing);
	pool_give(&objects, object);
	return true;
}

/* argument, cap; answer="variable", cap_answer="name"; opcode where the callee is no object of this program */
static bool call_step(struct run *run, const struct xml_node *node)
{
	struct thing *to, *cap = NULL, *answered;
	struct message message;
	struct cap *cap_answer;
	u32 argument, opcode, answer;
	char name[THING_NAME_BYTES];

	if (!attribute_thing(run, node, "to", THING_ANY, &to) || !attribute_number_or(run, node, "argument", 0, &argument) ||
	    !attribute_number_or(run, node, "opcode", CALL_OPCODE, &opcode) || !attribute_thing_or(run, node, "cap", THING_ANY, &cap))
		return false;
	if (!to->cap)
		return fail(run, "'%s' cannot be called", to->name);
	rpc_begin(&message, opcode);
	message_put_word(&message, argument);
	if (cap)
		message_put_cap(&message, cap->cap);
	if (!check(run, rpc_call(to->cap, &message), NULL)) {
		message_clear(&message);
		return false;
	}
	answer = message_take_word(&message);
	cap_answer = message_take_cap(&message);
	message_clear(&message);
	if (!attribute_store(run, node, "answer", answer))
		return false;
	if (!attribute_present(node, "cap_answer")) {
		cap_drop(cap_answer);
		return true;
	}
	attribute_text(run, node, "cap_answer", name, sizeof(name));
	answered = cap_answer ? thing_make(name, THING_CAP) : NULL;
	if (!answered)
		return fail(run, cap_answer ? "the name '%s' is taken" : "no capability came for '%s'", name);
	answered->cap = cap_answer;
	return true;
}

/* what the call being served answers: value, cap="thing", exception="1" */
static bool answer_step(struct run *run, const struct xml_node *node)
{
	struct thing *cap = NULL;
	u32 exception;

	if (!run->served)
		return fail(run, "nobody is being served");
	if (!attribute_number_or(run, node, "value", run->served->answer, &run->served->answer) || !attribute_thing_or(run, node, "cap", THING_ANY, &cap) ||
	    !attribute_number_or(run, node, "exception", 0, &exception))
		return false;
	if (cap) {
		cap_drop(run->served->cap_answer);
		run->served->cap_answer = cap_reference(cap->cap);
	}
	if (exception)
		run->served->refused = -1000 - (i32)exception;
	return true;
}

const struct step object_steps[] = {
	{ "entrypoint", entrypoint_step }, { "destroy-entrypoint", destroy_entrypoint_step }, { "object", object_step },
	{ "dissolve", dissolve_step },     { "call", call_step },                             { "answer", answer_step },
	{ NULL, NULL },
};
