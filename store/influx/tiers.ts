/** A database or bucket for each tier, with its retention, in whichever way the version has it. */
import type { TierSpec } from '../../core/model.ts';
import { ServerAway } from '../server/port.ts';
import { name, type Asking } from './asking.ts';

const DAY_S = 86_400;
/** Files of the server that expire together: of longer tiers longer ones, so that there are not thousands. */
const SHARDS: Readonly<Record<TierSpec['tier'], string>> = { raw: '1d', '5m': '7d', '1h': '90d', '1d': '520w' };

export const NO_ORG = 'InfluxDB 2.x keeps everything under an organisation; set influxdb.org.';

/** @throws ServerAway with what to do when they cannot be made */
export async function makeTiers(
  asking: Asking,
  org: string | null,
  tiers: readonly TierSpec[],
  databaseOf: (tier: TierSpec['tier']) => string,
): Promise<void> {
  const version = await asking.version();
  const orgId = version === 2 ? await findOrg(asking, org) : '';
  for (const { tier, retentionMs } of tiers) {
    const database = databaseOf(tier);
    const seconds = retentionMs === null ? null : Math.max(3_600, Math.ceil(retentionMs / 1000));
    try {
      if (version === 1) await makeDatabase(asking, database, seconds, SHARDS[tier]);
      else if (version === 2) await makeBucket(asking, database, seconds, orgId);
      else await makeDatabase3(asking, database, seconds);
    } catch (error) {
      if (error instanceof ServerAway) throw error;
      throw new ServerAway(`InfluxDB does not make ${database}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}

async function makeDatabase(asking: Asking, database: string, seconds: number | null, shard: string): Promise<void> {
  await asking.query(null, `CREATE DATABASE ${name(database)}`);
  const duration = seconds === null ? 'INF' : `${seconds}s`;
  // A shard may not last longer than what is kept.
  const short = seconds !== null && seconds < 2 * DAY_S ? '1h' : shard;
  const fitting = seconds !== null && seconds < 180 * DAY_S && (short === '90d' || short === '520w') ? '1d' : short;
  await asking.query(
    null,
    `ALTER RETENTION POLICY "autogen" ON ${name(database)} DURATION ${duration} SHARD DURATION ${fitting} DEFAULT`,
  );
}

async function findOrg(asking: Asking, org: string | null): Promise<string> {
  if (org === null) throw new ServerAway(NO_ORG);
  const { value } = await asking.json('GET', `/api/v2/orgs?org=${encodeURIComponent(org)}`);
  const [found] = (value as { orgs?: { id: string }[] } | null)?.orgs ?? [];
  if (!found) throw new ServerAway(`InfluxDB knows no organisation ${org}; check influxdb.org and influxdb.token.`);
  return found.id;
}

async function makeBucket(asking: Asking, bucket: string, seconds: number | null, orgID: string): Promise<void> {
  const retentionRules = seconds === null ? [] : [{ type: 'expire', everySeconds: seconds }];
  const { value } = await asking.json('GET', `/api/v2/buckets?orgID=${orgID}&name=${encodeURIComponent(bucket)}`);
  const [found] = (value as { buckets?: { id: string; retentionRules?: { everySeconds: number }[] }[] } | null)?.buckets ?? [];
  if (found && (found.retentionRules?.[0]?.everySeconds ?? 0) === (seconds ?? 0)) return;
  const { status, value: said } = found
    ? await asking.json('PATCH', `/api/v2/buckets/${found.id}`, { retentionRules })
    : await asking.json('POST', '/api/v2/buckets', { orgID, name: bucket, retentionRules });
  if (status >= 300) throw new Error(`HTTP ${status} ${JSON.stringify(said).slice(0, 200)}`);
}

async function makeDatabase3(asking: Asking, db: string, seconds: number | null): Promise<void> {
  const { status, value } = await asking.json('POST', '/api/v3/configure/database', {
    db,
    ...(seconds === null ? {} : { retention_period: `${seconds}s` }),
  });
  // 409: it is there already.
  if (status >= 300 && status !== 409) throw new Error(`HTTP ${status} ${JSON.stringify(value).slice(0, 200)}`);
}
