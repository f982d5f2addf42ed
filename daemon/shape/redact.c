// SPDX-License-Identifier: Apache-2.0

/* A hash without a key would not hide much: there are few users, and few programs, so all can be
 * tried. Hence SipHash with 128 bits, and a key from a file that others cannot read (or from a
 * credential of the service manager), never from the config. The same value under the same key
 * gives the same hash in every record and on every machine, so that records can still be joined. */

#include "record/builtin_handlers.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/siphash.h"
#include "base/suggestion.h"
#include "config/setting.h"
#include "record/derive.h"
#include "record/edit.h"
#include "record/overlap.h"

enum { REDACT_FIELDS_MAX = 64 };

enum {
    HEX_BYTES = 2 * SIPHASH_BYTES,
    KEY_DIGITS = 2 * SIPHASH_KEY_BYTES, /* as a key is in its file */
};

static const char stars[] = "***";

struct redact_config {
    const struct config_node *fields;
    const char *key_file;
    const char *credential;
};

/* A field whose values are hashed. */
struct hashed {
    const struct field *field; /* as it comes in */
    uint32_t column;           /* counted from 1 */
    struct column values;
    char text[BATCH_MAX][HEX_BYTES];
};

struct redact {
    struct handler base;
    struct schema *schema;
    uint8_t key[SIPHASH_KEY_BYTES];
    struct column mask; /* of all that are masked */
    uint32_t masked[REDACT_FIELDS_MAX];
    uint32_t n_masked;
    struct hashed *hashed;
    uint32_t n_hashed;
};

static const struct setting redact_settings[] = {
    {
        .name = "fields",
        .type = SETTING_NODE,
        .offset = offsetof(struct redact_config, fields),
        .required = true,
        .doc = "fields and what to do with each: drop, mask or hash",
    },
    {
        .name = "key_file",
        .type = SETTING_PATH,
        .offset = offsetof(struct redact_config, key_file),
        .doc = "file with the hash key: 32 hexadecimal digits; only its owner may read it",
    },
    {
        .name = "credential",
        .type = SETTING_NAME,
        .offset = offsetof(struct redact_config, credential),
        .doc = "systemd credential with the hash key, see LoadCredential= in systemd.exec(5)",
    },
    {0},
};

static void redact_close(struct handler *handler)
{
    struct redact *redact = (struct redact *)handler;

    if (!redact)
        return;
    schema_free(redact->schema);
    free(redact->hashed);
    explicit_bzero(redact->key, sizeof(redact->key));
    free(redact);
}

/* ---- the key --------------------------------------------------------------------------------- */

static int digit(char c)
{
    const char *const digits = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)((at - digits) % 16) : -1;
}

/* What is wrong with the text of a key file; NULL: nothing. */
static const char *parse_key(const char *text, ssize_t length, uint8_t key[SIPHASH_KEY_BYTES])
{
    static const char *const shape =
        "it must contain 32 hexadecimal digits; create it with openssl rand -hex 16";

    if (length == KEY_DIGITS + 1 && text[KEY_DIGITS] == '\n')
        length--;
    if (length != KEY_DIGITS)
        return shape;
    for (int i = 0; i < SIPHASH_KEY_BYTES; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return shape;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return NULL;
}

static const char *read_key(const char *path, uint8_t key[SIPHASH_KEY_BYTES])
{
    _cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char text[KEY_DIGITS + 2];
    const char *wrong;
    struct stat about;
    ssize_t length;

    if (fd < 0 || fstat(fd, &about) < 0)
        return strerror(errno);
    if (!S_ISREG(about.st_mode))
        return "it is not a regular file";
    if (about.st_mode & (S_IRWXG | S_IRWXO))
        return "its group or others can access it; fix it with chmod 0400";
    length = read(fd, text, sizeof(text));
    wrong = length < 0 ? strerror(errno) : parse_key(text, length, key);
    explicit_bzero(text, sizeof(text));
    return wrong;
}

static int open_key(struct redact *redact, const struct config_node *config,
                    const struct redact_config *bound, struct diag *diag)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY"), *wrong;
    char path[PATH_MAX];

    if (!bound->key_file == !bound->credential) {
        diag_add(diag, config, "hash requires either key_file: or credential:");
        return -EINVAL;
    }
    if (bound->credential && (!folder || strchr(bound->credential, '/'))) {
        diag_add(diag, config_map_get(config, "credential"), "%s",
                 folder
                     ? "a credential name cannot contain a slash"
                     : "the daemon has no credentials; start it by systemd with LoadCredential=");
        return -EINVAL;
    }
    snprintf(path, sizeof(path), "%s%s%s", bound->key_file ? bound->key_file : folder,
             bound->key_file ? "" : "/", bound->key_file ? "" : bound->credential);
    wrong = read_key(path, redact->key);
    if (wrong)
        diag_add(diag, config_map_get(config, bound->key_file ? "key_file" : "credential"),
                 "cannot use the key in %s: %s", path, wrong);
    return wrong ? -EINVAL : 0;
}

