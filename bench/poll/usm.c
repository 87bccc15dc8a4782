/* SNMPv3 with the user-based security model (RFC 3412, 3414, 3826): one user, SHA-1 and AES-128. */
#include "message.h"
#ifndef WITHOUT_V3
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>
#include "device.h"

static const char USER[] = "bench", AUTH[] = "bench-auth-key", PRIV[] = "bench-priv-key";
enum { ENGINE_ID = 12, KEY = 20, DIGEST = 12, SALT = 8, BLOCK = 16, BOOTS = 3, WINDOW_S = 150, AUTHENTIC = 1, PRIVATE = 2 };
/* Reports of RFC 3414, by their number below usmStats. */
enum { UNSUPPORTED_LEVEL = 1, NOT_IN_WINDOW, UNKNOWN_USER, UNKNOWN_ENGINE, WRONG_DIGEST, DECRYPTION_ERROR };

static const struct answer NO_ANSWER = {NULL, NULL};
static uint8_t auth_ku[KEY], priv_ku[KEY];
static EVP_MAC_CTX *hmac;
static EVP_CIPHER *aes;
static EVP_CIPHER_CTX *cipher;
static uint64_t salt_count;

struct security {
  uint8_t engine[ENGINE_ID], auth_key[KEY], priv_key[KEY];
};

/* RFC 3414 A.2.2: a megabyte of the repeated password, digested. */
static void key_of(const char *password, uint8_t key[KEY]) {
  size_t length = strlen(password);
  static uint8_t octets[1 << 20];
  for (size_t i = 0; i < sizeof octets; i++) octets[i] = (uint8_t)password[i % length];
  SHA1(octets, sizeof octets, key);
}

static void localize(const uint8_t ku[KEY], const uint8_t engine[ENGINE_ID], uint8_t key[KEY]) {
  uint8_t octets[2 * KEY + ENGINE_ID];
  memcpy(octets, ku, KEY);
  memcpy(octets + KEY, engine, ENGINE_ID);
  memcpy(octets + KEY + ENGINE_ID, ku, KEY);
  SHA1(octets, sizeof octets, key);
}

bool v3_prepare(void) {
  key_of(AUTH, auth_ku);
  key_of(PRIV, priv_ku);
  EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  hmac = mac ? EVP_MAC_CTX_new(mac) : NULL;
  aes = EVP_CIPHER_fetch(NULL, "AES-128-CFB", NULL);
  cipher = EVP_CIPHER_CTX_new();
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA1", 0), OSSL_PARAM_END};
  return hmac && aes && cipher && EVP_MAC_CTX_set_params(hmac, parameters);
}

/* Every device is an engine of its own. */
static void secure(uint32_t device, struct security *security) {
  const uint8_t engine[ENGINE_ID] = {0x80, 0, 0x1f, 0x88, 4, 127, (uint8_t)(device >> 16), (uint8_t)(device >> 8), (uint8_t)device,
                                  'b',  'e', 'n'};
  memcpy(security->engine, engine, ENGINE_ID);
  localize(auth_ku, engine, security->auth_key);
  localize(priv_ku, engine, security->priv_key);
}

static bool digest(const struct security *security, const uint8_t *from, size_t size, uint8_t out[KEY]) {
  size_t length = 0;
  return EVP_MAC_init(hmac, security->auth_key, KEY, NULL) && EVP_MAC_update(hmac, from, size) &&
         EVP_MAC_final(hmac, out, &length, KEY) && length == KEY;
}

static void initial(uint8_t iv[BLOCK], uint32_t boots, uint32_t time_s, const uint8_t salt[SALT]) {
  for (int i = 0; i < 4; i++) {
    iv[i] = (uint8_t)(boots >> (24 - 8 * i));
    iv[4 + i] = (uint8_t)(time_s >> (24 - 8 * i));
  }
  memcpy(iv + 8, salt, SALT);
}

static bool crypt(const struct security *security, const uint8_t iv[BLOCK], uint8_t *octets, int size, bool encrypt) {
  int done = 0;
  return EVP_CipherInit_ex2(cipher, aes, security->priv_key, iv, encrypt, NULL) &&
         EVP_CipherUpdate(cipher, octets, &done, octets, size) && done == size;
}

/* Puts everything that belongs around a PDU in front of it: the scoped PDU, security parameters, header. */
static struct answer wrap(struct answer pdu, int32_t message_id, int level, uint32_t time_s, const struct security *security,
                          struct reader user) {
  uint8_t *at = before_head(pdu.from, OCTETS, 0);
  at = before_octets(at, OCTETS, security->engine, ENGINE_ID);
  at = before_head(at, SEQUENCE, pdu.to - at);
  uint8_t salt[SALT] = {0}, none[DIGEST] = {0};
  if (level & PRIVATE) {
    salt_count++;
    memcpy(salt, &salt_count, SALT);
    uint8_t iv[BLOCK];
    initial(iv, BOOTS, time_s, salt);
    if (!crypt(security, iv, at, (int)(pdu.to - at), true)) return NO_ANSWER;
    at = before_head(at, OCTETS, pdu.to - at);
  }
  uint8_t *parameters = at;
  at = before_octets(at, OCTETS, salt, level & PRIVATE ? SALT : 0);
  at = before_octets(at, OCTETS, none, level & AUTHENTIC ? DIGEST : 0);
  uint8_t *mac = at + 2;
  at = before_octets(at, OCTETS, user.at, size_of(user));
  at = before_integer(at, (int32_t)time_s);
  at = before_integer(at, BOOTS);
  at = before_octets(at, OCTETS, security->engine, ENGINE_ID);
  at = before_head(at, SEQUENCE, parameters - at);
  at = before_head(at, OCTETS, parameters - at);
  uint8_t *header = at, flags = (uint8_t)level;
  at = before_integer(at, 3);
  at = before_octets(at, OCTETS, &flags, 1);
  at = before_integer(at, MOST_OCTETS);
  at = before_integer(at, message_id);
  at = before_head(at, SEQUENCE, header - at);
  at = before_integer(at, 3);
  at = before_head(at, SEQUENCE, pdu.to - at);
  if (level & AUTHENTIC) {
    uint8_t out[KEY];
    if (!digest(security, at, (size_t)(pdu.to - at), out)) return NO_ANSWER;
    memcpy(mac, out, DIGEST);
  }
  struct answer answer = {at, pdu.to};
  return answer;
}

