/*
 * A library for LD_PRELOAD that makes a power cut of a process that is killed: it notes outside how to undo everything below a folder
 * that was not synced, and `forget.ts` undoes it when the process is gone. What fsync or fdatasync of a file was called for stays; a
 * directory entry (created, renamed, removed) stays when the directory was synced afterwards. That is all that POSIX promises; most
 * file systems keep more.
 *
 * FORGET_ROOT     the folder, a path without symbolic links
 * FORGET_JOURNAL  where the notes go, on the same file system and not below the root; `inodes` in it keeps what was unlinked
 * FORGET_DEAF     file names that end like this are never synced, whoever asks: how a drill shows that it would notice
 * FORGET_CONTROL  a file that a drill writes to while we run: `struct control` below
 *
 * What it starts gets the library when PRELOAD_CHILD_ENV says so (preload/children.h), with a FORGET_CONTROL of its own if that says so.
 *
 * Nothing is really synced: the page cache outlives a kill. Not modelled, and noted as such when it happens below the root: files written
 * through mmap, fallocate, copy_file_range, sendfile, O_TMPFILE, symbolic links, and renamed directories. `-shm` files are passed over and are gone
 * after the cut: SQLite makes them anew from the -wal file.
 */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../preload/children.h"

#define MOST_FILES 65536
#define MAGIC 0x46524754u

/* As forget.ts reads it; then come the path and the old bytes. */
struct record {
  uint32_t magic;
  uint32_t kind;
  uint64_t time;
  uint64_t inode;
  /* Of a rename: the inode that was replaced, or 0. Of a write: where it begins. Of a cut: the new size. */
  uint64_t offset;
  uint64_t length;
  uint64_t old_size;
  uint32_t path_length;
  uint32_t data_length;
};

struct control {
  /* While it is not 0, what would change anything below the root fails with this errno. */
  int32_t fault;
  /* While it is above 0, each sync counts it down; the one that comes to 0 is never done, for the power goes. */
  int32_t syncs_left;
  /* Every process that the power goes for. */
  int32_t processes[14];
};

enum kind { WRITE = 1, CUT, SYNC, CREATE, REMOVE, RENAME, MAKE_DIRECTORY, REMOVE_DIRECTORY, SYNC_DIRECTORY, UNKNOWN };

struct tracked {
  uint64_t inode;
  char is_directory;
  char is_deaf;
  char appends;
};

static struct tracked *files[MOST_FILES];
static char root[PATH_MAX];
static size_t root_length;
static char journal_folder[PATH_MAX];
static const char *deaf;
static volatile struct control *control;
static int journal = -1;
static pid_t journal_of;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off64_t);
static int (*real_ftruncate)(int, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_renameat2)(int, const char *, int, const char *, unsigned);
static int (*real_unlinkat)(int, const char *, int);
static int (*real_mkdirat)(int, const char *, mode_t);
static void *(*real_mmap)(void *, size_t, int, int, int, off64_t);

static void give_up(const char *what) {
  dprintf(2, "forget.c: %s: %s\n", what, strerror(errno));
  abort();
}

static void hold(void) { pthread_mutex_lock(&lock); }
static void let_go(void) { pthread_mutex_unlock(&lock); }

__attribute__((constructor)) static void begin(void) {
  pthread_atfork(hold, let_go, let_go);
  read_child_environment();
  real_open = dlsym(RTLD_NEXT, "open64");
  real_close = dlsym(RTLD_NEXT, "close");
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_writev = dlsym(RTLD_NEXT, "writev");
  real_pwritev = dlsym(RTLD_NEXT, "pwritev64");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_renameat2 = dlsym(RTLD_NEXT, "renameat2");
  real_unlinkat = dlsym(RTLD_NEXT, "unlinkat");
  real_mkdirat = dlsym(RTLD_NEXT, "mkdirat");
  real_mmap = dlsym(RTLD_NEXT, "mmap64");
  const char *below = getenv("FORGET_ROOT");
  const char *notes = getenv("FORGET_JOURNAL");
  const char *switch_path = getenv("FORGET_CONTROL");
  deaf = getenv("FORGET_DEAF");
  if (below == NULL) return;
  if (notes != NULL) snprintf(journal_folder, sizeof journal_folder, "%s", notes);
  if (switch_path != NULL) {
    int file = real_open(switch_path, O_RDWR | O_CLOEXEC);
    if (file < 0) give_up(switch_path);
    void *seen = real_mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (seen == MAP_FAILED) give_up(switch_path);
    control = seen;
    real_close(file);
    for (int i = 0; i < 14 && !__sync_bool_compare_and_swap(&control->processes[i], 0, getpid()); i++) {}
  }
  root_length = strlen(below);
  memcpy(root, below, root_length + 1);
}

