/*
 * A poller on libnetsnmp's asynchronous sessions, to compare with: one session a device, one
 * request at a time on it, many devices in flight, epoll.
 *
 *   libnetsnmp PORT ADDRESSES OBJECTS PER_REQUEST CYCLES IN_FLIGHT TIMEOUT_MS RETRIES VERSION
 *
 * ADDRESSES and OBJECTS are files, one IPv4 address or dotted OID a line. VERSION is 2c or 3 (user
 * and keys of responder.c). One cycle more than CYCLES is polled: the first is not measured.
 * Prints {"varbinds", "cpuSeconds", "wallSeconds", "rssMB", "failed"}.
 */
#define _GNU_SOURCE
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/large_fd_set.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <signal.h>
#include <time.h>

/* Sessions beyond this are opened for their turn and closed after it. */
enum { KEPT = 2000, EVENTS = 256, TIMEOUTS_EVERY_MS = 50 };

struct device {
  char peer[40];
  void *session;
  int fd, next;
  bool busy, over;
};

static struct device *devices;
static int device_count, object_count, per_request, in_flight, epoll_fd, waiting, busy, done;
static struct {
  oid name[MAX_OID_LEN];
  size_t length;
} *objects;
static netsnmp_session model;
static unsigned long long varbinds, failed, sum;

static double seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void end(struct device *device, bool ok) {
  if (!ok) failed++;
  device->busy = false;
  device->over = true;
  busy--;
  done++;
}

static int answered(int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *magic);

static void ask(struct device *device) {
  netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);
  int last = device->next + per_request < object_count ? device->next + per_request : object_count;
  for (int i = device->next; i < last; i++) snmp_add_null_var(pdu, objects[i].name, objects[i].length);
  device->next = last;
  if (snmp_sess_async_send(device->session, pdu, answered, device) == 0) {
    snmp_free_pdu(pdu);
    end(device, false);
  }
}

static int answered(int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *magic) {
  (void)session, (void)id;
  struct device *device = magic;
  if (!device->busy || operation == NETSNMP_CALLBACK_OP_RESEND) return 1;
  if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || pdu->errstat != SNMP_ERR_NOERROR) {
    end(device, false);
    return 1;
  }
  for (netsnmp_variable_list *one = pdu->variables; one; one = one->next_variable) {
    if (one->type == ASN_COUNTER64) sum += (unsigned long long)one->val.counter64->high << 32 | one->val.counter64->low;
    else if (one->type == ASN_COUNTER || one->type == ASN_TIMETICKS) sum += (unsigned long long)*one->val.integer;
    else continue;
    varbinds++;
  }
  if (device->next < object_count) ask(device);
  else end(device, true);
  return 1;
}

static bool open_session(struct device *device) {
  if (device->session) return true;
  model.peername = device->peer;
  device->session = snmp_sess_open(&model);
  if (!device->session) return false;
  device->fd = snmp_sess_transport(device->session)->sock;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = device};
  return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, device->fd, &event) == 0;
}

static void close_session(struct device *device) {
  if (!device->session) return;
  epoll_ctl(epoll_fd, EPOLL_CTL_DEL, device->fd, NULL);
  snmp_sess_close(device->session);
  device->session = NULL;
}

static void start_more(void) {
  while (busy < in_flight && waiting < device_count) {
    struct device *device = &devices[waiting++];
    device->next = 0;
    device->busy = true;
    device->over = false;
    busy++;
    if (open_session(device)) ask(device);
    else end(device, false);
  }
}

static void cycle(void) {
  static netsnmp_large_fd_set set;
  static bool ready;
  if (!ready) netsnmp_large_fd_set_init(&set, 65536);
  if (!ready) NETSNMP_LARGE_FD_ZERO(&set);
  ready = true;
  struct epoll_event events[EVENTS];
  double looked = seconds(CLOCK_MONOTONIC);
  int first = 0;
  waiting = done = busy = 0;
  for (start_more(); done < device_count; start_more()) {
    int n = epoll_wait(epoll_fd, events, EVENTS, TIMEOUTS_EVERY_MS);
    for (int i = 0; i < n; i++) {
      struct device *device = events[i].data.ptr;
      if (!device->session) continue;
      NETSNMP_LARGE_FD_SET(device->fd, &set);
      snmp_sess_read2(device->session, &set);
      NETSNMP_LARGE_FD_CLR(device->fd, &set);
      if (device->over && device_count > KEPT) close_session(device);
    }
    if (seconds(CLOCK_MONOTONIC) - looked < TIMEOUTS_EVERY_MS / 1e3) continue;
    looked = seconds(CLOCK_MONOTONIC);
    while (first < waiting && devices[first].over) first++;
    for (int i = first; i < waiting; i++) {
      if (devices[i].busy) snmp_sess_timeout(devices[i].session);
      if (devices[i].over && device_count > KEPT) close_session(&devices[i]);
    }
  }
}

