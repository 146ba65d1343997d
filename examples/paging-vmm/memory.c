#include "memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

#define BITS (sizeof(unsigned long) * CHAR_BIT)

/* A frame lies on one of the free lists, or is mapped by the pages of its reverse map. */
struct frame {
	struct list link;
	struct list mappers;
	unsigned count; /* of mappers */
	bool shared;    /* read-only, even when one mapper is left */
	unsigned char bytes[PAGE_BYTES];
};

struct page {
	struct list mapper; /* in the reverse map of `frame` */
	struct frame *frame;
	struct frame *pinned;
	unsigned pins;
	unsigned slot;   /* where it lies */
	unsigned target; /* where a write-out in progress goes */
	unsigned copy;   /* which slot still holds the bytes of its frame */
	bool dirty;      /* written since the write-out began */
};

struct translation {
	bool present;
	bool writable;
	unsigned page;
};

struct vm {
	bool exists;
	bool huge;
	bool stalled;
	unsigned waits_for;
	unsigned size;
	unsigned reservation;
	unsigned slots_used;
	struct list overhead;
	struct page *pages;
	struct translation *table;
};

struct host {
	struct config config;
	enum bug bug;
	struct frame *frames;
	struct list clean;
	struct list dirty;
	unsigned free_frames;
	unsigned long *slot_map; /* a bit for each slot in use */
	unsigned char (*slot_bytes)[PAGE_BYTES];
	unsigned free_slots;
	struct vm *vms;
};

static unsigned frame_number(const struct host *host, const struct frame *frame)
{
	return (unsigned)(frame - host->frames);
}

struct host *host_create(const struct config *config, enum bug bug)
{
	struct host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	host->config = *config;
	host->bug = bug;
	list_init(&host->clean);
	list_init(&host->dirty);
	host->frames = calloc(config->frames + 1, sizeof(*host->frames));
	host->slot_map = calloc(config->slots / BITS + 1, sizeof(*host->slot_map));
	host->slot_bytes = calloc(config->slots + 1, sizeof(*host->slot_bytes));
	host->vms = calloc(config->vms + 1, sizeof(*host->vms));
	if (!host->frames || !host->slot_map || !host->slot_bytes || !host->vms) {
		host_free(host);
		return NULL;
	}
	for (unsigned i = config->hypervisor; i < config->frames; i++) {
		list_init(&host->frames[i].mappers);
		list_append(&host->clean, &host->frames[i].link);
		host->free_frames++;
	}
	host->free_slots = config->slots;
	return host;
}

static void vm_release(struct vm *vm)
{
	free(vm->pages);
	free(vm->table);
	*vm = (struct vm){ 0 };
}

void host_free(struct host *host)
{
	if (!host)
		return;
	for (unsigned i = 0; host->vms && i < host->config.vms; i++)
		vm_release(&host->vms[i]);
	free(host->vms);
	free(host->slot_bytes);
	free(host->slot_map);
	free(host->frames);
	free(host);
}

unsigned host_free_frames(const struct host *host)
{
	return host->free_frames;
}

unsigned host_free_slots(const struct host *host)
{
	return host->free_slots;
}

/* Frames */

static void frame_free(struct host *host, struct frame *frame)
{
	frame->shared = false;
	list_append(&host->dirty, &frame->link);
	host->free_frames++;
}

/* What an allocation for a guest may take: a clean frame, and none of the emergency's. */
static const char *frame_take(struct host *host, struct frame **frame)
{
	struct list *first;

	if (host->free_frames <= host->config.emergency)
		return "no-free-frame";
	first = list_take(&host->clean);
	if (!first)
		return "frame-not-scrubbed";
	host->free_frames--;
	*frame = list_entry(first, struct frame, link);
	return NULL;
}

/* Memory that no guest sees need not be clean. */
static struct frame *frame_take_any(struct host *host)
{
	struct list *first = list_take(&host->dirty);

	if (!first)
		first = list_take(&host->clean);
	host->free_frames--;
	return list_entry(first, struct frame, link);
}

const char *host_scrub(struct host *host, unsigned *number)
{
	struct list *first = list_take(&host->dirty);
	struct frame *frame;

	if (!first)
		return "already-scrubbed";
	frame = list_entry(first, struct frame, link);
	memset(frame->bytes, 0, PAGE_BYTES);
	list_append(&host->clean, first);
	*number = frame_number(host, frame);
	return NULL;
}

static void page_enter(struct page *page, struct frame *frame)
{
	page->frame = frame;
	list_append(&frame->mappers, &page->mapper);
	frame->count++;
}

