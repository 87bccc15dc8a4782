/** The network in four figures: devices, collection, series, store. */
import type { DeviceView, StatusView } from '../../core/api.ts';
import { formatDuration, formatWith } from '../../core/units.ts';
import { href } from '../address.ts';
import { LATE_MS } from '../navigation.tsx';
import { count, whole } from '../words.ts';

export function Facts({ devices, status }: { devices: readonly DeviceView[]; status: StatusView | null }) {
  const by = (state: DeviceView['state']) => devices.filter((d) => d.state === state);
  const [up, down, stale, fresh] = [by('up'), by('down'), by('stale'), by('new')];
  const collector = status?.collector ?? null;
  const gaps = Object.values(collector?.gaps ?? {}).reduce((sum, n) => sum + n, 0);
  return (
    <dl class="strip-facts">
      <div>
        <dt>Devices, {whole(devices.length)}</dt>
        <dd class="fig">
          {whole(up.length)} up
          {down.length > 0 && (
            <a class="q st down" href={href({ page: 'devices', more: { state: 'down' } })}>
              {whole(down.length)} down
            </a>
          )}
          {stale.length > 0 && (
            <a class="q st stale" href={href({ page: 'devices', more: { state: 'stale' } })}>
              {whole(stale.length)} stale
            </a>
          )}
        </dd>
        <dd class="s">
          {fresh.length > 0
            ? freshWords(fresh)
            : down.length + stale.length > 0
              ? `${[...down, ...stale]
                  .slice(0, 3)
                  .map((d) => d.name)
                  .join(', ')}${down.length + stale.length > 3 ? ' …' : ''}`
              : 'every one answers'}
        </dd>
      </div>
      <div>
        <dt>Collection</dt>
        <dd class="fig">
          {collector ? (collector.latenessMs > LATE_MS ? `${formatDuration(collector.latenessMs)} late` : 'on time') : '–'}
        </dd>
        <dd class="s">
          {collector ? (
            <>
              <a href={href({ page: 'collector' })}>{count(collector.polls, 'poll')}</a>, {whole(collector.failures)} failed,{' '}
              {whole(collector.skipped)} skipped
            </>
          ) : (
            'no collector runs here'
          )}
        </dd>
      </div>
      <div>
        <dt>Samples</dt>
        <dd class="fig">
          {status ? whole(status.store.writtenSamples) : '–'}
          {status && <small>in {formatDuration(status.nowMs - status.startedMs)}</small>}
        </dd>
        <dd class="s">
          {status && (
            <>
              {whole(status.store.series)} series,{' '}
              <a href={href({ page: 'events', more: { kind: 'gap' } })}>{count(gaps, 'gap')}</a>
            </>
          )}
        </dd>
      </div>
      <div>
        <dt>Store</dt>
        <dd class="fig">{status ? formatWith(status.store.bytes, 'bytes') : '–'}</dd>
        <dd class={`s ${status && !status.store.ok ? 'bad' : ''}`}>{status ? storeLine(status) : ''}</dd>
      </div>
    </dl>
  );
}

/** Asked in vain once is not yet down, and not unasked either. */
function freshWords(fresh: readonly DeviceView[]): string {
  const vain = fresh.filter((d) => d.lastPollMs !== null).length;
  return vain > 0
    ? `${count(vain, 'device has', 'devices have')} not answered yet`
    : `${count(fresh.length, 'device')} not asked yet`;
}

function storeLine({ store }: StatusView): string {
  if (!store.ok) return store.reason;
  return store.waitingRows > 0 ? `${count(store.waitingRows, 'row')} waiting to be written` : 'everything is written';
}