/* ---- notes */

/* A process that was forked has notes of its own: a record that a kill cut short is then always the last one. */
static void open_journal(void) {
  if (journal >= 0 && journal_of == getpid()) return;
  char path[PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/%d.journal", journal_folder, getpid());
  int file = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) give_up(path);
  /* Out of the way of limits and of programs that close what they did not open. */
  journal = fcntl(file, F_DUPFD_CLOEXEC, 500);
  if (journal < 0) journal = file;
  else real_close(file);
  journal_of = getpid();
}

static void note(struct record record, const char *path, const void *data) {
  if (journal_folder[0] == 0) return;
  open_journal();
  record.magic = MAGIC;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  record.time = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  record.path_length = path == NULL ? 0 : (uint32_t)strlen(path);
  struct iovec parts[3] = {
    { &record, sizeof record },
    { (void *)path, record.path_length },
    { (void *)data, record.data_length },
  };
  ssize_t all = (ssize_t)(sizeof record + record.path_length + record.data_length);
  if (real_writev(journal, parts, 3) != all) give_up("a note is not whole");
}

static void note_unknown(const char *what) {
  note((struct record){ .kind = UNKNOWN }, what, NULL);
}

/* Keeps an inode reachable whatever becomes of its names. */
static void keep(const char *path, uint64_t inode) {
  if (journal_folder[0] == 0) return;
  char kept[PATH_MAX + 64];
  snprintf(kept, sizeof kept, "%s/inodes/%llu", journal_folder, (unsigned long long)inode);
  if (syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, kept, 0) != 0 && errno != EEXIST) give_up(path);
}

/* ---- places */

static int ends_with(const char *text, const char *end) {
  size_t length = strlen(text), of_end = strlen(end);
  return length >= of_end && strcmp(text + length - of_end, end) == 0;
}

/* The absolute path, when it lies below the root or is the root. */
static int place(int directory, const char *path, char *absolute) {
  if (root_length == 0 || path == NULL) return 0;
  if (path[0] == '/') {
    if (strlen(path) >= PATH_MAX) return 0;
    strcpy(absolute, path);
  } else {
    char base[PATH_MAX];
    if (directory == AT_FDCWD) {
      if (getcwd(base, sizeof base) == NULL) return 0;
    } else {
      char link_path[64];
      snprintf(link_path, sizeof link_path, "/proc/self/fd/%d", directory);
      ssize_t length = readlink(link_path, base, sizeof base - 1);
      if (length < 0) return 0;
      base[length] = 0;
    }
    if (strlen(base) + strlen(path) + 2 >= PATH_MAX) return 0;
    strcpy(absolute, base);
    strcat(absolute, "/");
    strcat(absolute, path);
  }
  size_t length = strlen(absolute);
  while (length > 1 && absolute[length - 1] == '/') absolute[--length] = 0;
  if (strncmp(absolute, root, root_length) != 0) return 0;
  if (absolute[root_length] != '/' && absolute[root_length] != 0) return 0;
  return !ends_with(absolute, "-shm");
}

static uint64_t inode_at(const char *path, mode_t *mode) {
  struct stat64 found;
  if (lstat64(path, &found) != 0) return 0;
  if (mode != NULL) *mode = found.st_mode;
  return found.st_ino;
}

/* The file behind a descriptor, when it is one of ours still. */
static struct tracked *tracked_at(int fd, struct stat64 *now) {
  if (fd < 0 || fd >= MOST_FILES || files[fd] == NULL) return NULL;
  if (fstat64(fd, now) != 0 || now->st_ino != files[fd]->inode) return NULL;
  return files[fd];
}

/* Whether what is about to be changed fails. A full disk still takes what needs no more room. */
static int fails(int grows) {
  int why = control == NULL ? 0 : control->fault;
  if (why == 0 || (why == ENOSPC && !grows)) return 0;
  errno = why;
  return 1;
}

/* ---- files */