/* ---- the fields ------------------------------------------------------------------------------ */

enum action { ACTION_DROP, ACTION_MASK, ACTION_HASH, ACTIONS };

static const char *const action_names[ACTIONS] = {"drop", "mask", "hash"};

static int find_action(const struct config_node *entry, struct diag *diag)
{
    struct suggestion suggestion;

    for (int i = 0; entry->kind == CONFIG_SCALAR && i < ACTIONS; i++)
        if (strcmp(entry->text, action_names[i]) == 0)
            return i;
    if (entry->kind != CONFIG_SCALAR) {
        diag_add(diag, entry, "expected drop, mask or hash, found %s",
                 config_node_kind_name(entry));
        return -EINVAL;
    }
    suggestion_init(&suggestion, entry->text);
    for (int i = 0; i < ACTIONS; i++)
        suggestion_offer(&suggestion, action_names[i]);
    diag_add(diag, entry, "unknown action; %s", suggestion_words(&suggestion));
    return -EINVAL;
}

static bool is_text(const struct field *field)
{
    return field->kind == FIELD_CHARS || field->kind == FIELD_TEXT;
}

/* Texts, and what is one value: numbers, addresses. */
static bool can_hash(const struct field *field)
{
    switch (field->kind) {
    case FIELD_CHARS:
    case FIELD_TEXT:
    case FIELD_BYTES:
    case FIELD_UINT:
    case FIELD_INT:
    case FIELD_ENUM:
        return true;
    default:
        return false;
    }
}

static int read_field(const struct config_node *entry, const struct handler_host *host,
                      struct diag *diag, struct edit *ret_edit)
{
    const struct field *field = edit_find(host, entry->key, entry, diag);
    int action = find_action(entry, diag);

    if (action < 0)
        return action;
    *ret_edit = (struct edit){.kind = action == ACTION_DROP ? EDIT_DROP : EDIT_REPLACE,
                              .path = entry->key,
                              .node = entry,
                              .like = derive_text};
    if (field && field->exposed) {
        diag_add(diag, entry,
                 "the metrics of an earlier aggregate expose %s; redact it before the aggregate, "
                 "or remove expose",
                 entry->key);
        return -EINVAL;
    }
    if (field && action == ACTION_MASK && !is_text(field) && field->kind != FIELD_TEXTS) {
        diag_add(diag, entry, "only text can be masked; %s can be dropped%s", entry->key,
                 can_hash(field) ? " or hashed" : "");
        return -EINVAL;
    }
    if (field && action == ACTION_HASH && !can_hash(field)) {
        diag_add(diag, entry, "only text, integers and addresses can be hashed; %s can be dropped",
                 entry->key);
        return -EINVAL;
    }
    return action;
}

static int read_fields(const struct config_node *fields, const struct handler_host *host,
                       struct diag *diag, struct edit *edits, int *actions)
{
    uint32_t n = 0;
    int result = 0;

    if (fields->kind != CONFIG_MAP || fields->count == 0 || fields->count > REDACT_FIELDS_MAX) {
        diag_add(diag, fields, "expected a map of 1 to %d fields, as in {comm: mask}",
                 REDACT_FIELDS_MAX);
        return -EINVAL;
    }
    for (const struct config_node *entry = fields->first; entry; entry = entry->next, n++) {
        actions[n] = read_field(entry, host, diag, &edits[n]);
        result = actions[n] < 0 ? -EINVAL : result;
    }
    return result;
}

/* With the columns numbered: which of them is filled how. */
static int open_columns(struct redact *redact, const struct handler_host *host,
                        const struct edit *edits, const int *actions, uint32_t n, struct diag *diag)
{
    redact->hashed = calloc(n, sizeof(*redact->hashed));
    if (!redact->hashed)
        return -ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        if (edits[i].kind != EDIT_REPLACE || edits[i].absent)
            continue;
        if (actions[i] == ACTION_MASK)
            redact->masked[redact->n_masked++] = edits[i].like.column;
        else
            redact->hashed[redact->n_hashed++] = (struct hashed){
                .field = edit_find(host, edits[i].path, edits[i].node, diag),
                .column = edits[i].like.column,
            };
    }
    for (uint32_t i = 0; i < BATCH_MAX; i++)
        redact->mask.texts[i] = (struct text){stars, sizeof(stars) - 1};
    return 0;
}

