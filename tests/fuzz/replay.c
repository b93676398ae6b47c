/* replay.c - runs a fuzz target once over every file of a corpus; without one, that is an error. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* The mutator is linked, and not used. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
{
    (void)data;
    return size < max ? size : max;
}

int main(int argc, char **argv)
{
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;
    int count = 0;

    if (dir == NULL) {
        fprintf(stderr, "%s: no corpus folder\n", argv[0]);
        return 1;
    }
    while ((entry = readdir(dir)) != NULL) {
        struct gv_buf path, file;

        if (entry->d_name[0] == '.')
            continue;
        gv_buf_init(&path);
        gv_buf_init(&file);
        gv_buf_printf(&path, "%s/%s", argv[1], entry->d_name);
        if (gv_buf_read_file(&file, (char *)path.data, 1 << 24) != GV_OK) {
            fprintf(stderr, "%s: not readable\n", (char *)path.data);
            return 1;
        }
        LLVMFuzzerTestOneInput(file.data, file.len);
        gv_buf_fini(&path);
        gv_buf_fini(&file);
        count++;
    }
    closedir(dir);
    printf("%d inputs replayed\n", count);
    return count > 0 ? 0 : 1;
}
