/* How steps are carried out: one after the other by one thread, each with its attributes; what goes wrong is logged with line and step. */
#pragma once

#include "entrypoint.h"
#include "thing.h"
#include "timer_session.h"
#include "xml.h"

enum { FAILURE_BYTES = 96, TEXT_BYTES = 200, DEPTH_MAX = 12, LABEL_BYTES = 64 };

/* a thread that carries out steps: its name in messages, and its Timer session once it has slept */
struct actor {
	char name[THING_NAME_BYTES];
	struct timer timer;
	bool timer_open;
};

/* the call that is being served, for the steps inside an object, service or handler */
struct served {
	u32 argument;
	u32 answer;
	u32 calls;
	u32 session;
	char label[LABEL_BYTES];
	struct cap *cap_argument;
	struct cap *cap_answer;
	i32 refused;
};

struct run {
	struct actor *actor;
	/* null outside of a call */
	struct served *served;
	u32 depth;
	/* how far to leave: out of the innermost loop, or altogether */
	bool leave_loop;
	bool leave;
	char failure[FAILURE_BYTES];
};

/* a step; false: it did not work, and run->failure says why */
struct step {
	const char *tag;
	bool (*run)(struct run *run, const struct xml_node *node);
};

/* tables of steps end with a row without tag */
extern const struct step flow_steps[], variable_steps[], memory_steps[], map_steps[], session_steps[], account_steps[],
	thread_steps[], lock_steps[], object_steps[], service_steps[], signal_steps[], fault_steps[];

/* the configuration that all nodes are part of */
void run_set_config(struct text_slice text, bool stop_on_error);

/* carries out the sub nodes of `node`; true if all of them worked */
bool run_steps(struct run *run, const struct xml_node *node);

/* always false, for `return fail(...)` */
bool fail(struct run *run, const char *format, ...);

/* false unless `code` is RPC_OK; the reason is the exception's name, the k-th of `exceptions`, which ends with null */
bool check(struct run *run, i32 code, const char *const *exceptions);

/* attributes: a missing or wrong one is a failure, except where a default is given */
bool attribute_present(const struct xml_node *node, const char *name);
bool attribute_text(struct run *run, const struct xml_node *node, const char *name, char *to, u32 bytes);
bool attribute_number(struct run *run, const struct xml_node *node, const char *name, u32 *value);
bool attribute_number_or(struct run *run, const struct xml_node *node, const char *name, u32 missing, u32 *value);
bool attribute_is(const struct xml_node *node, const char *name, const char *value);
bool attribute_thing(struct run *run, const struct xml_node *node, const char *name, enum thing_kind kind, struct thing **thing);

/* as above, but a missing attribute leaves `thing` alone */
bool attribute_thing_or(struct run *run, const struct xml_node *node, const char *name, enum thing_kind kind, struct thing **thing);

/* text with {name} replaced by numbers; {name:x} in hexadecimal, {label} by the label of the session that is served */
bool attribute_formatted(struct run *run, const struct xml_node *node, const char *name, char *to, u32 bytes);

/* sets the variable that attribute `name` names, if it is there */
bool attribute_store(struct run *run, const struct xml_node *node, const char *name, u32 value);

/* makes the thing named by attribute `name` */
bool define(struct run *run, const struct xml_node *node, enum thing_kind kind, struct thing **thing);

/* the Timer session of the acting thread */
bool actor_timer(struct run *run, struct timer **timer);

/* the component's own entrypoint */
extern struct entrypoint *component_ep;