/* The bytes of what is hidden must not be readable as something else. */
static int check_bytes(const struct schema *schema, const struct handler_host *host,
                       const struct edit *edits, uint32_t n, struct diag *diag)
{
    char path[EDIT_PATH_MAX];
    int result = 0;

    for (uint32_t i = 0; i < n; i++) {
        const struct field *field = edit_find(host, edits[i].path, edits[i].node, diag);

        if (!field || !overlap_find(schema, field, path, sizeof(path)))
            continue;
        diag_add(diag, edits[i].node, "%s shares its bytes with %s; redact that as well",
                 edits[i].path, path);
        result = -EINVAL;
    }
    return result;
}

static int open_fields(struct redact *redact, const struct config_node *config,
                       const struct redact_config *bound, const struct handler_host *host,
                       struct diag *diag)
{
    struct edit edits[REDACT_FIELDS_MAX];
    int actions[REDACT_FIELDS_MAX];
    uint32_t n = bound->fields->count;
    bool hashes = false;
    int result = read_fields(bound->fields, host, diag, edits, actions);

    if (result < 0)
        return result;
    for (uint32_t i = 0; i < n; i++)
        hashes |= actions[i] == ACTION_HASH;
    if (hashes)
        result = open_key(redact, config, bound, diag);
    if (result == 0)
        result = edit_schema(host, edits, n, 0, diag, &redact->schema);
    if (result == 0)
        result = check_bytes(redact->schema, host, edits, n, diag);
    if (result == 0)
        result = edit_check_repeats(redact->schema, config, diag);
    if (result == 0)
        result = open_columns(redact, host, edits, actions, n, diag);
    redact->base.schema = redact->schema;
    return result;
}

static int redact_open(const struct config_node *config, const struct handler_host *host,
                       struct diag *diag, struct handler **ret)
{
    struct redact_config bound;
    struct redact *redact;
    int result;

    if (setting_bind(redact_settings, config, &bound, diag) > 0)
        return -EINVAL;
    redact = calloc(1, sizeof(*redact));
    if (!redact)
        return -ENOMEM;
    redact->base.ops = &redact_ops;
    result = open_fields(redact, config, &bound, host, diag);
    if (result < 0) {
        redact_close(&redact->base);
        return result;
    }
    *ret = &redact->base;
    return 0;
}

/* ---- on the way ------------------------------------------------------------------------------ */

static void put_hex(const uint8_t hash[SIPHASH_BYTES], char text[HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 0; i < SIPHASH_BYTES; i++) {
        text[2 * i] = digits[hash[i] >> 4];
        text[2 * i + 1] = digits[hash[i] & 15];
    }
}

/* Room for what is not in the record as it is. */
union spare {
    uint64_t number;
    char address[FIELD_ADDRESS_BYTES];
};

/* The bytes of a value, whichever kind it is; none for null. A number is its 8 bytes, little
 * end first, so that its width does not matter. */
static struct text bytes_of(const struct batch *batch, const struct field *field, uint32_t index,
                            union spare *spare)
{
    if (is_text(field))
        return batch_text(batch, field, index);
    if (field->meaning == MEANING_IP && !field->column)
        return field_address(field, &batch->views[index], spare->address);
    if (!batch_present(batch, field, index))
        return (struct text){0};
    if (field->kind == FIELD_BYTES)
        return batch_bytes(batch, field, index);
    spare->number = htole64(batch_integer(batch, field, index));
    return (struct text){(const char *)&spare->number, sizeof(spare->number)};
}

static void hash_field(const struct redact *redact, struct hashed *hashed, struct batch *batch)
{
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t index = batch->selection[i];
        uint8_t hash[SIPHASH_BYTES];
        union spare spare;
        struct text bytes = bytes_of(batch, hashed->field, index, &spare);

        column_set_null(&hashed->values, index, !bytes.bytes);
        if (!bytes.bytes)
            continue;
        siphash(redact->key, bytes.bytes, bytes.length, hash);
        put_hex(hash, hashed->text[index]);
        hashed->values.texts[index] = (struct text){hashed->text[index], HEX_BYTES};
    }
    batch->columns[hashed->column - 1] = &hashed->values;
}

static void redact_process(struct handler *handler, struct batch *batch)
{
    struct redact *redact = (struct redact *)handler;

    for (uint32_t i = 0; i < redact->n_hashed; i++)
        hash_field(redact, &redact->hashed[i], batch);
    for (uint32_t i = 0; i < redact->n_masked; i++)
        batch->columns[redact->masked[i] - 1] = &redact->mask;
    batch->schema = redact->schema;
}

const struct handler_ops redact_ops = {
    .name = "redact",
    .doc = "hides values: drops, masks or hashes fields",
    .removes = BOOK_FILTERED, /* it takes none away */
    .settings = redact_settings,
    .reads_fields = true,
    .open = redact_open,
    .process = redact_process,
    .close = redact_close,
};
