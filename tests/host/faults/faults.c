// Makes system calls on one folder's files fail when a test says so. To be loaded before libc
// (LD_PRELOAD). INTERLOCK_FAULTS_IN names the data directory, INTERLOCK_FAULTS the folder that
// a test controls this with. A file CALL-PART there, such as "fdatasync-journal", rules the
// calls of that name on files in that part of the data directory:
//   text "28"      they fail with this errno
//   text "28 100"  a write takes 100 bytes first, then fails
//   a FIFO         they wait until somebody has opened it for writing, and closed it
// PART is "journal", "snapshots" or "modules"; "root" for files of the directory itself.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

// Which part of the data directory a path is in; false: none.
static bool part_of(const char *path, char part[32]) {
  const char *root = getenv("INTERLOCK_FAULTS_IN");
  size_t size = root ? strlen(root) : 0;
  if (!size || strncmp(path, root, size) || path[size] != '/') return false;
  const char *name = path + size + 1, *end = strchr(name, '/');
  snprintf(part, 32, "%.*s", end ? (int)(end - name) : 4, end ? name : "root");
  return true;
}

static bool part_of_file(int fd, char part[32]) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return false;
  path[size] = 0;
  return part_of(path, part);
}

// What a test wants of a call: 0, or an errno. Waits where it says so.
static int wanted(const char *call, const char *part, long *first) {
  char rule[PATH_MAX], text[64] = "";
  struct stat found;
  const char *folder = getenv("INTERLOCK_FAULTS");
  if (!folder) return 0;
  snprintf(rule, sizeof rule, "%s/%s-%s", folder, call, part);
  if (stat(rule, &found)) return 0;
  int fd = REAL(open)(rule, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  int number = 0;
  if (size > 0 && !S_ISFIFO(found.st_mode)) sscanf(text, "%d %ld", &number, first);
  return number;
}

static int rule_of(const char *call, int fd, long *first) {
  int kept = errno;
  char part[32];
  int number = part_of_file(fd, part) ? wanted(call, part, first) : 0;
  errno = number ? number : kept;
  return number;
}

ssize_t write(int fd, const void *data, size_t size) {
  static bool taken;
  long first = 0;
  if (rule_of("write", fd, &first)) {
    taken = !taken && first > 0 && (size_t)first < size;
    if (!taken) return -1;
    size = (size_t)first;
  }
  return REAL(write)(fd, data, size);
}

int fdatasync(int fd) { return rule_of("fdatasync", fd, &(long){0}) ? -1 : REAL(fdatasync)(fd); }

int fsync(int fd) { return rule_of("fsync", fd, &(long){0}) ? -1 : REAL(fsync)(fd); }

int ftruncate64(int fd, off64_t size) {
  return rule_of("ftruncate", fd, &(long){0}) ? -1 : REAL(ftruncate64)(fd, size);
}

int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
  va_end(more);
  char part[32];
  long first;
  int number = flags & O_CREAT && part_of(path, part) ? wanted("create", part, &first) : 0;
  if (!number) return REAL(open64)(path, flags, mode);
  errno = number;
  return -1;
}
