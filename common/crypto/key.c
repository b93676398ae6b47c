/* key.c - keys in memory and on disk. */
#include "crypto/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "crypto/hash.h"

#define FILE_MAX 512
#define MAGIC    "giaoviec-key 1"

gv_err gv_key_from_seeds(const gv_code *code, const uint8_t sign_seed[32],
                         const uint8_t curve_sk[32], struct gv_key **out)
{
    struct gv_key *key = sodium_malloc(sizeof *key);

    if (key == NULL)
        return GV_ENOMEM;
    memset(key, 0, sizeof *key);
    key->code = *code;
    memcpy(key->curve_sk, curve_sk, sizeof key->curve_sk);
    if (crypto_sign_seed_keypair(key->sign_pk, key->sign_sk, sign_seed) != 0 ||
        crypto_scalarmult_base(key->curve_pk, key->curve_sk) != 0) {
        sodium_free(key);
        return GV_EBUG;
    }
    gv_key_id(key->sign_pk, &key->key_id);
    *out = key;
    return GV_OK;
}

gv_err gv_key_new(const gv_code *code, struct gv_key **out)
{
    uint8_t seeds[2][32];
    gv_err err;

    randombytes_buf(seeds, sizeof seeds);
    err = gv_key_from_seeds(code, seeds[0], seeds[1], out);
    sodium_memzero(seeds, sizeof seeds);
    return err;
}

void gv_key_free(struct gv_key *key)
{
    sodium_free(key);
}

/* The rest of a line "name value"; NULL where the line is another. Cuts the line off *text. */
static char *take_line(char **text, const char *name)
{
    char *line = *text;
    char *end = strchr(line, '\n');
    size_t len = strlen(name);

    if (end == NULL)
        return NULL;
    *end = '\0';
    *text = end + 1;
    if (strncmp(line, name, len) != 0)
        return NULL;
    return line + len;
}

static gv_err parse(char *text, struct gv_key **out)
{
    uint8_t seeds[2][32];
    struct gv_key *key = NULL;
    gv_code code;
    gv_id key_id;
    char *magic = take_line(&text, MAGIC);
    char *owner = magic != NULL ? take_line(&text, "code ") : NULL;
    char *sign = owner != NULL ? take_line(&text, "sign ") : NULL;
    char *curve = sign != NULL ? take_line(&text, "curve ") : NULL;
    char *id = curve != NULL ? take_line(&text, "key-id ") : NULL;
    gv_err err = GV_EBADMSG;

    if (id == NULL || magic[0] != '\0' || text[0] != '\0')
        return GV_EBADMSG;
    if (gv_code_from_str(owner, &code) != GV_OK || gv_unhex(sign, seeds[0], 32) != GV_OK ||
        gv_unhex(curve, seeds[1], 32) != GV_OK || gv_unhex(id, key_id.b, sizeof key_id.b) != GV_OK)
        goto out;
    err = gv_key_from_seeds(&code, seeds[0], seeds[1], &key);
    if (err != GV_OK)
        goto out;
    if (!gv_id_eq(&key->key_id, &key_id)) {
        err = GV_EBADMSG;
        goto out;
    }
    *out = key;
    key = NULL;
out:
    gv_key_free(key);
    sodium_memzero(seeds, sizeof seeds);
    return err;
}

gv_err gv_key_load(const char *path, struct gv_key **out)
{
    char text[FILE_MAX + 1];
    struct stat st;
    ssize_t len;
    gv_err err = GV_EIO;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? GV_ENOTFOUND : errno == EACCES ? GV_EDENIED : GV_EIO;
    if (fstat(fd, &st) != 0)
        goto out;
    if ((st.st_mode & 077) != 0) {
        err = GV_EDENIED;
        goto out;
    }
    len = read(fd, text, FILE_MAX);
    if (len < 0)
        goto out;
    text[len] = '\0';
    err = strlen(text) == (size_t)len ? parse(text, out) : GV_EBADMSG;
out:
    sodium_memzero(text, sizeof text);
    close(fd);
    return err;
}

gv_err gv_key_save(const struct gv_key *key, const char *path)
{
    char text[FILE_MAX], sign[65], curve[65], id[33];
    gv_err err;
    int len;

    gv_hex(key->sign_sk, 32, sign);
    gv_hex(key->curve_sk, 32, curve);
    gv_hex(key->key_id.b, sizeof key->key_id.b, id);
    len = snprintf(text, sizeof text, MAGIC "\ncode %s\nsign %s\ncurve %s\nkey-id %s\n",
                   key->code.s, sign, curve, id);
    err = gv_file_create(path, text, (size_t)len, 0600); /* whole or not at all, and durable */
    sodium_memzero(text, sizeof text);
    sodium_memzero(sign, sizeof sign);
    sodium_memzero(curve, sizeof curve);
    return err;
}
