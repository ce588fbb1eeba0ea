#include "listing.h"

#include <stddef.h>

#include "../gen/interlock.h"
#include "../runtime/map.h"
#include "../runtime/memory.h"
#include "../runtime/outbox.h"
#include "keys.h"
#include "reply.h"

#define PAGE_DEFAULT 1000u
// A token is 16 hexadecimal digits and the last key of the page before: it
// names a place in the order, whatever comes and goes around it. The digits
// are a hash of that key with the instance and the prefix, so that a token of
// another list is told from one of this.
#define SEAL 16u
#define KEY_MAX 1024u
#define TOKEN_MAX (SEAL + KEY_MAX)

static void seal(const ListRequest *request, codec_view last, uint8_t out[SEAL]) {
  uint64_t parts[3] = {
      map_hash(request->instance.data, request->instance.size),
      map_hash(request->prefix.data, request->prefix.size),
      map_hash(last.data, last.size),
  };
  uint64_t hash = map_hash(parts, sizeof parts);
  for (uint32_t i = 0; i < SEAL; i++) out[i] = (uint8_t)"0123456789abcdef"[hash >> (60 - 4 * i) & 15];
}

static bool begins_with(const order_node *node, codec_view prefix) {
  const counter_cell *cell = node->cell;
  return cell->key_size >= prefix.size && memcmp(counter_cell_key(cell), prefix.data, prefix.size) == 0;
}

// Where the page begins; false if the token is not of this list.
static bool first_of_page(const ListRequest *request, order_node **first) {
  codec_view token = request->page_token;
  if (!token.size) {
    *first = keys_seek(request->prefix, false);
    return true;
  }
  if (token.size < SEAL) return false;
  codec_view last = {token.data + SEAL, token.size - SEAL};
  uint8_t expected[SEAL];
  seal(request, last, expected);
  if (memcmp(expected, token.data, SEAL) != 0) return false;
  *first = keys_seek(last, true);
  return true;
}

static codec_view key_in(const order_node *node) {
  return (codec_view){counter_cell_key(node->cell), node->cell->key_size};
}

// How many nodes from `node` on make the page, and the most bytes they take.
static uint32_t measure(const order_node *node, const ListRequest *request, uint32_t *bytes) {
  uint32_t most = request->page_size ? request->page_size : PAGE_DEFAULT;
  uint32_t count = 0;
  *bytes = codec_bytes_size(ListResponse_NEXT_PAGE_TOKEN_FIELD, TOKEN_MAX);
  for (; node && count < most && begins_with(node, request->prefix); node = node->next[0], count++) {
    uint32_t more = REPLY_VALUE_MAX(node->cell->key_size);
    if (*bytes + more > MESSAGE_MAX) break;
    *bytes += more;
  }
  return count;
}

static void put_token(codec_writer *w, const ListRequest *request, codec_view last) {
  uint8_t token[TOKEN_MAX];
  seal(request, last, token);
  __builtin_memcpy(token + SEAL, last.data, last.size);
  ListResponse_put_next_page_token(w, (codec_view){token, SEAL + last.size});
}

static void put_page(codec_writer *w, const ListRequest *request, const order_node *node, uint32_t count) {
  const order_node *last = NULL;
  for (; count > 0; count--, last = node, node = node->next[0]) {
    uint8_t *mark = ListResponse_open_values(w);
    KeyValue_put_key(w, key_in(node));
    KeyValue_put_value(w, counter_get_cell(node->cell));
    codec_close(w, mark);
  }
  if (last && node && begins_with(node, request->prefix)) put_token(w, request, key_in(last));
}

void list_page(uint64_t call, const ListRequest *request) {
  order_node *node;
  if (!first_of_page(request, &node)) {
    outbox_error(call, INTERLOCK_INVALID_ARGUMENT, REASON_PAGE_TOKEN_INVALID,
                 "the token is not one of this instance's for this prefix; begin with an empty one",
                 "page_token");
    return;
  }
  uint32_t bytes;
  uint32_t count = measure(node, request, &bytes);
  codec_writer *w = reply_open(call, bytes);
  if (!w) {
    reply_no_memory(call, NULL);
    return;
  }
  put_page(w, request, node, count);
  outbox_close();
}
