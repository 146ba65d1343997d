#include "json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64

struct parser {
	struct json *json;
	size_t at;
	size_t length;
	unsigned depth;
};

static bool parse_value(struct parser *p);

static bool at_end(const struct parser *p)
{
	return p->at >= p->length;
}

static char peek(const struct parser *p)
{
	return at_end(p) ? '\0' : p->json->text[p->at];
}

static void skip_space(struct parser *p)
{
	while (!at_end(p) && strchr(" \t\r\n", peek(p)) && peek(p) != '\0')
		p->at++;
}

static bool take(struct parser *p, char wanted)
{
	if (at_end(p) || peek(p) != wanted)
		return false;
	p->at++;
	return true;
}

/* The index of a new token, or SIZE_MAX. Pointers to tokens do not survive this. */
static size_t add_token(struct parser *p, enum json_type type)
{
	struct json *json = p->json;

	if (json->count == json->capacity) {
		size_t capacity = json->capacity ? 2 * json->capacity : 64;
		struct json_token *more = realloc(json->tokens, capacity * sizeof(*more));

		if (!more)
			return SIZE_MAX;
		json->tokens = more;
		json->capacity = capacity;
	}
	json->tokens[json->count] = (struct json_token){ .type = type, .start = p->at };
	return json->count++;
}

static void end_token(struct parser *p, size_t token, size_t end)
{
	p->json->tokens[token].end = end;
	p->json->tokens[token].next = p->json->count;
}

static bool is_hex(char c)
{
	return c != '\0' && strchr("0123456789abcdefABCDEF", c);
}

static bool parse_escape(struct parser *p)
{
	if (take(p, 'u')) {
		for (int i = 0; i < 4; i++, p->at++)
			if (!is_hex(peek(p)))
				return false;
		return true;
	}
	if (peek(p) == '\0' || !strchr("\"\\/bfnrt", peek(p)))
		return false;
	p->at++;
	return true;
}

static bool parse_string(struct parser *p)
{
	size_t token;

	if (!take(p, '"'))
		return false;
	token = add_token(p, JSON_STRING);
	if (token == SIZE_MAX)
		return false;
	while (!at_end(p)) {
		unsigned char c = (unsigned char)p->json->text[p->at++];

		if (c == '"') {
			end_token(p, token, p->at - 1);
			return true;
		}
		if (c < ' ' || (c == '\\' && !parse_escape(p)))
			return false;
	}
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool parse_digits(struct parser *p)
{
	if (!is_digit(peek(p)))
		return false;
	while (is_digit(peek(p)))
		p->at++;
	return true;
}

static bool parse_number(struct parser *p)
{
	size_t token = add_token(p, JSON_NUMBER);

	if (token == SIZE_MAX)
		return false;
	take(p, '-');
	if (!take(p, '0') && !parse_digits(p))
		return false;
	if (take(p, '.') && !parse_digits(p))
		return false;
	if (take(p, 'e') || take(p, 'E')) {
		if (!take(p, '+'))
			take(p, '-');
		if (!parse_digits(p))
			return false;
	}
	end_token(p, token, p->at);
	return true;
}

static bool parse_word(struct parser *p, const char *word, enum json_type type)
{
	size_t token = add_token(p, type);
	size_t length = strlen(word);

	if (token == SIZE_MAX || p->length - p->at < length ||
	    memcmp(p->json->text + p->at, word, length) != 0)
		return false;
	p->at += length;
	end_token(p, token, p->at);
	return true;
}

static bool parse_member(struct parser *p)
{
	skip_space(p);
	if (!parse_string(p))
		return false;
	skip_space(p);
	return take(p, ':') && parse_value(p);
}

/* An array, or an object: values, or members, between commas. */
static bool parse_list(struct parser *p, enum json_type type, char close)
{
	size_t token = add_token(p, type);

	if (token == SIZE_MAX || p->depth == DEPTH_MAX)
		return false;
	p->depth++;
	p->at++;
	skip_space(p);
	if (!take(p, close)) {
		do {
			if (!(type == JSON_OBJECT ? parse_member(p) : parse_value(p)))
				return false;
			skip_space(p);
		} while (take(p, ','));
		if (!take(p, close))
			return false;
	}
	p->depth--;
	end_token(p, token, p->at);
	return true;
}

static bool parse_value(struct parser *p)
{
	skip_space(p);
	switch (peek(p)) {
	case '{':
		return parse_list(p, JSON_OBJECT, '}');
	case '[':
		return parse_list(p, JSON_ARRAY, ']');
	case '"':
		return parse_string(p);
	case 't':
		return parse_word(p, "true", JSON_BOOL);
	case 'f':
		return parse_word(p, "false", JSON_BOOL);
	case 'n':
		return parse_word(p, "null", JSON_NULL);
	default:
		return parse_number(p);
	}
}

bool json_parse(struct json *json, const char *text, size_t length)
{
	struct parser p = { .json = json, .length = length };

	json->text = text;
	json->count = 0;
	if (!parse_value(&p))
		return false;
	skip_space(&p);
	return at_end(&p);
}

void json_free(struct json *json)
{
	free(json->tokens);
	*json = (struct json){ 0 };
}

static size_t index_of(const struct json *json, const struct json_token *token)
{
	return (size_t)(token - json->tokens);
}

static const struct json_token *within(const struct json *json, const struct json_token *parent,
				       size_t index)
{
	return index < parent->next ? &json->tokens[index] : NULL;
}

const struct json_token *json_get(const struct json *json, const struct json_token *object,
				  const char *key)
{
	const struct json_token *name;

	if (!object || object->type != JSON_OBJECT)
		return NULL;
	name = within(json, object, index_of(json, object) + 1);
	while (name) {
		const struct json_token *value = &json->tokens[name->next];

		if (json_is(json, name, key))
			return value;
		name = within(json, object, value->next);
	}
	return NULL;
}

const struct json_token *json_first(const struct json *json, const struct json_token *array)
{
	if (!array || array->type != JSON_ARRAY)
		return NULL;
	return within(json, array, index_of(json, array) + 1);
}

const struct json_token *json_next(const struct json *json, const struct json_token *array,
				   const struct json_token *element)
{
	return within(json, array, element->next);
}

bool json_is(const struct json *json, const struct json_token *string, const char *text)
{
	size_t length = strlen(text);

	return string && string->type == JSON_STRING && string->end - string->start == length &&
	       memcmp(json->text + string->start, text, length) == 0;
}

unsigned json_unsigned(const struct json *json, const struct json_token *number, unsigned max,
		       unsigned otherwise)
{
	unsigned long long value = 0;

	if (!number || number->type != JSON_NUMBER)
		return otherwise;
	for (size_t i = number->start; i < number->end; i++) {
		if (!is_digit(json->text[i]))
			return otherwise;
		value = 10 * value + (unsigned long long)(json->text[i] - '0');
		if (value > max)
			return otherwise;
	}
	return (unsigned)value;
}

bool json_true(const struct json *json, const struct json_token *boolean)
{
	return boolean && boolean->type == JSON_BOOL && json->text[boolean->start] == 't';
}
