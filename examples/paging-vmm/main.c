/*
 * A small VMM with paging and page sharing, over the protocol of docs/protocol.md.
 *
 * Usage: paging-vmm [--bug NAME]
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "json.h"
#include "memory.h"

#define SIZE_LIMIT 65536u
#define NOTHING ((unsigned)-1) /* an argument that is missing: no VM, page or content has this id */

struct server {
	struct json json;
	struct config config;
	enum bug bug;
	struct host *host;
	unsigned *overhead;
};

/* The arguments of a command. */
struct call {
	unsigned vm, page, at, size, reservation;
	unsigned char content;
	bool huge, writable, keep;
};

static const struct {
	const char *name;
	enum bug bug;
} bugs[] = {
	{ "cow-off-by-one", BUG_COW_OFF_BY_ONE },
	{ "stale-swap-copy", BUG_STALE_SWAP_COPY },
	{ "slot-double-free", BUG_SLOT_DOUBLE_FREE },
	{ "pinned-evicted", BUG_PINNED_EVICTED },
	{ "lost-write", BUG_LOST_WRITE },
};

/* Replies */

static void reply_refused(const char *code)
{
	printf("\"ok\":false,\"rejection\":{\"code\":\"%s\"}", code);
}

static void reply(const char *refusal)
{
	if (refusal)
		reply_refused(refusal);
	else
		printf("\"ok\":true,\"events\":[]");
}

static void reply_chose(const char *refusal, const char *choice, unsigned chosen)
{
	reply(refusal);
	if (!refusal)
		printf(",\"choices\":{\"%s\":%u}", choice, chosen);
}

static void reply_event(const char *type, const struct call *call)
{
	printf("\"ok\":true,\"events\":[{\"type\":\"%s\",\"vm\":%u,\"page\":%u}]", type, call->vm,
	       call->page);
}

/* What an access came to, where that is the same for reads and writes; true when that was told. */
static bool replied_access(const char *refusal, const struct call *call, const struct access *access)
{
	if (refusal) {
		reply_refused(refusal);
	} else if (access->what == ACCESS_FAULT) {
		printf("\"ok\":true,\"events\":[{\"type\":\"guest-fault\",\"vm\":%u,\"virtual\":%u}]",
		       call->vm, call->at);
	} else if (access->what == ACCESS_STALLED) {
		printf("\"ok\":true,\"events\":[{\"type\":\"stalled\",\"vm\":%u,\"page\":%u,"
		       "\"wait\":\"%s\"}]",
		       call->vm, access->page, access->wait);
	} else {
		return false;
	}
	return true;
}

/* Commands */

static void do_create(struct server *s, const struct call *c)
{
	const char *refusal = vm_create(s->host, c->vm, c->size, c->reservation, c->huge, s->overhead);

	reply(refusal);
	if (refusal)
		return;
	printf(",\"choices\":{\"overhead\":[");
	for (unsigned i = 0; i < s->config.overhead; i++)
		printf("%s%u", i ? "," : "", s->overhead[i]);
	printf("]}");
}

static void do_destroy(struct server *s, const struct call *c)
{
	reply(vm_destroy(s->host, c->vm));
}

static void do_map(struct server *s, const struct call *c)
{
	reply(guest_map(s->host, c->vm, c->at, c->page, c->writable));
}

static void do_unmap(struct server *s, const struct call *c)
{
	reply(guest_unmap(s->host, c->vm, c->at));
}

static void do_read(struct server *s, const struct call *c)
{
	struct access access;
	const char *refusal = guest_read(s->host, c->vm, c->at, &access);

	if (!replied_access(refusal, c, &access))
		printf("\"ok\":true,\"events\":[{\"type\":\"read\",\"vm\":%u,\"content\":%u}]", c->vm,
		       access.value);
}

static void do_write(struct server *s, const struct call *c)
{
	struct access access;
	const char *refusal = guest_write(s->host, c->vm, c->at, c->content, &access);

	if (!replied_access(refusal, c, &access))
		printf("\"ok\":true,\"events\":[{\"type\":\"written\",\"vm\":%u,\"page\":%u}]", c->vm,
		       access.page);
}

static void do_host_write(struct server *s, const struct call *c)
{
	reply(page_poke(s->host, c->vm, c->page, c->content));
}

static void do_populate(struct server *s, const struct call *c)
{
	unsigned frame = 0;
	const char *refusal = page_populate(s->host, c->vm, c->page, &frame);

	reply_chose(refusal, "frame", frame);
}

static void do_scrub(struct server *s, const struct call *c)
{
	unsigned frame = 0;
	const char *refusal = host_scrub(s->host, &frame);

	(void)c;
	reply_chose(refusal, "frame", frame);
}

static void do_pin(struct server *s, const struct call *c)
{
	reply(page_pin(s->host, c->vm, c->page));
}

static void do_unpin(struct server *s, const struct call *c)
{
	reply(page_unpin(s->host, c->vm, c->page));
}

