/*
 * A fast SNMP target for measurements on loopback: one UDP socket on which every address
 * 127.x.y.z is a device, a switch of 48 ports (device.c) that speaks v1, v2c (message.c) and,
 * where libcrypto is there, v3 (usm.c: user "bench", SHA "bench-auth-key", AES-128
 * "bench-priv-key"). Any community is right.
 *
 *   responder [--port N] [--most OCTETS] [--slow-ms N] [--seed N]
 *
 * --port 0 (the default) takes any. --most is the largest answer: GETBULK is cut to it, a GET
 * above it is tooBig. Once it listens it prints one line of JSON: {"port", "startMs", "v3"},
 * startMs on CLOCK_MONOTONIC. It ends with the process that started it.
 *
 * How a device behaves is in its address:
 *
 *   127.99.y.z   dead: never answers
 *   127.98.y.z   slow: answers after --slow-ms (500)
 *   127.97.y.z   small: tooBig for a GET or GETNEXT of more than 20 objects
 *   127.96.y.z   hostile: spoils y of 100 answers. What it does is always to be seen in the
 *                answer (wrong id, community, source, names, lengths, types, counts) or it is
 *                silence, a copy or noise; it never is a well-formed lie about a value.
 *   others       healthy
 *
 * Counters, with d = the lower 24 bits of the address, p = port 1..48, c = counter:
 *
 *   value = start + floor(rate x milliseconds since startMs / 1000)
 *   rate  = unit x (1 + (7919 d + 104729 p + 1299709 c) mod steps)   a second
 *
 *   c: 0 in octets, 1 in unicast, 2 in multicast, 3 in broadcast, 4..7 the same out,
 *      8 in discards, 9 in errors, 10 out discards, 11 out errors
 *   unit, steps: octets 1000, 100000; unicast 1, 100000; multi- and broadcast 1, 100; others 1, 10
 *   start = (1 + s) x 2^44 for c < 8, else s x 4096, with s = (31 d + 17 p + 7 c) mod 1000
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "device.h"
#include "message.h"

enum { BATCH = 64, REQUEST = 4096, BUFFER = 64 << 20, MOST_DELAYED = 1 << 15 };
enum { DEAD = 99, SLOW = 98, SMALL = 97, HOSTILE = 96, SMALL_VARBINDS = 20 };
/* What hostile devices do beyond what message.c does: to whole datagrams. */
enum { TRUNCATED = AS_REPORT + 1, LYING_HEAD, GARBAGE, TWICE, FROM_NEIGHBOUR, SILENT, WAYS };

static struct {
  int port, most, slow_ms;
  uint64_t seed;
} options = {0, MOST_OCTETS, 500, 1};

struct delayed {
  uint64_t due_ms;
  struct sockaddr_in to;
  struct in_addr from;
  int size;
  uint8_t *octets;
};
/* Every delay is the same, so the first in is the first out. */
static struct delayed delayed[MOST_DELAYED];
static unsigned first_delayed, next_delayed;

static struct mmsghdr requests[BATCH], answers[2 * BATCH];
static struct iovec request_parts[BATCH], answer_parts[2 * BATCH];
static struct sockaddr_in from[BATCH];
static uint8_t request_octets[BATCH][REQUEST], rooms[BATCH][ROOM];
static char request_control[BATCH][64], answer_control[2 * BATCH][CMSG_SPACE(sizeof(struct in_pktinfo))];

static uint64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint32_t random32(void) {
  static uint64_t state;
  if (state == 0) state = options.seed * 0x9e3779b97f4a7c15u | 1;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 24);
}

static int open_socket(void) {
  int one = 1, buffer = BUFFER, s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
  if (s < 0 || setsockopt(s, IPPROTO_IP, IP_PKTINFO, &one, sizeof one) || bind(s, (void *)&address, sizeof address)) {
    perror("responder");
    exit(1);
  }
  /* Beyond the system's limit only with the right to; then as much as that allows. */
  if (setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer))
    setsockopt(s, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer))
    setsockopt(s, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  return s;
}

static struct in_addr address_asked(struct msghdr *request) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(request); c; c = CMSG_NXTHDR(request, c))
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      return info.ipi_addr;
    }
  struct in_addr none = {0};
  return none;
}

static void put_answer(int k, const uint8_t *octets, size_t size, struct sockaddr_in *to, struct in_addr source) {
  answer_parts[k].iov_base = (void *)octets;
  answer_parts[k].iov_len = size;
  struct msghdr *message = &answers[k].msg_hdr;
  memset(message, 0, sizeof *message);
  message->msg_name = to;
  message->msg_namelen = sizeof *to;
  message->msg_iov = &answer_parts[k];
  message->msg_iovlen = 1;
  message->msg_control = answer_control[k];
  message->msg_controllen = sizeof answer_control[k];
  struct cmsghdr *c = CMSG_FIRSTHDR(message);
  c->cmsg_level = IPPROTO_IP;
  c->cmsg_type = IP_PKTINFO;
  c->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
  struct in_pktinfo info = {.ipi_spec_dst = source};
  memcpy(CMSG_DATA(c), &info, sizeof info);
}

static void send_answers(int s, int count) {
  for (int sent = 0; sent < count;) {
    int n = sendmmsg(s, answers + sent, (unsigned)(count - sent), 0);
    /* One that cannot be sent is lost, as datagrams are. */
    sent += n > 0 ? n : errno == EINTR ? 0 : 1;
  }
}