static char **lines_of(const char *path, int *count) {
  FILE *file = fopen(path, "r");
  char **lines = NULL, line[512];
  *count = 0;
  if (!file) {
    perror(path);
    exit(2);
  }
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    if (line[0] == 0) continue;
    lines = realloc(lines, (size_t)(*count + 1) * sizeof *lines);
    lines[(*count)++] = strdup(line);
  }
  fclose(file);
  return lines;
}

static void make_model(int timeout_ms, int retries, bool v3) {
  snmp_sess_init(&model);
  model.timeout = timeout_ms * 1000L;
  model.retries = retries;
  if (!v3) {
    model.version = SNMP_VERSION_2c;
    model.community = (u_char *)"public";
    model.community_len = 6;
    return;
  }
  static const char user[] = "bench", auth[] = "bench-auth-key", priv[] = "bench-priv-key";
  model.version = SNMP_VERSION_3;
  model.securityName = (char *)user;
  model.securityNameLen = sizeof user - 1;
  model.securityLevel = SNMP_SEC_LEVEL_AUTHPRIV;
  model.securityAuthProto = usmHMACSHA1AuthProtocol;
  model.securityAuthProtoLen = USM_AUTH_PROTO_SHA_LEN;
  model.securityAuthKeyLen = USM_AUTH_KU_LEN;
  model.securityPrivProto = usmAESPrivProtocol;
  model.securityPrivProtoLen = USM_PRIV_PROTO_AES_LEN;
  model.securityPrivKeyLen = USM_PRIV_KU_LEN;
  if (generate_Ku(usmHMACSHA1AuthProtocol, USM_AUTH_PROTO_SHA_LEN, (const u_char *)auth, sizeof auth - 1,
                  model.securityAuthKey, &model.securityAuthKeyLen) != SNMPERR_SUCCESS ||
      generate_Ku(usmHMACSHA1AuthProtocol, USM_AUTH_PROTO_SHA_LEN, (const u_char *)priv, sizeof priv - 1,
                  model.securityPrivKey, &model.securityPrivKeyLen) != SNMPERR_SUCCESS) {
    fprintf(stderr, "keys cannot be made\n");
    exit(1);
  }
}

int main(int count, char **words) {
  if (count != 10) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setenv("MIBS", "", 1);
  netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
  netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
  init_snmp("bench");
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  char **addresses = lines_of(words[2], &device_count), **names = lines_of(words[3], &object_count);
  devices = calloc((size_t)device_count, sizeof *devices);
  objects = calloc((size_t)object_count, sizeof *objects);
  for (int i = 0; i < device_count; i++)
    snprintf(devices[i].peer, sizeof devices[i].peer, "udp:%s:%s", addresses[i], words[1]);
  for (int i = 0; i < object_count; i++) {
    objects[i].length = MAX_OID_LEN;
    if (!read_objid(names[i], objects[i].name, &objects[i].length)) return 2;
  }
  per_request = atoi(words[4]);
  int cycles = atoi(words[5]);
  in_flight = atoi(words[6]);
  make_model(atoi(words[7]), atoi(words[8]), strcmp(words[9], "3") == 0);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);

  cycle();
  fprintf(stderr, "measured from here\n");
  unsigned long long before = varbinds, failed_before = failed;
  double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
  for (int i = 0; i < cycles; i++) cycle();
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  wall = seconds(CLOCK_MONOTONIC) - wall;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  /* The sum goes to stderr so that no compiler can leave the reading out. */
  fprintf(stderr, "sum %llu\n", sum);
  printf("{\"varbinds\": %llu, \"cpuSeconds\": %.6f, \"wallSeconds\": %.6f, \"rssMB\": %.1f, \"failed\": %llu}\n",
         varbinds - before, cpu, wall, (double)usage.ru_maxrss / 1024, failed - failed_before);
  return 0;
}
