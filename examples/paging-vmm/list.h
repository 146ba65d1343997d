/* A list through the things that it holds: circular, in both directions. */
#ifndef LIST_H
#define LIST_H

#include <stddef.h>

struct list {
	struct list *previous;
	struct list *next;
};

#define list_entry(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

static inline void list_init(struct list *head)
{
	head->previous = head->next = head;
}

static inline void list_append(struct list *head, struct list *entry)
{
	entry->previous = head->previous;
	entry->next = head;
	head->previous->next = entry;
	head->previous = entry;
}

static inline void list_remove(struct list *entry)
{
	entry->previous->next = entry->next;
	entry->next->previous = entry->previous;
}

/* The first entry, which leaves the list, or NULL. */
static inline struct list *list_take(struct list *head)
{
	struct list *first = head->next;

	if (first == head)
		return NULL;
	list_remove(first);
	return first;
}

#endif