static void note_cut(int fd, uint64_t inode, uint64_t size, uint64_t old_size) {
  uint64_t lost = old_size > size ? old_size - size : 0;
  char *old = lost == 0 ? NULL : malloc(lost);
  if (lost > 0 && pread64(fd, old, lost, (off64_t)size) != (ssize_t)lost) give_up("the old bytes cannot be read");
  note((struct record){ .kind = CUT, .inode = inode, .offset = size, .old_size = old_size, .data_length = (uint32_t)lost },
       NULL, old);
  free(old);
}

/* Before `length` bytes are written at `offset`. */
static void note_write(int fd, struct tracked *file, struct stat64 *now, off64_t offset, size_t length) {
  uint64_t end = (uint64_t)offset + length, size = (uint64_t)now->st_size;
  uint64_t over = (uint64_t)offset >= size ? 0 : (end < size ? end : size) - (uint64_t)offset;
  char *old = over == 0 ? NULL : malloc(over);
  if (over > 0 && pread64(fd, old, over, offset) != (ssize_t)over) give_up("the old bytes cannot be read");
  note((struct record){ .kind = WRITE, .inode = file->inode, .offset = (uint64_t)offset, .length = length,
                        .old_size = size, .data_length = (uint32_t)over }, NULL, old);
  free(old);
}

static int open_tracked(int directory, const char *path, int flags, mode_t mode) {
  char absolute[PATH_MAX];
  int changes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
  if (!place(directory, path, absolute)) {
    if (directory == AT_FDCWD || path[0] == '/') return real_open(path, flags, mode);
    return (int)syscall(SYS_openat, directory, path, flags, mode);
  }
  pthread_mutex_lock(&lock);
  uint64_t before = inode_at(absolute, NULL);
  if (changes && fails(before == 0)) {
    pthread_mutex_unlock(&lock);
    return -1;
  }
  if ((flags & O_TMPFILE) == O_TMPFILE) note_unknown("O_TMPFILE");
  int asked = flags & ~O_TRUNC;
  /* What is there has to be read before it is overwritten. */
  if ((asked & O_ACCMODE) == O_WRONLY) asked = (asked & ~O_ACCMODE) | O_RDWR;
  int fd = real_open(absolute, asked, mode);
  if (fd >= 0 && fd < MOST_FILES) {
    struct stat64 now;
    if (fstat64(fd, &now) != 0) give_up(absolute);
    if (S_ISREG(now.st_mode) || S_ISDIR(now.st_mode)) {
      struct tracked *file = calloc(1, sizeof *file);
      file->inode = now.st_ino;
      file->is_directory = S_ISDIR(now.st_mode);
      file->is_deaf = deaf != NULL && deaf[0] != 0 && ends_with(absolute, deaf);
      file->appends = (flags & O_APPEND) != 0;
      free(files[fd]);
      files[fd] = file;
      if (S_ISREG(now.st_mode) && changes) keep(absolute, now.st_ino);
      if (before == 0 && (flags & O_CREAT) != 0) {
        note((struct record){ .kind = CREATE, .inode = now.st_ino }, absolute, NULL);
      }
      if ((flags & O_TRUNC) != 0 && now.st_size > 0) {
        note_cut(fd, now.st_ino, 0, (uint64_t)now.st_size);
        if (real_ftruncate(fd, 0) != 0) give_up(absolute);
      }
    }
  }
  int why = errno;
  pthread_mutex_unlock(&lock);
  errno = why;
  return fd;
}

#define OPEN_MODE(flags) \
  mode_t mode = 0; \
  if (((flags) & O_CREAT) != 0 || ((flags) & O_TMPFILE) == O_TMPFILE) { \
    va_list more; \
    va_start(more, flags); \
    mode = va_arg(more, mode_t); \
    va_end(more); \
  }

