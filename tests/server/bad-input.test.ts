import { afterAll, beforeAll, expect, test } from 'vitest';
import { detailOf, fixtures, world, type World } from './world.ts';

let w: World;
beforeAll(async () => {
  w = await world();
  await fixtures(w.catalog);
});
afterAll(() => w.close());

const S = 'series=web1/eth0/interface.in_bps';

test.each([
  ['devices?limit=0', 400, 'In the query, "limit" must be at least 1.'],
  ['devices?limit=1001', 400, 'In the query, "limit" must be at most 1000.'],
  ['devices?limit=ten', 400, 'In the query, "limit" must be a whole number.'],
  ['devices?limit=5&limit=6', 400, 'In the query, "limit" must be a whole number.'],
  ['devices?state=broken', 400, 'In the query, "state" must be one of up, down, stale, new, not polled.'],
  ['devices?stat=up', 400, 'In the query, "stat" is not known here; did you mean "state"?'],
  ['devices?cursor=xyz', 400, '"cursor" is not one of ours: pass nextCursor of the page before, unchanged.'],
  ['instances?cursor=a2Zvbw', 400, '"cursor" is not one of ours: pass nextCursor of the page before, unchanged.'],
  ['events?cursor=a2Zvbw', 400, '"cursor" is not one of ours: pass nextCursor of the page before, unchanged.'],
  ['devices/nowhere', 404, 'There is no device "nowhere".'],
  ['devices/%3Cscript%3E', 404, 'There is no device "<script>".'],
  [`devices/${'x'.repeat(300)}`, 400, 'In the address, "id" must have at most 255 characters.'],
  ['devices/nowhere/graphs', 404, 'There is no device "nowhere".'],
  ['instances?device=nowhere', 404, 'There is no device "nowhere".'],
  ['series?device=nowhere', 404, 'There is no device "nowhere".'],
  ['series/data', 400, 'In the query, "series" is missing.'],
  ['series/data?series=', 400, 'In the query, "series.0" must not be empty.'],
  ['series/data?series=a/b/c.d', 404, 'There is no series "a/b/c.d": write device/instance/metric, as listed by /api/v1/series.'],
  [
    'series/data?series=nonsense',
    404,
    'There is no series "nonsense": write device/instance/metric, as listed by /api/v1/series.',
  ],
  [`series/data?${S}&from=now&to=-1d`, 400, 'The range ends before it begins: swap "from" and "to".'],
  [`series/data?${S}&from=1700000000&to=1700000000`, 400, 'The range is empty: it begins and ends at the same moment.'],
  [`series/data?${S}&from=1500-01-01&to=2026-01-01`, 400, 'The range is longer than 200 years: choose a shorter one.'],
  [`series/data?${S}&tier=2h`, 400, 'In the query, "tier" must be one of raw, 5m, 1h, 1d.'],
  [`series/data?${S}&points=0`, 400, 'In the query, "points" must be at least 1.'],
  [`series/data?${S}&points=10001`, 400, 'In the query, "points" must be at most 10000.'],
  [`series/data?${S}&tier=raw&points=5`, 400, 'Give either "tier" or "points", not both.'],
  [`series/data?${S}&format=xml`, 400, 'In the query, "format" must be one of json, csv.'],
  [
    `series/data?${S}&tier=5m&from=-150y`,
    413,
    'This range has more than 2000000 bins of 300 s: ask for a shorter range or a coarser tier.',
  ],
  [`series/data?${Array(101).fill(S).join('&')}`, 400, 'In the query, "series" must be given at most 100 times.'],
  ['graphs/nowhere', 404, 'There is no graph "nowhere": /api/v1/devices/…/graphs lists those of a device.'],
  ['graphs/nowhere/csv', 404, 'There is no graph "nowhere": /api/v1/devices/…/graphs lists those of a device.'],
  ['graphs/x?width=9000', 400, 'In the query, "width" must be at most 8000.'],
  ['graphs/x?width=wide', 400, 'In the query, "width" must be a whole number.'],
  ['events?from=now&to=-1d', 400, 'The range ends before it begins: swap "from" and "to".'],
  [
    'events?kind=party',
    400,
    'In the query, "kind.0" must be one of gap, restart, down, added, vanished, returned, changed, collector, import, unusual.',
  ],
  ['nothing/here', 404, 'There is nothing at this address.'],
])('GET %s', async (url, status, detail) => {
  const answer = await w.get(url);
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect([answer.statusCode, detailOf(answer)]).toEqual([status, detail]);
});

