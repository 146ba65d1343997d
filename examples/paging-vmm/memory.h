/*
 * The memory manager of a small VMM with paging and page sharing, written without the model.
 *
 * Operations return NULL, or why they did not happen. Ids of VMs and pages may be any numbers: those
 * that do not exist are refused.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>

#define PAGE_BYTES 64
#define NO_SLOT ((unsigned)-1)

/* Memory is counted in pages. */
struct config {
	unsigned vms;
	unsigned pages;
	unsigned virtuals;
	unsigned frames;
	unsigned slots;
	unsigned hypervisor; /* frames of the hypervisor's own */
	unsigned overhead;   /* frames that each VM costs */
	unsigned emergency;  /* free frames that ordinary allocations leave alone */
	unsigned max_sharing;
	unsigned max_pins;
};

enum bug {
	BUG_NONE,
	BUG_COW_OFF_BY_ONE,    /* a frame that two pages share is written in place */
	BUG_STALE_SWAP_COPY,   /* a write leaves the copy in the swap area, which is taken for current */
	BUG_SLOT_DOUBLE_FREE,  /* a slot that is kept as a copy is freed when it is read back */
	BUG_PINNED_EVICTED,    /* a page that a device holds is swapped out */
	BUG_LOST_WRITE,        /* the end of a write-out does not see that the page was written */
};

struct host;

struct access {
	enum { ACCESS_DONE, ACCESS_STALLED, ACCESS_FAULT } what;
	const char *wait;
	unsigned page;
	unsigned char value;
};

enum place { PLACE_NONE, PLACE_FRAME, PLACE_SLOT };

struct host *host_create(const struct config *config, enum bug bug);
void host_free(struct host *host);
unsigned host_free_frames(const struct host *host);
unsigned host_free_slots(const struct host *host);
const char *host_scrub(struct host *host, unsigned *frame);

/* Writes the frames that the VM costs to `overhead`, in ascending order. */
const char *vm_create(struct host *host, unsigned vm, unsigned size, unsigned reservation, bool huge,
		      unsigned *overhead);
const char *vm_destroy(struct host *host, unsigned vm);
bool vm_exists(const struct host *host, unsigned vm);
unsigned vm_size(const struct host *host, unsigned vm);
unsigned vm_slots_used(const struct host *host, unsigned vm);

const char *guest_map(struct host *host, unsigned vm, unsigned at, unsigned page, bool writable);
const char *guest_unmap(struct host *host, unsigned vm, unsigned at);
const char *guest_read(struct host *host, unsigned vm, unsigned at, struct access *access);
const char *guest_write(struct host *host, unsigned vm, unsigned at, unsigned char value,
			struct access *access);

const char *page_populate(struct host *host, unsigned vm, unsigned page, unsigned *frame);
const char *page_poke(struct host *host, unsigned vm, unsigned page, unsigned char value);
const char *page_pin(struct host *host, unsigned vm, unsigned page);
const char *page_unpin(struct host *host, unsigned vm, unsigned page);
/* A device writes to the frame that it holds; `*done` is false when it holds none. */
const char *page_dma(struct host *host, unsigned vm, unsigned page, unsigned char value, bool *done);

const char *page_write_out(struct host *host, unsigned vm, unsigned page, unsigned *slot);
/* `*stays`: the page was written meanwhile. */
const char *page_written_out(struct host *host, unsigned vm, unsigned page, bool *stays);
const char *page_drop(struct host *host, unsigned vm, unsigned page);
const char *page_read_in(struct host *host, unsigned vm, unsigned page, bool keep, unsigned *frame);
const char *page_drop_copy(struct host *host, unsigned vm, unsigned page);

const char *page_merge(struct host *host, unsigned vm, unsigned page, unsigned *frame);
const char *page_unshare(struct host *host, unsigned vm, unsigned page, unsigned *frame);
const char *page_own(struct host *host, unsigned vm, unsigned page);

/* What is behind a page of a VM that exists: a frame, a slot, or nothing. */
enum place page_place(const struct host *host, unsigned vm, unsigned page, unsigned *number);

#endif