static struct answer report(int which, int32_t message_id, int level, uint32_t time_s, const struct security *security,
                            struct reader user, uint8_t *room) {
  const uint8_t stats[] = {0x2b, 6, 1, 6, 3, 15, 1, 1, (uint8_t)which, 0}, one = 1;
  uint8_t *end = room + HEAD_ROOM, *at = end;
  at = before_octets(at, COUNTER32, &one, 1);
  at = before_octets(at, OID, stats, sizeof stats);
  at = before_head(at, SEQUENCE, end - at);
  at = before_head(at, SEQUENCE, end - at);
  at = before_integer(before_integer(before_integer(at, 0), 0), 0);
  at = before_head(at, REPORT, end - at);
  struct answer pdu = {at, end};
  return wrap(pdu, message_id, level, time_s, security, user);
}

struct answer answer_to_v3(const uint8_t *datagram, int size, struct reader *message, const struct asked *asked, uint8_t *room) {
  static uint8_t scratch[4096];
  struct reader header = take(message, SEQUENCE);
  int32_t id = take_integer(&header);
  take_integer(&header);
  struct reader flags = take(&header, OCTETS), wrapped = take(message, OCTETS), parameters = take(&wrapped, SEQUENCE);
  struct reader engine = take(&parameters, OCTETS);
  int32_t boots = take_integer(&parameters), time_s = take_integer(&parameters);
  struct reader user = take(&parameters, OCTETS), mac = take(&parameters, OCTETS), salt = take(&parameters, OCTETS);
  if (message->bad || header.bad || wrapped.bad || parameters.bad || size_of(flags) != 1 || size_of(user) > 32 ||
      size > (int)sizeof scratch)
    return NO_ANSWER;
  struct security security;
  secure(asked->device, &security);
  uint32_t now_s = 1000 + (uint32_t)(asked->elapsed_ms / 1000);
  int level = *flags.at & (AUTHENTIC | PRIVATE);
  if (size_of(engine) != ENGINE_ID || memcmp(engine.at, security.engine, ENGINE_ID) != 0)
    return report(UNKNOWN_ENGINE, id, 0, now_s, &security, user, room);
  if (size_of(user) != sizeof USER - 1 || memcmp(user.at, USER, sizeof USER - 1) != 0)
    return report(UNKNOWN_USER, id, 0, now_s, &security, user, room);
  if (level != (AUTHENTIC | PRIVATE)) return report(UNSUPPORTED_LEVEL, id, 0, now_s, &security, user, room);
  uint8_t out[KEY];
  memcpy(scratch, datagram, (size_t)size);
  if (size_of(mac) == DIGEST) memset(scratch + (mac.at - datagram), 0, DIGEST);
  if (size_of(mac) != DIGEST || !digest(&security, scratch, (size_t)size, out) || memcmp(out, mac.at, DIGEST) != 0)
    return report(WRONG_DIGEST, id, 0, now_s, &security, user, room);
  int32_t behind = (int32_t)now_s - time_s;
  if (boots != BOOTS || behind > WINDOW_S || behind < -WINDOW_S)
    return report(NOT_IN_WINDOW, id, AUTHENTIC, now_s, &security, user, room);
  struct reader hidden = take(message, OCTETS);
  if (message->bad || size_of(salt) != SALT) return NO_ANSWER;
  uint8_t iv[BLOCK];
  initial(iv, (uint32_t)boots, (uint32_t)time_s, salt.at);
  memcpy(scratch, hidden.at, (size_t)size_of(hidden));
  if (!crypt(&security, iv, scratch, size_of(hidden), false)) return NO_ANSWER;
  struct reader plain = {scratch, scratch + size_of(hidden), false};
  struct reader scoped = take(&plain, SEQUENCE);
  take(&scoped, OCTETS);
  take(&scoped, OCTETS);
  if (plain.bad || scoped.bad) return report(DECRYPTION_ERROR, id, AUTHENTIC, now_s, &security, user, room);
  struct answer pdu = answer_to_pdu(&scoped, 1, 200, asked, room);
  return pdu.from ? wrap(pdu, id, level, now_s, &security, user) : NO_ANSWER;
}

#else

bool v3_prepare(void) { return false; }

struct answer answer_to_v3(const uint8_t *datagram, int size, struct reader *message, const struct asked *asked, uint8_t *room) {
  (void)datagram, (void)size, (void)message, (void)asked, (void)room;
  struct answer none = {NULL, NULL};
  return none;
}
#endif
