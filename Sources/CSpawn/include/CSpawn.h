#ifndef CSPAWN_H
#define CSPAWN_H

#include <stdint.h>

// Starts a child of a supervisor. Between fork and exec only async-signal-safe calls are allowed, which Swift code
// cannot promise; posix_spawn can set neither a parent's death signal nor resource limits.

struct cspawn_request {
    const char *program;
    char *const *arguments;    // NULL at the end, the program's name first
    char *const *environment;  // NULL at the end
    const char *folder;        // working directory
    int output;                // standard output and error; -1 inherits
    int group;                 // cgroup.procs of the child's control group; -1: none
    int nice;
    int out_of_memory_score;
    uint64_t open_files;
};

enum cspawn_step {
    CSPAWN_PREPARE = 1,
    CSPAWN_ORPHANED,
    CSPAWN_LIMITS,
    CSPAWN_GROUP,
    CSPAWN_OUTPUT,
    CSPAWN_FOLDER,
    CSPAWN_EXECUTE
};

// The child leads a process group of its own and gets SIGKILL when the calling thread ends. Returns its process id and
// sets *descriptor to its pidfd; or returns -1 with errno and *step set, and no child is left.
int cspawn_start(const struct cspawn_request *request, int *descriptor, int *step);

// Collects an ended child. Returns 0 and sets *is_signal and *value, or -1 with errno.
int cspawn_collect(int pid, int *is_signal, int *value);

#endif
