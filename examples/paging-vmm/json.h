/* Reads JSON without allocating a tree: a text becomes an array of tokens. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* Children follow their parent; `next` is the index of the first token after all of them. */
struct json_token {
	enum json_type type;
	size_t start; /* of the text; a string without its quotes */
	size_t end;
	size_t next;
};

struct json {
	const char *text;
	struct json_token *tokens;
	size_t count;
	size_t capacity;
};

/* Parses `length` bytes. False when they are not one JSON value, or memory is short; the tokens of a
 * document may be used again for the next one. */
bool json_parse(struct json *json, const char *text, size_t length);
void json_free(struct json *json);

/* The value of a key of an object, or NULL. Keys with escapes are equal to nothing. */
const struct json_token *json_get(const struct json *json, const struct json_token *object,
				  const char *key);
/* The first value of an array, and the one after another; NULL at the end. */
const struct json_token *json_first(const struct json *json, const struct json_token *array);
const struct json_token *json_next(const struct json *json, const struct json_token *array,
				   const struct json_token *element);

bool json_is(const struct json *json, const struct json_token *string, const char *text);
/* A whole number from 0 to `max`, or `otherwise`. */
unsigned json_unsigned(const struct json *json, const struct json_token *number, unsigned max,
		       unsigned otherwise);
bool json_true(const struct json *json, const struct json_token *boolean);

#endif