int open(const char *path, int flags, ...) { OPEN_MODE(flags) return open_tracked(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { OPEN_MODE(flags) return open_tracked(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { OPEN_MODE(flags) return open_tracked(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { OPEN_MODE(flags) return open_tracked(at, path, flags, mode); }
int creat(const char *path, mode_t mode) { return open_tracked(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

int close(int fd) {
  pthread_mutex_lock(&lock);
  if (fd >= 0 && fd < MOST_FILES) {
    free(files[fd]);
    files[fd] = NULL;
  }
  int done = real_close(fd);
  pthread_mutex_unlock(&lock);
  return done;
}

/* `call` is what is done to the descriptor when its undo is noted. */
#define WRITING(fd, offset, size, call) \
  ssize_t done; \
  struct stat64 now; \
  if (fd < 0 || fd >= MOST_FILES || files[fd] == NULL) return call; \
  pthread_mutex_lock(&lock); \
  struct tracked *file = tracked_at(fd, &now); \
  if (file != NULL && !file->is_directory) { \
    off64_t at = file->appends ? now.st_size : (offset) < 0 ? lseek64(fd, 0, SEEK_CUR) : (offset); \
    if (fails(at + (off64_t)(size) > now.st_size)) { \
      pthread_mutex_unlock(&lock); \
      return -1; \
    } \
    note_write(fd, file, &now, at, size); \
  } \
  done = call; \
  int why = errno; \
  pthread_mutex_unlock(&lock); \
  errno = why; \
  return done;

static size_t size_of(const struct iovec *parts, int count) {
  size_t all = 0;
  for (int i = 0; i < count; i++) all += parts[i].iov_len;
  return all;
}

ssize_t write(int fd, const void *data, size_t size) { WRITING(fd, -1, size, real_write(fd, data, size)) }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
  WRITING(fd, offset, size, real_pwrite(fd, data, size, offset))
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { return pwrite64(fd, data, size, offset); }
ssize_t writev(int fd, const struct iovec *parts, int count) {
  WRITING(fd, -1, size_of(parts, count), real_writev(fd, parts, count))
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  WRITING(fd, offset, size_of(parts, count), real_pwritev(fd, parts, count, offset))
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  return pwritev64(fd, parts, count, offset);
}

int ftruncate64(int fd, off64_t size) {
  struct stat64 now;
  pthread_mutex_lock(&lock);
  struct tracked *file = tracked_at(fd, &now);
  if (file != NULL && fails(size > now.st_size)) {
    pthread_mutex_unlock(&lock);
    return -1;
  }
  if (file != NULL) note_cut(fd, file->inode, (uint64_t)size, (uint64_t)now.st_size);
  int done = real_ftruncate(fd, size);
  int why = errno;
  pthread_mutex_unlock(&lock);
  errno = why;
  return done;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int truncate64(const char *path, off64_t size) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  int done = ftruncate64(fd, size);
  int why = errno;
  close(fd);
  errno = why;
  return done;
}
int truncate(const char *path, off_t size) { return truncate64(path, size); }

static void count_down(int fd) {
  struct stat64 now;
  if (control == NULL || control->syncs_left <= 0 || tracked_at(fd, &now) == NULL) return;
  if (__sync_sub_and_fetch(&control->syncs_left, 1) != 0) return;
  for (int i = 0; i < 14; i++) {
    if (control->processes[i] != 0 && control->processes[i] != getpid()) kill(control->processes[i], SIGKILL);
  }
  kill(getpid(), SIGKILL);
  pause();
}

/* What was written before the call began is safe once the disk has done it, and nothing is until then. */
static int sync_tracked(int fd, int (*sync)(int)) {
  struct stat64 now;
  char path[PATH_MAX];
  pthread_mutex_lock(&lock);
  count_down(fd);
  struct tracked *file = tracked_at(fd, &now);
  if (file == NULL) {
    pthread_mutex_unlock(&lock);
    return sync(fd);
  }
  int is_bad = control != NULL && control->fault == EIO;
  if (is_bad) errno = EIO;
  else if (file->is_directory) {
    char link_path[64];
    snprintf(link_path, sizeof link_path, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link_path, path, sizeof path - 1);
    if (length < 0) give_up("a directory without a name");
    path[length] = 0;
    note((struct record){ .kind = SYNC_DIRECTORY }, path, NULL);
  } else if (!file->is_deaf) note((struct record){ .kind = SYNC, .inode = file->inode }, NULL, NULL);
  pthread_mutex_unlock(&lock);
  return is_bad ? -1 : 0;
}
int fsync(int fd) { return sync_tracked(fd, real_fsync); }
int fdatasync(int fd) { return sync_tracked(fd, real_fdatasync); }

/* ---- directory entries */

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
  char old[PATH_MAX], new[PATH_MAX], both[2 * PATH_MAX];
  if (!place(from_at, from, old) || !place(to_at, to, new)) return real_renameat2(from_at, from, to_at, to, flags);
  pthread_mutex_lock(&lock);
  mode_t mode = 0;
  uint64_t inode = inode_at(old, &mode), replaced = inode_at(new, NULL);
  if (fails(0)) {
    pthread_mutex_unlock(&lock);
    return -1;
  }
  if (flags != 0 || (inode != 0 && !S_ISREG(mode))) note_unknown("rename of a directory");
  else if (inode != 0) {
    keep(old, inode);
    if (replaced != 0) keep(new, replaced);
    snprintf(both, sizeof both, "%s\n%s", old, new);
    note((struct record){ .kind = RENAME, .inode = inode, .offset = replaced }, both, NULL);
  }
  int done = real_renameat2(from_at, from, to_at, to, flags);
  int why = errno;
  pthread_mutex_unlock(&lock);
  errno = why;
  return done;
}
int renameat(int from_at, const char *from, int to_at, const char *to) { return renameat2(from_at, from, to_at, to, 0); }
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int at, const char *path, int flags) {
  char absolute[PATH_MAX];
  if (!place(at, path, absolute)) return real_unlinkat(at, path, flags);
  pthread_mutex_lock(&lock);
  mode_t mode = 0;
  uint64_t inode = inode_at(absolute, &mode);
  if (fails(0)) {
    pthread_mutex_unlock(&lock);
    return -1;
  }
  if (inode != 0 && (flags & AT_REMOVEDIR) != 0) note((struct record){ .kind = REMOVE_DIRECTORY }, absolute, NULL);
  else if (inode != 0 && S_ISREG(mode)) {
    keep(absolute, inode);
    note((struct record){ .kind = REMOVE, .inode = inode }, absolute, NULL);
  }
  int done = real_unlinkat(at, path, flags);
  int why = errno;
  pthread_mutex_unlock(&lock);
  errno = why;
  return done;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int at, const char *path, mode_t mode) {
  char absolute[PATH_MAX];
  if (!place(at, path, absolute)) return real_mkdirat(at, path, mode);
  pthread_mutex_lock(&lock);
  int done = -1;
  if (!fails(1)) {
    if (inode_at(absolute, NULL) == 0) note((struct record){ .kind = MAKE_DIRECTORY }, absolute, NULL);
    done = real_mkdirat(at, path, mode);
  }
  int why = errno;
  pthread_mutex_unlock(&lock);
  errno = why;
  return done;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int link(const char *from, const char *to) {
  char absolute[PATH_MAX];
  if (!place(AT_FDCWD, to, absolute)) return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
  pthread_mutex_lock(&lock);
  int done = -1;
  if (!fails(1)) {
    uint64_t inode = inode_at(from, NULL);
    if (inode != 0 && inode_at(absolute, NULL) == 0) {
      keep(from, inode);
      note((struct record){ .kind = CREATE, .inode = inode }, absolute, NULL);
    }
    done = (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
  }
  int why = errno;
  pthread_mutex_unlock(&lock);
  errno = why;
  return done;
}

/* ---- what is not modelled */

int symlink(const char *from, const char *to) {
  char absolute[PATH_MAX];
  if (place(AT_FDCWD, to, absolute)) note_unknown("symlink");
  return (int)syscall(SYS_symlinkat, from, AT_FDCWD, to);
}

static void look(int fd, const char *what) {
  struct stat64 now;
  pthread_mutex_lock(&lock);
  if (tracked_at(fd, &now) != NULL) note_unknown(what);
  pthread_mutex_unlock(&lock);
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset) {
  if (fd >= 0 && (flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0) look(fd, "mmap");
  return real_mmap(address, length, protection, flags, fd, offset);
}
void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  return mmap64(address, length, protection, flags, fd, offset);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  look(fd, "fallocate");
  return (int)syscall(SYS_fallocate, fd, mode, offset, length);
}
int fallocate(int fd, int mode, off_t offset, off_t length) { return fallocate64(fd, mode, offset, length); }
ssize_t sendfile64(int to, int from, off64_t *offset, size_t count) {
  look(to, "sendfile");
  return syscall(SYS_sendfile, to, from, offset, count);
}
ssize_t sendfile(int to, int from, off_t *offset, size_t count) { return sendfile64(to, from, (off64_t *)offset, count); }
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t length, unsigned flags) {
  look(to, "copy_file_range");
  return syscall(SYS_copy_file_range, from, from_at, to, to_at, length, flags);
}
