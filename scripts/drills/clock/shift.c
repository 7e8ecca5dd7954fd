/*
 * A library for LD_PRELOAD that sets the clock of a process forward or back while it runs: what it asks of the real-time clock is moved by
 * as much as SHIFT_CONTROL says, a file of one 64-bit number of nanoseconds. The monotonic clock goes on, as it does when somebody sets a
 * machine's clock. What the process starts gets the same when PRELOAD_CHILD_ENV says so (../preload/children.h).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../preload/children.h"

#define SECOND 1000000000LL

static volatile int64_t *shift;
static int (*real_clock_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
  real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  read_child_environment();
  const char *path = getenv("SHIFT_CONTROL");
  if (path == NULL) return;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  void *seen = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
  if (seen == MAP_FAILED) {
    dprintf(2, "shift.c: %s: %s\n", path, strerror(errno));
    abort();
  }
  close(file);
  shift = seen;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  /* Asked before we began. */
  int failed = real_clock_gettime == NULL ? (int)syscall(SYS_clock_gettime, clock, now) : real_clock_gettime(clock, now);
  if (failed || shift == NULL || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return failed;
  int64_t all = now->tv_sec * SECOND + now->tv_nsec + *shift;
  now->tv_sec = all / SECOND;
  now->tv_nsec = all % SECOND;
  return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *now) {
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
  if (now != NULL) *now = exact.tv_sec;
  return exact.tv_sec;
}
