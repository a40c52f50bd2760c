/* The step <service>: announces a service; <opened>, <called>, <closed> inside hold the steps for each session's life. */
#include "server.h"

#include "args_root.h"
#include "env.h"
#include "log.h"
#include "memory.h"
#include "session_args.h"
#include "session_label.h"
#include "sliced_heap.h"

enum {
	ROOT_SESSION, ROOT_UPGRADE, ROOT_CLOSE,
	SERVICES = 6,
};

struct service_offer {
	struct rpc_object root;
	struct server *server;
	struct xml_node opened, called, closed;
	u32 session_bytes;
	u32 sessions;
};

struct client {
	struct rpc_object object;
	struct service_offer *offer;
	struct served served;
};

POOL(offers, struct service_offer, SERVICES);

static i32 dispatch_client(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	struct client *client = CONTAINER_OF(object, struct client, object);

	client->served.calls++;
	client->served.refused = 0;
	client->served.cap_answer = NULL;
	return serve_call(client->offer->server, &client->offer->called, &client->served, opcode, request, reply);
}

/* an exception still carries the return value, which is then the invalid capability */
static i32 refuse(struct message *reply, i32 exception)
{
	message_put_cap(reply, NULL);
	return exception;
}

static i32 open_session(struct service_offer *offer, const char *args, struct message *reply)
{
	u32 const quota = session_arg_number(args, "ram_quota", 0), needed = sliced_heap_cost(offer->session_bytes);
	struct client *client;
	struct cap *cap;
	i32 refused;

	if (!*args)
		return refuse(reply, ROOT_INVALID_ARGS);
	if (quota < needed) {
		log_error("Insufficient ram quota, provided=%u, required=%u", quota, needed);
		return refuse(reply, ROOT_QUOTA_EXCEEDED);
	}
	client = sliced_heap_alloc(offer->session_bytes);
	memset(client, 0, sizeof(*client));
	client->object.dispatch = dispatch_client;
	client->offer = offer;
	client->served.session = ++offer->sessions;
	session_label(args, client->served.label, sizeof(client->served.label));
	serve_steps(offer->server, &offer->opened, &client->served);
	refused = client->served.refused;
	if (refused) {
		sliced_heap_free(client);
		return refuse(reply, refused);
	}
	cap = rpc_entrypoint_manage(&offer->server->entrypoint->rpc, &client->object);
	message_put_cap(reply, cap);
	cap_drop(cap);
	return RPC_OK;
}

static void close_session(struct service_offer *offer, struct cap *cap)
{
	struct rpc_object *object = rpc_entrypoint_lookup(&offer->server->entrypoint->rpc, cap);
	struct client *client;

	if (!object || object->dispatch != dispatch_client)
		return;
	client = CONTAINER_OF(object, struct client, object);
	rpc_entrypoint_dissolve(&offer->server->entrypoint->rpc, object);
	serve_steps(offer->server, &offer->closed, &client->served);
	sliced_heap_free(client);
}

static i32 dispatch_root(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	struct service_offer *offer = CONTAINER_OF(object, struct service_offer, root);
	struct cap *cap;

	switch (opcode) {
	case ROOT_SESSION:
		return open_session(offer, message_take_text(request, PARENT_ARGS_LIMIT), reply);
	case ROOT_CLOSE:
		cap = message_take_cap(request);
		close_session(offer, cap);
		cap_drop(cap);
		message_put_word(reply, 0);
		return RPC_OK;
	case ROOT_UPGRADE:
		message_put_word(reply, 0);
		return RPC_OK;
	default:
		return RPC_INVALID_OPCODE;
	}
}

/* a phase that is not there has no steps */
static void find_phase(const char *tag, const struct xml_node *node, struct xml_node *phase)
{
	for (bool more = xml_first(node, phase); more; more = xml_next(node, phase))
		if (slice_equal(phase->tag, tag))
			return;
	*phase = *node;
	phase->content.bytes = 0;
}

/* session_bytes: what the server takes of each session's donation */
static bool service_step(struct run *run, const struct xml_node *node)
{
	struct service_offer *offer;
	struct server *server;
	struct thing *made;
	u32 bytes;

	if (!server_of(run, node, &server) || !attribute_number_or(run, node, "session_bytes", sizeof(struct client), &bytes) ||
	    !define(run, node, THING_SERVICE, &made))
		return false;
	offer = pool_take(&offers);
	if (!offer) {
		thing_forget(made);
		return fail(run, "there are too many services");
	}
	offer->root.dispatch = dispatch_root;
	offer->server = server;
	offer->session_bytes = bytes < sizeof(struct client) ? sizeof(struct client) : bytes;
	find_phase("opened", node, &offer->opened);
	find_phase("called", node, &offer->called);
	find_phase("closed", node, &offer->closed);
	made->detail = offer;
	made->cap = rpc_entrypoint_manage(&server->entrypoint->rpc, &offer->root);
	return check(run, parent_announce(env.parent, made->name, made->cap), NULL);
}

const struct step service_steps[] = { { "service", service_step }, { NULL, NULL } };