static void do_dma(struct server *s, const struct call *c)
{
	bool done = false;
	const char *refusal = page_dma(s->host, c->vm, c->page, c->content, &done);

	if (!refusal && !done)
		reply_event("iommu-fault", c);
	else
		reply(refusal);
}

static void do_swap_out_begin(struct server *s, const struct call *c)
{
	unsigned slot = 0;
	const char *refusal = page_write_out(s->host, c->vm, c->page, &slot);

	reply_chose(refusal, "slot", slot);
}

static void do_swap_out_end(struct server *s, const struct call *c)
{
	bool stays = false;
	const char *refusal = page_written_out(s->host, c->vm, c->page, &stays);

	if (!refusal && stays)
		reply_event("swap-out-aborted", c);
	else
		reply(refusal);
}

static void do_swap_out_clean(struct server *s, const struct call *c)
{
	reply(page_drop(s->host, c->vm, c->page));
}

static void do_swap_in(struct server *s, const struct call *c)
{
	unsigned frame = 0;
	const char *refusal = page_read_in(s->host, c->vm, c->page, c->keep, &frame);

	reply_chose(refusal, "frame", frame);
}

static void do_drop_swap_copy(struct server *s, const struct call *c)
{
	reply(page_drop_copy(s->host, c->vm, c->page));
}

static void do_merge(struct server *s, const struct call *c)
{
	unsigned frame = 0;
	const char *refusal = page_merge(s->host, c->vm, c->page, &frame);

	reply_chose(refusal, "frame", frame);
}

static void do_break_share(struct server *s, const struct call *c)
{
	unsigned frame = 0;
	const char *refusal = page_unshare(s->host, c->vm, c->page, &frame);

	reply_chose(refusal, "frame", frame);
}

static void do_break_last(struct server *s, const struct call *c)
{
	reply(page_own(s->host, c->vm, c->page));
}