/* The page leaves its frame, which is free when nothing maps it any more. */
static void page_leave(struct host *host, struct page *page)
{
	struct frame *frame = page->frame;

	list_remove(&page->mapper);
	page->frame = NULL;
	if (--frame->count == 0)
		frame_free(host, frame);
}

/* Slots */

/* NO_SLOT when there is none, whatever the counter says. */
static unsigned slot_take(struct host *host, struct vm *vm, const unsigned char *bytes)
{
	unsigned slot = 0;

	while (slot < host->config.slots && host->slot_map[slot / BITS] >> (slot % BITS) & 1UL)
		slot++;
	if (slot == host->config.slots)
		return NO_SLOT;
	host->slot_map[slot / BITS] |= 1UL << (slot % BITS);
	memcpy(host->slot_bytes[slot], bytes, PAGE_BYTES);
	host->free_slots--;
	vm->slots_used++;
	return slot;
}

static void slot_free(struct host *host, struct vm *vm, unsigned *slot)
{
	if (*slot == NO_SLOT)
		return;
	host->slot_map[*slot / BITS] &= ~(1UL << (*slot % BITS));
	host->free_slots++;
	vm->slots_used--;
	*slot = NO_SLOT;
}

/* VMs */

static const char *vm_find(struct host *host, unsigned id, struct vm **vm)
{
	if (!vm_exists(host, id))
		return "no-such-vm";
	*vm = &host->vms[id];
	return NULL;
}

static const char *vm_find_running(struct host *host, unsigned id, struct vm **vm)
{
	const char *refusal = vm_find(host, id, vm);

	if (!refusal && (*vm)->stalled)
		return "vm-stalled";
	return refusal;
}

static const char *page_find(struct host *host, unsigned id, unsigned number, struct vm **vm,
			     struct page **page)
{
	const char *refusal = vm_find(host, id, vm);

	if (refusal)
		return refusal;
	if (number >= (*vm)->size)
		return "out-of-range";
	*page = &(*vm)->pages[number];
	return NULL;
}

static const char *admit(const struct host *host, unsigned size, unsigned reservation)
{
	const struct config *config = &host->config;
	unsigned memory = config->hypervisor + config->emergency + reservation + config->overhead;
	unsigned swap = size - reservation;

	for (unsigned i = 0; i < config->vms; i++) {
		const struct vm *other = &host->vms[i];

		if (!other->exists)
			continue;
		memory += other->reservation + config->overhead;
		swap += other->size - other->reservation;
	}
	if (memory > config->frames)
		return "admission-memory";
	if (swap > config->slots)
		return "admission-swap";
	if (host->free_frames < config->emergency + config->overhead)
		return "no-free-frame";
	return NULL;
}

const char *vm_create(struct host *host, unsigned id, unsigned size, unsigned reservation, bool huge,
		      unsigned *overhead)
{
	struct vm *vm;
	const char *refusal;

	if (id >= host->config.vms || size > host->config.pages)
		return "out-of-range";
	if (vm_exists(host, id))
		return "vm-exists";
	if (reservation > size)
		return "reservation-above-size";
	refusal = admit(host, size, reservation);
	if (refusal)
		return refusal;
	vm = &host->vms[id];
	vm->pages = calloc(size + 1, sizeof(*vm->pages));
	vm->table = calloc(host->config.virtuals + 1, sizeof(*vm->table));
	if (!vm->pages || !vm->table) {
		vm_release(vm);
		return "out-of-memory";
	}
	vm->exists = true;
	vm->huge = huge;
	vm->size = size;
	vm->reservation = reservation;
	list_init(&vm->overhead);
	for (unsigned i = 0; i < size; i++) {
		struct page *page = &vm->pages[i];

		page->slot = page->target = page->copy = NO_SLOT;
	}
	for (unsigned i = 0; i < host->config.overhead; i++) {
		struct frame *frame = frame_take_any(host);
		unsigned at = i;

		list_append(&vm->overhead, &frame->link);
		for (; at > 0 && overhead[at - 1] > frame_number(host, frame); at--)
			overhead[at] = overhead[at - 1];
		overhead[at] = frame_number(host, frame);
	}
	return NULL;
}

const char *vm_destroy(struct host *host, unsigned id)
{
	struct vm *vm;
	struct list *first;
	const char *refusal = vm_find(host, id, &vm);

	if (refusal)
		return refusal;
	for (unsigned i = 0; i < vm->size; i++)
		if (vm->pages[i].pins > 0)
			return "pinned";
	for (unsigned i = 0; i < vm->size; i++) {
		struct page *page = &vm->pages[i];

		if (page->frame)
			page_leave(host, page);
		slot_free(host, vm, &page->slot);
		slot_free(host, vm, &page->target);
		slot_free(host, vm, &page->copy);
	}
	while ((first = list_take(&vm->overhead)))
		frame_free(host, list_entry(first, struct frame, link));
	vm_release(vm);
	return NULL;
}

