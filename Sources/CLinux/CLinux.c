#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int64_t clinux_boot_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

uint64_t clinux_wall_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int clinux_round_robin(int priority) {
    struct sched_param parameters = {.sched_priority = priority};
    // Reset on fork: what a daemon starts is ordinary again.
    return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &parameters);
}

int clinux_lock_memory(void) {
    struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    int is_unlimited = setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0;
    if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) return -1;
    return is_unlimited;
}

int clinux_signal_descriptor(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    int failure = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (failure != 0) {
        errno = failure;
        return -1;
    }
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int clinux_signal_read(int descriptor) {
    struct signalfd_siginfo info;
    ssize_t size = read(descriptor, &info, sizeof info);
    return size == (ssize_t)sizeof info ? (int)info.ssi_signo : -1;
}

int clinux_event_descriptor(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int clinux_timer_descriptor(void) { return timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK); }

int clinux_timer_set(int descriptor, int64_t boot_nanoseconds) {
    struct itimerspec when = {
        .it_value = {.tv_sec = boot_nanoseconds / 1000000000, .tv_nsec = boot_nanoseconds % 1000000000}};
    return timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &when, NULL);
}

int clinux_accept(int descriptor) { return accept4(descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int clinux_poll(void *descriptors, unsigned long count, int64_t timeout_nanoseconds) {
    struct timespec timeout = {
        .tv_sec = timeout_nanoseconds / 1000000000, .tv_nsec = timeout_nanoseconds % 1000000000};
    return ppoll(descriptors, count, timeout_nanoseconds < 0 ? NULL : &timeout, NULL);
}

int clinux_name_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

int clinux_unshare_network(void) { return unshare(CLONE_NEWNET); }
int clinux_enter_namespace(int descriptor) { return setns(descriptor, 0); }

int clinux_keep_capabilities(uint64_t mask) {
    for (int capability = 0; capability < 64; capability++) {
        if (mask & (UINT64_C(1) << capability)) continue;
        // EINVAL: past the last capability that this kernel knows.
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL) return -1;
    }
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)mask, .permitted = (uint32_t)mask},
        {.effective = (uint32_t)(mask >> 32), .permitted = (uint32_t)(mask >> 32)}};
    return (int)syscall(SYS_capset, &header, data);
}

int clinux_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }
int clinux_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }
int clinux_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int clinux_get_interface(int descriptor, const char *name, int *index, uint8_t mac[6]) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    if (strlen(name) >= sizeof request.ifr_name) {
        errno = ENODEV;
        return -1;
    }
    strcpy(request.ifr_name, name);
    if (ioctl(descriptor, SIOCGIFINDEX, &request) != 0) return -1;
    *index = request.ifr_ifindex;
    if (ioctl(descriptor, SIOCGIFHWADDR, &request) != 0) return -1;
    memcpy(mac, request.ifr_hwaddr.sa_data, 6);
    return 0;
}

int clinux_identify(int descriptor, const char *name, uint32_t seconds) {
    struct ifreq request;
    struct ethtool_value value = {.cmd = ETHTOOL_PHYS_ID, .data = seconds};
    memset(&request, 0, sizeof request);
    if (strlen(name) >= sizeof request.ifr_name) {
        errno = ENODEV;
        return -1;
    }
    strcpy(request.ifr_name, name);
    request.ifr_data = (void *)&value;
    return ioctl(descriptor, SIOCETHTOOL, &request);
}

int clinux_packet_open(void) { return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

int clinux_packet_bind(int descriptor, int index, uint16_t protocol) {
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = index};
    return bind(descriptor, (struct sockaddr *)&address, sizeof address);
}

int clinux_packet_join(int descriptor, int index, const uint8_t group[6]) {
    struct packet_mreq request = {.mr_ifindex = index, .mr_type = PACKET_MR_MULTICAST, .mr_alen = 6};
    memcpy(request.mr_address, group, 6);
    return setsockopt(descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request);
}

_Static_assert(sizeof(struct clinux_filter_step) == sizeof(struct sock_filter), "the layout of a BPF instruction");

int clinux_packet_filter(int descriptor, const struct clinux_filter_step *steps, uint16_t count) {
    struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)steps};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}