test.each(['series/data?from=soon&series=web1/eth0/interface.in_bps', 'events?from=soon', 'graphs/x?from=2026-02-31'])(
  'GET %s says which times are understood',
  async (url) => {
    const answer = await w.get(url);
    expect(answer.statusCode).toBe(400);
    expect(detailOf(answer)).toMatch(/is not a time.*-1d/);
  },
);

test.each<[string, unknown, number, string]>([
  ['devices', {}, 400, 'In the body, "address" is missing.'],
  ['devices', { adress: 'x' }, 400, 'In the body, "adress" is not known here; did you mean "address"?'],
  ['devices', { address: 7 }, 400, 'In the body, "address" must be a text.'],
  ['devices', { address: '' }, 400, 'In the body, "address" must not be empty.'],
  ['devices', { address: 'a', intervalMs: 10 }, 400, 'In the body, "intervalMs" must be at least 1000.'],
  ['devices', { address: 'a', intervalMs: '60000' }, 400, 'In the body, "intervalMs" must be a whole number.'],
  ['devices', { address: 'a', snmp: { port: 70_000 } }, 400, 'In the body, "snmp.port" must be at most 65535.'],
  [
    'devices',
    { address: 'a', snmp: { comunity: 'x' } },
    400,
    'In the body, "snmp.comunity" is not known here; did you mean "community"?',
  ],
  ['devices', { address: 'a', tags: 'x' }, 400, 'In the body, "tags" must be a list.'],
  ['devices', [], 400, 'The body must be a JSON object.'],
  ['devices/test', { address: 'a', force: 1 }, 400, 'In the body, "force" must be true or false.'],
  ['tokens', { name: 'a/b' }, 400, '"a/b" cannot be the name of a token: "/" separates device, instance and metric.'],
  ['sessions', { password: '' }, 400, 'In the body, "password" must not be empty.'],
])('POST %s %j', async (url, payload, status, detail) => {
  const answer = await w.post(url, payload);
  expect([answer.statusCode, detailOf(answer)]).toEqual([status, detail]);
});

test.each([
  ['{"address":', 'application/json', 400, 'The body is not valid JSON.'],
  ['{"__proto__":{}}', 'application/json', 400, 'The body is not valid JSON.'],
  ['', 'application/json', 400, 'The body is missing: a JSON object is expected.'],
  ['null', 'application/json', 400, 'The body is missing: a JSON object is expected.'],
  ['a=b', 'application/x-www-form-urlencoded', 415, 'The body must be JSON: send it with "Content-Type: application/json".'],
  ['{}', 'text/plain', 415, 'The body must be JSON: send it with "Content-Type: application/json".'],
  [
    JSON.stringify({ address: 'x'.repeat(2_000_000) }),
    'application/json',
    413,
    'The body is too large: at most 1 MB is accepted here.',
  ],
])('a body that is not one (%#)', async (payload, type, status, detail) => {
  const answer = await w.ask('POST', 'devices', { payload, headers: { 'content-type': type } });
  expect([answer.statusCode, detailOf(answer)]).toEqual([status, detail]);
});

test('what was sent as a secret is never repeated in a refusal', async () => {
  const answer = await w.post('devices', {
    address: 'a',
    snmp: { community: 'x'.repeat(300), authKey: 'hidden-key-3', user: 5 },
  });
  expect(answer.statusCode).toBe(400);
  expect(answer.body).not.toMatch(/xxx|hidden-key-3/);
});

test('a fault of ours is logged, and told without its inside', async () => {
  const broken = await world();
  try {
    broken.catalog.devices.list = () => Promise.reject(new Error('inner wiring', { cause: new Error('deeper') }));
    const answer = await broken.get('devices');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('wiring');
    expect(broken.logged.join()).toMatch(/inner wiring.*deeper/);
  } finally {
    await broken.close();
  }
});

test('a broken address is answered like everything else', async () => {
  const answer = await w.app.inject('/api/v1/devices/%zz');
  expect([answer.statusCode, detailOf(answer)]).toEqual([
    400,
    'The address of this request is not valid: check its percent signs.',
  ]);
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
});