bool vm_exists(const struct host *host, unsigned vm)
{
	return vm < host->config.vms && host->vms[vm].exists;
}

unsigned vm_size(const struct host *host, unsigned vm)
{
	return host->vms[vm].size;
}

unsigned vm_slots_used(const struct host *host, unsigned vm)
{
	return host->vms[vm].slots_used;
}

static void vm_wake(struct vm *vm, const struct page *page)
{
	if (vm->stalled && &vm->pages[vm->waits_for] == page)
		vm->stalled = false;
}

/* The guest's own translation, and its accesses */

const char *guest_map(struct host *host, unsigned id, unsigned at, unsigned page, bool writable)
{
	struct vm *vm;
	const char *refusal = vm_find_running(host, id, &vm);

	if (refusal)
		return refusal;
	if (page >= vm->size || at >= host->config.virtuals)
		return "out-of-range";
	if (vm->table[at].present)
		return "already-mapped";
	vm->table[at] = (struct translation){ .present = true, .writable = writable, .page = page };
	return NULL;
}

const char *guest_unmap(struct host *host, unsigned id, unsigned at)
{
	struct vm *vm;
	const char *refusal = vm_find_running(host, id, &vm);

	if (refusal)
		return refusal;
	if (at >= host->config.virtuals || !vm->table[at].present)
		return "not-mapped-by-guest";
	vm->table[at].present = false;
	return NULL;
}

/* Gives the page that an access may go to, or says in `access` what became of it. */
static const char *guest_access(struct host *host, unsigned id, unsigned at, bool write,
				struct access *access, struct vm **vm, struct page **page)
{
	const struct translation *entry;
	unsigned sharers = host->bug == BUG_COW_OFF_BY_ONE ? 2 : 1;
	const char *refusal = vm_find_running(host, id, vm);

	*access = (struct access){ .what = ACCESS_FAULT };
	if (refusal || at >= host->config.virtuals)
		return refusal;
	entry = &(*vm)->table[at];
	if (!entry->present || (write && !entry->writable))
		return NULL;
	access->page = entry->page;
	*page = &(*vm)->pages[entry->page];
	if ((*page)->slot != NO_SLOT)
		access->wait = "swap-in";
	else if (!(*page)->frame)
		access->wait = "populate";
	else if (write && (*page)->frame->count > sharers)
		access->wait = "break-share";
	access->what = access->wait ? ACCESS_STALLED : ACCESS_DONE;
	if (access->wait) {
		(*vm)->stalled = true;
		(*vm)->waits_for = entry->page;
	}
	return NULL;
}

const char *guest_read(struct host *host, unsigned id, unsigned at, struct access *access)
{
	struct vm *vm;
	struct page *page;
	const char *refusal = guest_access(host, id, at, false, access, &vm, &page);

	if (!refusal && access->what == ACCESS_DONE)
		access->value = page->frame->bytes[0];
	return refusal;
}

static void page_store(struct host *host, struct vm *vm, struct page *page, unsigned char value)
{
	memset(page->frame->bytes, value, PAGE_BYTES);
	page->dirty = true;
	if (host->bug != BUG_STALE_SWAP_COPY)
		slot_free(host, vm, &page->copy);
}

const char *guest_write(struct host *host, unsigned id, unsigned at, unsigned char value,
			struct access *access)
{
	struct vm *vm;
	struct page *page;
	const char *refusal = guest_access(host, id, at, true, access, &vm, &page);

	if (refusal || access->what != ACCESS_DONE)
		return refusal;
	if (page->frame->count == 1)
		page->frame->shared = false;
	page_store(host, vm, page, value);
	return NULL;
}

/* Pages: what the VMM and devices do with them */

const char *page_populate(struct host *host, unsigned id, unsigned number, unsigned *frame)
{
	struct vm *vm;
	struct page *page;
	struct frame *taken;
	const char *refusal = page_find(host, id, number, &vm, &page);

	if (refusal)
		return refusal;
	if (page->frame || page->slot != NO_SLOT)
		return "page-in-use";
	refusal = frame_take(host, &taken);
	if (refusal)
		return refusal;
	page_enter(page, taken);
	page->dirty = false;
	vm_wake(vm, page);
	*frame = frame_number(host, taken);
	return NULL;
}

