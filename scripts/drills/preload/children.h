/*
 * What a process starts gets a library for LD_PRELOAD, too: PRELOAD_CHILD_ENV holds lines NAME=value that are added to the environment of
 * every program that it starts by execvp, which is how Node starts one. The gateway hands on nothing of its own environment to its chain.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_LINES 16
#define MOST_VARIABLES 512

extern char **environ;

static char *child_lines[MOST_LINES];
static int child_line_count;

static void read_child_environment(void) {
  const char *lines = getenv("PRELOAD_CHILD_ENV");
  if (lines == NULL) return;
  for (char *line = strtok(strdup(lines), "\n"); line != NULL && child_line_count < MOST_LINES; line = strtok(NULL, "\n"))
    child_lines[child_line_count++] = line;
}

int execvp(const char *file, char *const arguments[]) {
  int (*real_execvp)(const char *, char *const[]) = dlsym(RTLD_NEXT, "execvp");
  /* Between fork and exec nothing may be allocated. */
  static char *all[MOST_VARIABLES + MOST_LINES + 1];
  int count = 0;
  if (child_line_count > 0) {
    for (; environ[count] != NULL && count < MOST_VARIABLES; count++) all[count] = environ[count];
    for (int i = 0; i < child_line_count; i++) all[count++] = child_lines[i];
    all[count] = NULL;
    environ = all;
  }
  return real_execvp(file, arguments);
}
