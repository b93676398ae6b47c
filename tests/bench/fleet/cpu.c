/* cpu.c - /proc/PID/task/TID/{comm,schedstat}, /proc/PID/status. */
#include "cpu.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool read_line(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    bool ok;

    if (file == NULL)
        return false;
    ok = fgets(out, (int)size, file) != NULL;
    fclose(file);
    if (ok)
        out[strcspn(out, "\n")] = '\0';
    return ok;
}

static void add(struct cpu *cpu, const char *name, uint64_t ns)
{
    size_t i = 0;

    cpu->ns += ns;
    while (i < cpu->names && strcmp(cpu->by_name[i].name, name) != 0)
        i++;
    if (i == CPU_NAMES)
        return;
    if (i == cpu->names) {
        snprintf(cpu->by_name[i].name, sizeof cpu->by_name[i].name, "%s", name);
        cpu->names++;
    }
    cpu->by_name[i].ns += ns;
}

static void add_rss(struct cpu *cpu, pid_t pid)
{
    char path[64], line[256];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            cpu->rss_kib += strtoull(line + 6, NULL, 10);
    }
    if (file != NULL)
        fclose(file);
}

/* name NULL: each thread's own. */
static void add_process(struct cpu *cpu, pid_t pid, const char *name)
{
    char folder[64], path[384], line[64], comm[32];
    struct dirent *entry;
    DIR *dir;

    snprintf(folder, sizeof folder, "/proc/%d/task", (int)pid);
    dir = opendir(folder);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/comm", folder, entry->d_name);
        if (!read_line(path, comm, sizeof comm))
            continue;
        snprintf(path, sizeof path, "%s/%s/schedstat", folder, entry->d_name);
        if (read_line(path, line, sizeof line))
            add(cpu, name != NULL ? name : comm, strtoull(line, NULL, 10));
    }
    if (dir != NULL)
        closedir(dir);
    add_rss(cpu, pid);
}

void cpu_of_threads(pid_t pid, struct cpu *out)
{
    memset(out, 0, sizeof *out);
    if (pid > 0)
        add_process(out, pid, NULL);
}

/* "postgres: giaoviec_server giaoviec [local] idle": what a client calls itself is not there, so
 * backends are told apart by who they are, the others by what they do. */
static const char *role_of(pid_t pid, char *line, size_t size)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    if (!read_line(path, line, size))
        return "?";
    if (strstr(line, "[local]") != NULL || strchr(line, '(') != NULL)
        return "backends";
    if (strstr(line, "walwriter") != NULL)
        return "walwriter";
    if (strstr(line, "checkpointer") != NULL || strstr(line, "background writer") != NULL)
        return "writers";
    return strstr(line, "autovacuum") != NULL ? "autovacuum" : "others";
}

void cpu_of_cluster(pid_t postmaster, struct cpu *out)
{
    char path[64], line[4096], role[256];
    char *at = line;

    memset(out, 0, sizeof *out);
    if (postmaster <= 0)
        return;
    add_process(out, postmaster, "others");
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)postmaster, (int)postmaster);
    if (!read_line(path, line, sizeof line))
        return;
    for (;;) {
        char *end;
        long pid = strtol(at, &end, 10);

        if (end == at)
            return;
        add_process(out, (pid_t)pid, role_of((pid_t)pid, role, sizeof role));
        at = end;
    }
}

void cpu_json(const struct cpu *before, const struct cpu *after, uint64_t ops, FILE *out)
{
    double per = ops > 0 ? 1000.0 * (double)ops : 1e3;

    fprintf(out,
            "{\"us_per_op\":%.2f,\"us\":%.0f,\"rss_kib_before\":%llu,\"rss_kib\":%llu,\"by\":{",
            (double)(after->ns - before->ns) / per, (double)(after->ns - before->ns) / 1e3,
            (unsigned long long)before->rss_kib, (unsigned long long)after->rss_kib);
    for (size_t i = 0; i < after->names; i++) {
        uint64_t ns = after->by_name[i].ns;

        for (size_t k = 0; k < before->names; k++) {
            if (strcmp(before->by_name[k].name, after->by_name[i].name) == 0)
                ns = ns > before->by_name[k].ns ? ns - before->by_name[k].ns : 0;
        }
        fprintf(out, "%s\"%s\":%.2f", i > 0 ? "," : "", after->by_name[i].name, (double)ns / per);
    }
    fprintf(out, "}}");
}