/* A page with a frame to itself. */
static const char *page_find_private(struct host *host, unsigned id, unsigned number, struct vm **vm,
				     struct page **page)
{
	const char *refusal = page_find(host, id, number, vm, page);

	if (refusal)
		return refusal;
	if (!(*page)->frame)
		return "not-mapped";
	return (*page)->frame->shared ? "shared-page" : NULL;
}

const char *page_poke(struct host *host, unsigned id, unsigned number, unsigned char value)
{
	struct vm *vm;
	struct page *page;
	const char *refusal = page_find_private(host, id, number, &vm, &page);

	if (!refusal)
		page_store(host, vm, page, value);
	return refusal;
}

const char *page_pin(struct host *host, unsigned id, unsigned number)
{
	struct vm *vm;
	struct page *page;
	const char *refusal = page_find_private(host, id, number, &vm, &page);

	if (refusal)
		return refusal;
	if (page->target != NO_SLOT)
		return "page-busy";
	if (page->pins == host->config.max_pins)
		return "too-many-pins";
	/* A device writes behind the VMM's back: a copy in the swap area could not be kept true. */
	slot_free(host, vm, &page->copy);
	page->pins++;
	page->pinned = page->frame;
	return NULL;
}

const char *page_unpin(struct host *host, unsigned id, unsigned number)
{
	struct vm *vm;
	struct page *page;
	const char *refusal = page_find(host, id, number, &vm, &page);

	if (refusal)
		return refusal;
	if (page->pins == 0)
		return "not-pinned";
	if (--page->pins == 0)
		page->pinned = NULL;
	return NULL;
}

const char *page_dma(struct host *host, unsigned id, unsigned number, unsigned char value, bool *done)
{
	struct vm *vm;
	struct page *page;
	const char *refusal = page_find(host, id, number, &vm, &page);

	if (refusal)
		return refusal;
	*done = page->pinned;
	if (page->pinned) {
		memset(page->pinned->bytes, value, PAGE_BYTES);
		page->dirty = true;
	}
	return NULL;
}

/* Paging */

static const char *page_find_evictable(struct host *host, unsigned id, unsigned number,
				       struct vm **vm, struct page **page)
{
	const char *refusal = page_find_private(host, id, number, vm, page);

	if (refusal)
		return refusal;
	if ((*page)->pins > 0 && host->bug != BUG_PINNED_EVICTED)
		return "pinned";
	return (*page)->target != NO_SLOT ? "page-busy" : NULL;
}

const char *page_write_out(struct host *host, unsigned id, unsigned number, unsigned *slot)
{
	struct vm *vm;
	struct page *page;
	const char *refusal = page_find_evictable(host, id, number, &vm, &page);

	if (refusal)
		return refusal;
	if (page->copy != NO_SLOT)
		return "has-swap-copy";
	if (host->free_slots == 0)
		return "swap-full";
	if (vm->slots_used >= vm->size - vm->reservation)
		return "swap-quota";
	page->target = slot_take(host, vm, page->frame->bytes);
	if (page->target == NO_SLOT)
		return "swap-full";
	page->dirty = false;
	*slot = page->target;
	return NULL;
}

const char *page_written_out(struct host *host, unsigned id, unsigned number, bool *stays)
{
	struct vm *vm;
	struct page *page;
	const char *refusal = page_find(host, id, number, &vm, &page);

	if (refusal)
		return refusal;
	if (page->target == NO_SLOT)
		return "not-in-writeback";
	*stays = page->dirty && host->bug != BUG_LOST_WRITE;
	if (*stays) {
		slot_free(host, vm, &page->target);
		return NULL;
	}
	page_leave(host, page);
	page->slot = page->target;
	page->target = NO_SLOT;
	return NULL;
}

const char *page_drop(struct host *host, unsigned id, unsigned number)
{
	struct vm *vm;
	struct page *page;
	const char *refusal = page_find_evictable(host, id, number, &vm, &page);

	if (refusal)
		return refusal;
	if (page->copy == NO_SLOT)
		return "no-swap-copy";
	page_leave(host, page);
	page->slot = page->copy;
	page->copy = NO_SLOT;
	return NULL;
}

const char *page_read_in(struct host *host, unsigned id, unsigned number, bool keep, unsigned *frame)
{
	struct vm *vm;
	struct page *page;
	struct frame *taken;
	const char *refusal = page_find(host, id, number, &vm, &page);

	if (refusal)
		return refusal;
	if (page->slot == NO_SLOT)
		return "not-swapped";
	refusal = frame_take(host, &taken);
	if (refusal)
		return refusal;
	memcpy(taken->bytes, host->slot_bytes[page->slot], PAGE_BYTES);
	if (keep)
		page->copy = page->slot;
	if (!keep || host->bug == BUG_SLOT_DOUBLE_FREE)
		slot_free(host, vm, &page->slot);
	page->slot = NO_SLOT;
	page_enter(page, taken);
	page->dirty = false;
	vm_wake(vm, page);
	*frame = frame_number(host, taken);
	return NULL;
}

