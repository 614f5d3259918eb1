// A disk that fails as it is told, under a real process: preloaded, it stands between the process and the C library. DISK_FAULTS names a file of 4096 bytes that tests write
// while the process runs, one rule a line: `CALL ERRNO PATH`. CALL is write, sync, open, modify (open for writing), grow or names (rename, unlink, mkdir); a negative ERRNO is
// a delay in ms, after which the call is carried out; PATH is a part of the path.
// DISK_SYNCS names a file that gets a line `BYTES PATH` for each file that was synced: what a loss of power would have left of it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { RULES_BYTES = 4096 };

static const volatile char *rules;

static int syncs = -1;

static int find(const char *call, const char *path)
{
    char copy[RULES_BYTES], *rest = copy, *line;
    memcpy(copy, (const char *)rules, RULES_BYTES - 1);
    copy[RULES_BYTES - 1] = 0;
    while ((line = strsep(&rest, "\n")) && *line) {
        char of[16], part[PATH_MAX];
        int error;
        if (sscanf(line, "%15s %d %4095s", of, &error, part) == 3 && !strcmp(of, call) && strstr(path, part))
            return error;
    }
    return 0;
}

// 0: carry it out; otherwise errno is set and the call fails.
static int refuse(const char *call, const char *path)
{
    if (!rules || !*rules || !path)
        return 0;
    int error = find(call, path);
    if (error < 0) {
        struct timespec delay = { -error / 1000, -error % 1000 * 1000000L };
        nanosleep(&delay, NULL);
        return 0;
    }
    if (error)
        errno = error;
    return error;
}

static int refuse_file(const char *call, int file)
{
    if (!rules || !*rules)
        return 0;
    char name[64], path[PATH_MAX];
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    return refuse(call, path);
}

static void *(*real_dlsym)(void *, const char *);

static void *next(const char *name)
{
    if (!real_dlsym) {
        real_dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
        if (!real_dlsym)
            real_dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    }
    return real_dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void map_rules(void)
{
    const char *path = getenv("DISK_FAULTS");
    int (*open_file)(const char *, int, ...) = (int (*)(const char *, int, ...))next("open");
    int file = path ? open_file(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    if (getenv("DISK_SYNCS"))
        syncs = open_file(getenv("DISK_SYNCS"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    void *mapped = mmap(NULL, RULES_BYTES, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED)
        rules = mapped;
}

#define REAL(result, name, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) \
        real = (result(*)(__VA_ARGS__))next(name)

#define ON_FILE(call, result, name, parameters, arguments, ...) \
    result name parameters \
    { \
        REAL(result, #name, __VA_ARGS__); \
        return refuse_file(call, file) ? -1 : real arguments; \
    }

ON_FILE("write", ssize_t, write, (int file, const void *bytes, size_t count), (file, bytes, count), int, const void *, size_t)
ON_FILE("write", ssize_t, pwrite, (int file, const void *bytes, size_t count, off_t at), (file, bytes, count, at), int, const void *, size_t, off_t)
ON_FILE("write", ssize_t, pwrite64, (int file, const void *bytes, size_t count, off64_t at), (file, bytes, count, at), int, const void *, size_t, off64_t)
ON_FILE("write", ssize_t, pwritev, (int file, const struct iovec *parts, int count, off_t at), (file, parts, count, at), int, const struct iovec *, int, off_t)
ON_FILE("write", ssize_t, pwritev64, (int file, const struct iovec *parts, int count, off64_t at), (file, parts, count, at), int, const struct iovec *, int, off64_t)

static void note_synced(int file, off_t bytes)
{
    char name[64], path[PATH_MAX], line[PATH_MAX + 32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length <= 0)
        return;
    path[length] = 0;
    int count = snprintf(line, sizeof line, "%lld %s\n", (long long)bytes, path);
    if (write(syncs, line, count) != count)
        abort();
}

// What is written while the sync runs may not be part of it.
#define ON_SYNC(name) \
    int name(int file) \
    { \
        REAL(int, #name, int); \
        struct stat before; \
        if (refuse_file("sync", file)) \
            return -1; \
        int isKnown = syncs >= 0 && !fstat(file, &before) && S_ISREG(before.st_mode); \
        int result = real(file); \
        if (!result && isKnown) \
            note_synced(file, before.st_size); \
        return result; \
    }

ON_SYNC(fsync)
ON_SYNC(fdatasync)
ON_FILE("sync", int, syncfs, (int file), (file), int)
ON_FILE("grow", int, ftruncate, (int file, off_t length), (file, length), int, off_t)
ON_FILE("grow", int, ftruncate64, (int file, off64_t length), (file, length), int, off64_t)
ON_FILE("grow", int, fallocate, (int file, int mode, off_t at, off_t length), (file, mode, at, length), int, int, off_t, off_t)
ON_FILE("grow", int, fallocate64, (int file, int mode, off64_t at, off64_t length), (file, mode, at, length), int, int, off64_t, off64_t)

int posix_fallocate(int file, off_t at, off_t length)
{
    REAL(int, "posix_fallocate", int, off_t, off_t);
    int error = refuse_file("grow", file);
    return error ? error : real(file, at, length);
}

int posix_fallocate64(int file, off64_t at, off64_t length)
{
    REAL(int, "posix_fallocate64", int, off64_t, off64_t);
    int error = refuse_file("grow", file);
    return error ? error : real(file, at, length);
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        REAL(int, #name, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        int changes = (flags & (O_WRONLY | O_RDWR | O_CREAT)) && refuse("modify", path); \
        return changes || refuse("open", path) ? -1 : real(path, flags, mode); \
    }

OPEN(open)
OPEN(open64)

#define ON_NAME(name, parameters, arguments, ...) \
    int name parameters \
    { \
        REAL(int, #name, __VA_ARGS__); \
        return refuse("names", path) ? -1 : real arguments; \
    }

ON_NAME(rename, (const char *path, const char *to), (path, to), const char *, const char *)
ON_NAME(unlink, (const char *path), (path), const char *)
ON_NAME(mkdir, (const char *path, mode_t mode), (path, mode), const char *, mode_t)

// What the runtime looks up in the C library by name gets these, too.
void *dlsym(void *library, const char *name)
{
    if (!real_dlsym)
        next("fsync");
    if (library != RTLD_NEXT && !strcmp(name, "fsync"))
        return (void *)fsync;
    if (library != RTLD_NEXT && !strcmp(name, "open"))
        return (void *)open;
    if (library != RTLD_NEXT && !strcmp(name, "syncfs"))
        return (void *)syncfs;
    return real_dlsym(library, name);
}