static const struct {
	const char *kind;
	void (*run)(struct server *s, const struct call *c);
} commands[] = {
	{ "memory.create-vm", do_create },
	{ "memory.destroy-vm", do_destroy },
	{ "memory.map", do_map },
	{ "memory.unmap", do_unmap },
	{ "memory.read", do_read },
	{ "memory.write", do_write },
	{ "memory.host-write", do_host_write },
	{ "memory.populate", do_populate },
	{ "memory.scrub", do_scrub },
	{ "memory.pin", do_pin },
	{ "memory.unpin", do_unpin },
	{ "memory.dma", do_dma },
	{ "memory.swap-out-begin", do_swap_out_begin },
	{ "memory.swap-out-end", do_swap_out_end },
	{ "memory.swap-out-clean", do_swap_out_clean },
	{ "memory.swap-in", do_swap_in },
	{ "memory.drop-swap-copy", do_drop_swap_copy },
	{ "memory.merge-page", do_merge },
	{ "memory.break-share", do_break_share },
	{ "memory.break-last", do_break_last },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static unsigned number(const struct json *json, const struct json_token *args, const char *name)
{
	return json_unsigned(json, json_get(json, args, name), NOTHING - 1, NOTHING);
}

/* Prints the fields of a reply. */
static void carry_out(struct server *s, const struct json_token *command)
{
	const struct json *json = &s->json;
	const struct json_token *kind = json_get(json, command, "kind");
	const struct json_token *args = json_get(json, command, "args");
	struct call call = {
		.vm = number(json, args, "vm"),
		.page = number(json, args, "page"),
		.at = number(json, args, "virtual"),
		.size = number(json, args, "size"),
		.reservation = number(json, args, "reservation"),
		.content = (unsigned char)json_unsigned(json, json_get(json, args, "content"), 255, 0),
		.huge = json_true(json, json_get(json, args, "huge")),
		.writable = json_true(json, json_get(json, args, "writable")),
		.keep = json_true(json, json_get(json, args, "keep")),
	};

	for (size_t i = 0; i < COUNT(commands); i++) {
		if (json_is(json, kind, commands[i].kind)) {
			commands[i].run(s, &call);
			return;
		}
	}
	printf("\"unsupported\":true");
}

/* Requests: each prints the fields of its answer. */

static void forget(struct server *s)
{
	host_free(s->host);
	s->host = NULL;
	free(s->overhead);
	s->overhead = NULL;
}

static bool reset(struct server *s)
{
	forget(s);
	s->host = host_create(&s->config, s->bug);
	s->overhead = calloc(s->config.overhead + 1, sizeof(*s->overhead));
	return s->host && s->overhead;
}

static void hello(struct server *s, const struct json_token *request)
{
	const struct json *json = &s->json;
	const struct json_token *scope = json_get(json, request, "scope");
	const struct json_token *sizes = json_get(json, scope, "sizes");
	const struct {
		const char *name;
		unsigned *size;
	} wanted[] = {
		{ "vm", &s->config.vms },
		{ "page", &s->config.pages },
		{ "virtual", &s->config.virtuals },
		{ "frame", &s->config.frames },
		{ "slot", &s->config.slots },
		{ "hypervisor", &s->config.hypervisor },
		{ "overhead", &s->config.overhead },
		{ "emergency", &s->config.emergency },
		{ "maxSharing", &s->config.max_sharing },
		{ "pins", &s->config.max_pins },
	};

	/* Another configuration: what there is, is of the old one. */
	forget(s);
	for (size_t i = 0; i < COUNT(wanted); i++) {
		const struct json_token *size = json_get(json, sizes, wanted[i].name);

		*wanted[i].size = json_unsigned(json, size, SIZE_LIMIT, 0);
	}
	printf("\"protocol\":1,\"system\":\"paging VMM\",\"can\":[\"batch\",\"observe\"],"
	       "\"commands\":[");
	for (size_t i = 0; i < COUNT(commands); i++)
		printf("%s\"%s\"", i ? "," : "", commands[i].kind);
	printf("]");
}

static void batch(struct server *s, const struct json_token *request)
{
	const struct json_token *all = json_get(&s->json, request, "commands");
	const struct json_token *first = json_first(&s->json, all);

	printf("\"replies\":[");
	for (const struct json_token *c = first; c; c = json_next(&s->json, all, c)) {
		printf("%s{", c == first ? "" : ",");
		carry_out(s, c);
		printf("}");
	}
	printf("]");
}

static void show_page(const struct host *host, unsigned vm, unsigned page)
{
	unsigned at;

	switch (page_place(host, vm, page, &at)) {
	case PLACE_FRAME:
		printf("{\"at\":{\"kind\":\"mapped\",\"frame\":%u}}", at);
		break;
	case PLACE_SLOT:
		printf("{\"at\":{\"kind\":\"swapped\",\"slot\":%u}}", at);
		break;
	case PLACE_NONE:
		printf("{\"at\":{\"kind\":\"unbacked\"}}");
		break;
	}
}

static void observe(const struct server *s)
{
	const struct host *host = s->host;

	printf("\"state\":{\"hosts\":[{\"memory\":{\"freeFrames\":%u,\"freeSlots\":%u,\"vms\":[",
	       host_free_frames(host), host_free_slots(host));
	for (unsigned vm = 0; vm < s->config.vms; vm++) {
		printf("%s{\"state\":", vm ? "," : "");
		if (!vm_exists(host, vm)) {
			printf("\"absent\"}");
			continue;
		}
		printf("\"running\",\"size\":%u,\"slotsUsed\":%u,\"pages\":{", vm_size(host, vm),
		       vm_slots_used(host, vm));
		for (unsigned page = 0; page < vm_size(host, vm); page++) {
			printf("%s\"%u\":", page ? "," : "", page);
			show_page(host, vm, page);
		}
		printf("}}");
	}
	printf("]}}]}");
}

static void answer_to(struct server *s, const struct json_token *request)
{
	const struct json_token *op = json_get(&s->json, request, "op");

	if (json_is(&s->json, op, "hello"))
		hello(s, request);
	else if (json_is(&s->json, op, "reset"))
		printf("\"ok\":%s", reset(s) ? "true" : "false");
	else if (!s->host || !s->overhead)
		printf("\"error\":\"reset first\"");
	else if (json_is(&s->json, op, "step"))
		carry_out(s, json_get(&s->json, request, "command"));
	else if (json_is(&s->json, op, "batch"))
		batch(s, request);
	else if (json_is(&s->json, op, "observe"))
		observe(s);
	else
		printf("\"error\":\"no such request\"");
}

static void answer(struct server *s, const char *line, size_t length)
{
	const struct json_token *request, *id;

	if (!json_parse(&s->json, line, length)) {
		printf("{\"id\":null,\"error\":\"not JSON\"}\n");
		return;
	}
	request = s->json.tokens;
	id = json_get(&s->json, request, "id");
	if (id && id->type == JSON_NUMBER)
		printf("{\"id\":%.*s,", (int)(id->end - id->start), line + id->start);
	else
		printf("{\"id\":null,");
	answer_to(s, request);
	printf("}\n");
}

static bool parse_bug(const char *name, enum bug *bug)
{
	for (size_t i = 0; i < COUNT(bugs); i++) {
		if (strcmp(name, bugs[i].name) == 0) {
			*bug = bugs[i].bug;
			return true;
		}
	}
	return false;
}

static int usage(void)
{
	fprintf(stderr, "usage: paging-vmm [--bug NAME], where NAME is one of\n");
	for (size_t i = 0; i < COUNT(bugs); i++)
		fprintf(stderr, "  %s\n", bugs[i].name);
	return 2;
}

int main(int argc, char **argv)
{
	struct server server = { .bug = BUG_NONE };
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;

	if (argc != 1 && argc != 3)
		return usage();
	if (argc == 3 && (strcmp(argv[1], "--bug") != 0 || !parse_bug(argv[2], &server.bug)))
		return usage();
	while ((length = getline(&line, &capacity, stdin)) >= 0) {
		answer(&server, line, (size_t)length);
		if (fflush(stdout) != 0)
			break;
	}
	free(line);
	forget(&server);
	json_free(&server.json);
	return 0;
}
