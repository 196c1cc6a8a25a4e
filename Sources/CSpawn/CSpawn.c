#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct failure {
    int step;
    int code;
};

static _Noreturn void fail(int report, int step) {
    struct failure failure = {.step = step, .code = errno};
    // When even this fails the parent sees an early end of the child, which it reports as such.
    (void)!write(report, &failure, sizeof failure);
    _exit(127);
}

static void write_number(const char *path, int value) {
    char text[16];
    int end = sizeof text;
    unsigned rest = value < 0 ? 0u - (unsigned)value : (unsigned)value;
    do {
        text[--end] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) text[--end] = '-';
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    (void)!write(file, text + end, sizeof text - (size_t)end);
    close(file);
}

// Better service than the default is a favour of the kernel: whatever it answers, the child runs. (A process that is in
// no session's scheduling group of its own gets EINVAL, an unprivileged one EPERM or EAGAIN, another kernel ENOENT.)
static void ask_for_better_service(const struct cspawn_request *request) {
    setpriority(PRIO_PROCESS, 0, request->nice);
    // Where the scheduler groups by session (sched(7), autogroup), only the group's own value counts against others.
    write_number("/proc/self/autogroup", request->nice);
    write_number("/proc/self/oom_score_adj", request->out_of_memory_score);
}

static int set_limits(const struct cspawn_request *request) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return -1;
    rlim_t hard = request->open_files > files.rlim_max ? request->open_files : files.rlim_max;
    struct rlimit wanted = {request->open_files, hard};
    if (setrlimit(RLIMIT_NOFILE, &wanted) != 0) {
        if (errno != EPERM) return -1;
        // Above the hard limit only CAP_SYS_RESOURCE leads; without it the child takes what there is.
        files.rlim_cur = files.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &files) != 0) return -1;
    }
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
    return 0;
}

static _Noreturn void become(const struct cspawn_request *request, int report, pid_t parent) {
    struct sigaction usual = {.sa_handler = SIG_DFL};
    for (int number = 1; number < 65; number++) sigaction(number, &usual, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (setpgid(0, 0) != 0) fail(report, CSPAWN_GROUP);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) fail(report, CSPAWN_ORPHANED);
    // The parent may have gone before the line above.
    if (getppid() != parent) {
        errno = ESRCH;
        fail(report, CSPAWN_ORPHANED);
    }
    if (set_limits(request) != 0) fail(report, CSPAWN_LIMITS);
    ask_for_better_service(request);
    if (request->group >= 0 && write(request->group, "0", 1) != 1) fail(report, CSPAWN_GROUP);
    if (request->output >= 0 && (dup2(request->output, 1) < 0 || dup2(request->output, 2) < 0))
        fail(report, CSPAWN_OUTPUT);
    if (chdir(request->folder) != 0) fail(report, CSPAWN_FOLDER);
    execve(request->program, request->arguments, request->environment);
    fail(report, CSPAWN_EXECUTE);
}

static int start_failed(int step, int *out) {
    *out = step;
    return -1;
}

int cspawn_start(const struct cspawn_request *request, int *descriptor, int *step) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return start_failed(CSPAWN_PREPARE, step);
    // No handler may run in the child between fork and the moment at which they are gone.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) become(request, report[1], parent);
    int code = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        errno = code;
        return start_failed(CSPAWN_PREPARE, step);
    }
    struct failure failure = {0, 0};
    ssize_t size;
    do size = read(report[0], &failure, sizeof failure);
    while (size < 0 && errno == EINTR);
    close(report[0]);
    if (size == 0) {
        *descriptor = (int)syscall(SYS_pidfd_open, child, 0);
        if (*descriptor >= 0) {
            fcntl(*descriptor, F_SETFD, FD_CLOEXEC);
            return child;
        }
        failure = (struct failure){CSPAWN_PREPARE, errno};
        kill(child, SIGKILL);
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    errno = failure.code;
    return start_failed(failure.step, step);
}

int cspawn_collect(int pid, int *is_signal, int *value) {
    int status;
    pid_t result;
    do result = waitpid(pid, &status, 0);
    while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    *is_signal = WIFSIGNALED(status) ? 1 : 0;
    *value = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    return 0;
}