const char *page_drop_copy(struct host *host, unsigned id, unsigned number)
{
	struct vm *vm;
	struct page *page;
	const char *refusal = page_find(host, id, number, &vm, &page);

	if (refusal)
		return refusal;
	if (page->copy == NO_SLOT)
		return "no-swap-copy";
	slot_free(host, vm, &page->copy);
	return NULL;
}

/* Sharing */

/* Whether the frame behind a page may become the shared frame of an equal one; if not, why. */
static const char *sharable(const struct host *host, const struct page *page,
			    const unsigned char *bytes)
{
	const struct frame *frame = page->frame;
	bool quiet = page->pins == 0 && page->target == NO_SLOT && page->copy == NO_SLOT;

	if (!frame || (!frame->shared && !quiet))
		return "no-candidate";
	if (frame->shared && frame->count >= host->config.max_sharing)
		return "share-full";
	return memcmp(frame->bytes, bytes, PAGE_BYTES) == 0 ? NULL : "content-differs";
}

static const char *find_twin(struct host *host, const struct page *page, struct frame **twin)
{
	const char *refusal = "no-candidate";

	for (unsigned i = 0; i < host->config.vms; i++) {
		struct vm *vm = &host->vms[i];

		for (unsigned p = 0; vm->exists && !vm->huge && p < vm->size; p++) {
			const char *reason;

			if (&vm->pages[p] == page)
				continue;
			reason = sharable(host, &vm->pages[p], page->frame->bytes);
			*twin = vm->pages[p].frame;
			if (!reason)
				return NULL;
			if (strcmp(reason, "no-candidate") != 0)
				refusal = reason;
		}
	}
	return refusal;
}

const char *page_merge(struct host *host, unsigned id, unsigned number, unsigned *frame)
{
	struct vm *vm;
	struct page *page;
	struct frame *twin = NULL;
	const char *refusal = page_find(host, id, number, &vm, &page);

	if (refusal)
		return refusal;
	if (vm->huge)
		return "not-sharable";
	if (!page->frame || page->frame->shared)
		return "not-mapped";
	if (page->target != NO_SLOT)
		return "page-busy";
	if (page->pins > 0)
		return "pinned";
	refusal = find_twin(host, page, &twin);
	if (refusal)
		return refusal;
	slot_free(host, vm, &page->copy);
	page_leave(host, page);
	twin->shared = true;
	page_enter(page, twin);
	*frame = frame_number(host, twin);
	return NULL;
}

static const char *page_find_shared(struct host *host, unsigned id, unsigned number, struct vm **vm,
				    struct page **page)
{
	const char *refusal = page_find(host, id, number, vm, page);

	if (refusal)
		return refusal;
	return (*page)->frame && (*page)->frame->shared ? NULL : "not-shared";
}

const char *page_unshare(struct host *host, unsigned id, unsigned number, unsigned *frame)
{
	struct vm *vm;
	struct page *page;
	struct frame *own;
	const char *refusal = page_find_shared(host, id, number, &vm, &page);

	if (refusal)
		return refusal;
	if (page->frame->count == 1)
		return "last-reference";
	refusal = frame_take(host, &own);
	if (refusal)
		return refusal;
	memcpy(own->bytes, page->frame->bytes, PAGE_BYTES);
	page_leave(host, page);
	page_enter(page, own);
	page->dirty = false;
	vm_wake(vm, page);
	*frame = frame_number(host, own);
	return NULL;
}

const char *page_own(struct host *host, unsigned id, unsigned number)
{
	struct vm *vm;
	struct page *page;
	const char *refusal = page_find_shared(host, id, number, &vm, &page);

	if (refusal)
		return refusal;
	if (page->frame->count > 1)
		return "not-last-reference";
	page->frame->shared = false;
	vm_wake(vm, page);
	return NULL;
}

enum place page_place(const struct host *host, unsigned id, unsigned number, unsigned *at)
{
	const struct page *page = &host->vms[id].pages[number];

	if (page->frame) {
		*at = frame_number(host, page->frame);
		return PLACE_FRAME;
	}
	*at = page->slot;
	return page->slot == NO_SLOT ? PLACE_NONE : PLACE_SLOT;
}