static void delay(const struct answer *answer, struct sockaddr_in to, struct in_addr source, uint64_t due_ms) {
  if (next_delayed - first_delayed == MOST_DELAYED) return;
  struct delayed *one = &delayed[next_delayed % MOST_DELAYED];
  int size = (int)(answer->to - answer->from);
  uint8_t *octets = malloc((size_t)size);
  if (octets == NULL) return;
  memcpy(octets, answer->from, (size_t)size);
  *one = (struct delayed){due_ms, to, source, size, octets};
  next_delayed++;
}

static void send_delayed(int s, uint64_t now) {
  while (first_delayed != next_delayed && delayed[first_delayed % MOST_DELAYED].due_ms <= now) {
    struct delayed *one = &delayed[first_delayed++ % MOST_DELAYED];
    put_answer(0, one->octets, (size_t)one->size, &one->to, one->from);
    send_answers(s, 1);
    free(one->octets);
  }
}

/* Damage to a whole datagram. */
static void spoil(struct answer *answer, int way) {
  long size = answer->to - answer->from;
  if (way == TRUNCATED) answer->to = answer->from + random32() % (uint32_t)size;
  if (way == LYING_HEAD) answer->from[1] ^= (uint8_t)(1 + random32() % 255);
  if (way == GARBAGE) {
    answer->to = answer->from + random32() % (uint32_t)(size < 400 ? size : 400);
    for (uint8_t *at = answer->from; at < answer->to; at++) *at = (uint8_t)random32();
  }
}

/* Answers request i into answers k.. and returns the next k. */
static int handle(int i, int k, uint64_t now, uint64_t start) {
  struct in_addr source = address_asked(&requests[i].msg_hdr);
  uint32_t address = ntohl(source.s_addr);
  int habit = address >> 16 & 0xff, way = NOTHING;
  if (address >> 24 != 127 || habit == DEAD || requests[i].msg_hdr.msg_flags & MSG_TRUNC) return k;
  if (habit == HOSTILE && random32() % 100 < (address >> 8 & 0xff)) way = 1 + (int)(random32() % (WAYS - 1));
  if (way == SILENT) return k;
  if (way == FROM_NEIGHBOUR) {
    address ^= 1;
    source.s_addr = htonl(address);
  }
  struct asked asked = {.device = address & 0xffffff,
                        .elapsed_ms = now - start,
                        .most = options.most,
                        .most_varbinds = habit == SMALL ? SMALL_VARBINDS : 0,
                        .spoil = way <= AS_REPORT ? (enum spoil)way : NOTHING,
                        .where = way == NOTHING ? 0 : random32()};
  struct answer answer = answer_to(request_octets[i], (int)requests[i].msg_len, &asked, rooms[i]);
  if (answer.from == NULL) return k;
  if (way > AS_REPORT) spoil(&answer, way);
  if (habit == SLOW) {
    delay(&answer, from[i], source, now + (uint64_t)options.slow_ms);
    return k;
  }
  for (int copies = way == TWICE ? 2 : 1; copies > 0; copies--)
    put_answer(k++, answer.from, (size_t)(answer.to - answer.from), &from[i], source);
  return k;
}

static void serve(int s, uint64_t start) {
  for (;;) {
    if (first_delayed != next_delayed) {
      uint64_t now = now_ms(), due = delayed[first_delayed % MOST_DELAYED].due_ms;
      struct pollfd ready = {.fd = s, .events = POLLIN};
      int n = due <= now ? 0 : poll(&ready, 1, (int)(due - now));
      send_delayed(s, now_ms());
      if (n <= 0) continue;
    }
    for (int i = 0; i < BATCH; i++) {
      request_parts[i] = (struct iovec){request_octets[i], REQUEST};
      requests[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                            .msg_namelen = sizeof from[i],
                                            .msg_iov = &request_parts[i],
                                            .msg_iovlen = 1,
                                            .msg_control = request_control[i],
                                            .msg_controllen = sizeof request_control[i]};
    }
    int n = recvmmsg(s, requests, BATCH, MSG_WAITFORONE, NULL), k = 0;
    uint64_t now = now_ms();
    for (int i = 0; i < n; i++) k = handle(i, k, now, start);
    send_answers(s, k);
  }
}

int main(int count, char **words) {
  for (int i = 1; i < count; i += 2) {
    char *end = NULL;
    long long value = i + 1 < count ? strtoll(words[i + 1], &end, 10) : -1;
    bool whole = end != NULL && *end == 0 && value >= 0;
    if (whole && strcmp(words[i], "--port") == 0 && value < 65536) options.port = (int)value;
    else if (whole && strcmp(words[i], "--most") == 0 && value >= 484 && value <= MOST_OCTETS) options.most = (int)value;
    else if (whole && strcmp(words[i], "--slow-ms") == 0 && value <= 60000) options.slow_ms = (int)value;
    else if (whole && strcmp(words[i], "--seed") == 0) options.seed = (uint64_t)value;
    else {
      fprintf(stderr, "responder: %s is not understood\n", words[i]);
      return 2;
    }
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  device_prepare();
  bool v3 = v3_prepare();
  int s = open_socket();
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  getsockname(s, (void *)&address, &size);
  uint64_t start = now_ms();
  printf("{\"port\": %d, \"startMs\": %llu, \"v3\": %s}\n", ntohs(address.sin_port), (unsigned long long)start,
         v3 ? "true" : "false");
  fflush(stdout);
  serve(s, start);
}
