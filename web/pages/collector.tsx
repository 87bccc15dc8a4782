import type { CollectorView, StatusView } from '../../core/api.ts';
import { rankedCauses } from '../../core/causes.ts';
import { formatDuration, formatNumber, formatWith } from '../../core/units.ts';
import type { Shared } from '../app.tsx';
import { api } from '../api.ts';
import { href } from '../address.ts';
import { DestinationFacts } from '../destination-facts.tsx';
import { useLive } from '../live.ts';
import { LATE_MS } from '../navigation.tsx';
import { Trouble, useTitle } from '../parts.tsx';
import { count, percent, whole } from '../words.ts';

const EVERY_MS = 5_000;

export function CollectorPage({ status: shared, devices }: Shared) {
  useTitle('Collector');
  const { value, error } = useLive('collector', api.status, () => EVERY_MS);
  const status = value ?? shared;
  const collector = status?.collector ?? null;
  const shortestMs = Math.min(...(devices ?? []).filter((d) => d.sources.length > 0).map((d) => d.intervalMs));
  return (
    <>
      <div class="head">
        <h1>Collector</h1>
        {status && collector && (
          <div class="end">
            <span>at work for {formatDuration(status.nowMs - collector.startedMs)}</span>
          </div>
        )}
      </div>
      <Trouble error={error} />
      {status && !collector && (
        <div class="empty">
          <p>No collector runs in this process: nothing is polled here.</p>
        </div>
      )}
      {status && collector && (
        <>
          <Figures collector={collector} shortestMs={Number.isFinite(shortestMs) ? shortestMs : null} />
          <div class="cols">
            <Slowest collector={collector} />
            <div>
              <Gaps collector={collector} sinceMs={status.nowMs - collector.startedMs} />
              <Traffic transport={collector.transport} />
              {status.store.destination && (
                <DestinationFacts destination={status.store.destination} nowMs={status.nowMs} zone={status.zone} />
              )}
              <Process status={status} />
            </div>
          </div>
        </>
      )}
    </>
  );
}

function Figures({ collector, shortestMs }: { collector: CollectorView; shortestMs: number | null }) {
  const { lanes, lateness, silent } = collector;
  const waiting = lanes.living.waiting + lanes.suspect.waiting;
  const late = collector.latenessMs > LATE_MS;
  return (
    <dl class="strip-facts">
      <div>
        <dt>Polling, last minute</dt>
        <dd class="fig">
          {rate(collector.polledPerS)} <small>devices a second</small>
        </dd>
        <dd class="s">
          {rate(collector.valuesPerS)} values a second;{' '}
          {silent === 0 ? (
            'every device answers'
          ) : (
            <a href={href({ page: 'devices', more: { state: 'down' } })}>
              {silent === 1 ? '1 device does' : `${whole(silent)} devices do`} not answer
            </a>
          )}
        </dd>
      </div>
      <div>
        <dt>In flight</dt>
        <dd class="fig">{whole(collector.inFlight)}</dd>
        <dd class={`s ${waiting > 0 ? 'warn' : ''}`}>
          {whole(lanes.suspect.inFlight)} slow or silent, {waiting === 0 ? 'none waits' : `${whole(waiting)} wait for a place`}
        </dd>
      </div>
      <div>
        <dt>Starts, last minute</dt>
        <dd class="fig">{late ? `${formatDuration(collector.latenessMs)} late` : 'on time'}</dd>
        <dd class="s">
          99 of 100 within {ms(lateness.p99Ms)}, the worst {ms(lateness.worstMs)}
          {shortestMs !== null && `: ${percent(lateness.worstMs / shortestMs)} of ${formatDuration(shortestMs)}`}
        </dd>
      </div>
      <div>
        <dt>Skipped starts</dt>
        <dd class="fig">{whole(collector.skipped)}</dd>
        <dd class="s">
          beside {count(collector.polls, 'poll')}, {whole(collector.failures)} of them failed
        </dd>
      </div>
    </dl>
  );
}

function Slowest({ collector: { slowest, silent } }: { collector: CollectorView }) {
  return (
    <section>
      <header>
        <h2>Slowest devices</h2>
        {silent > 3 && <span class="end">three stand for those that do not answer</span>}
      </header>
      {slowest.length === 0 && <p class="mut">No device has been polled yet.</p>}
      {slowest.length > 0 && (
        <table class="stack flush t-slow">
          <thead>
            <tr>
              <th scope="col">Device</th>
              <th scope="col" class="num">
                A poll takes
              </th>
              <th scope="col" class="num">
                Every
              </th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {slowest.map(({ device, name, pollMs, intervalMs, reason }) => (
              <tr key={device}>
                <td class="wrap c-name">
                  <a class="q n1" href={href({ page: 'device', id: device })}>
                    {name}
                  </a>
                </td>
                <td class={`num r ${pollMs > intervalMs ? 'bad' : ''}`}>{ms(pollMs)}</td>
                <td class="num sec" data-l="every">
                  {formatDuration(intervalMs)}
                </td>
                <td class="sec wrap c-why">{reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Gaps({ collector, sinceMs }: { collector: CollectorView; sinceMs: number }) {
  const causes = rankedCauses(collector.gaps, collector.gapsLastHour);
  return (
    <section>
      <header>
        <h2>Gaps by cause</h2>
        <span class="end">
          <a href={href({ page: 'events', more: { kind: 'gap' } })}>All gaps</a>
        </span>
      </header>
      {causes.length === 0 ? (
        <p class="mut">None in the {formatDuration(sinceMs)} since the start.</p>
      ) : (
        <table class="flush">
          <thead>
            <tr>
              <th scope="col">Because</th>
              <th scope="col" class="num">
                Last hour
              </th>
              <th scope="col" class="num">
                In {formatDuration(sinceMs)}
              </th>
            </tr>
          </thead>
          <tbody>
            {causes.map(({ cause, words, lastHour, total }) => (
              <tr key={cause}>
                <td class="wrap">
                  <a class="q" href={href({ page: 'events', more: { cause } })}>
                    {words}
                  </a>
                </td>
                <td class="num">{lastHour === 0 ? <span class="mut">0</span> : <b>{whole(lastHour)}</b>}</td>
                <td class="num sec">{whole(total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

type Transport = NonNullable<CollectorView['transport']>;
/** What is no trouble stands first; the rest says why it was not used. */
const DROPPED: readonly (readonly [key: keyof Transport, name: string, about: string])[] = [
  ['late', 'Too late', 'came after their time was over, or twice'],
  ['foreign', 'From another address', 'a device must answer from the address and port it is asked at'],
  ['wrongCommunity', 'Wrong community', 'not the community or user it was asked with'],
  ['malformed', 'Malformed', 'no SNMP, or no answer to what was asked'],
];

function Traffic({ transport }: { transport: Transport | null }) {
  if (!transport || transport.sent === 0) return null;
  const { sent, resent, received } = transport;
  return (
    <section>
      <header>
        <h2>SNMP</h2>
        <span class="end">since the start</span>
      </header>
      <table class="flush">
        <tbody>
          <tr>
            <td class="c-what">
              <span>Requests</span>
              <span class="n2">{percent(resent / sent)} of them were sent again, because no answer had come</span>
            </td>
            <td class="num">{whole(sent)}</td>
          </tr>
          <tr>
            <td class="c-what">
              <span>Answers</span>
              <span class="n2">with those below, which were not used</span>
            </td>
            <td class="num">{whole(received)}</td>
          </tr>
          {DROPPED.map(([key, name, about]) => (
            <tr key={key}>
              <td class="c-what">
                <span>{name}</span>
                <span class="n2">{about}</span>
              </td>
              <td class="num">{transport[key] === 0 ? <span class="mut">0</span> : <b>{whole(transport[key])}</b>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Process({ status: { process, store } }: { status: StatusView }) {
  return (
    <section>
      <header>
        <h2>This process</h2>
      </header>
      <dl class="facts">
        <dt>Event loop</dt>
        <dd>99 of 100 turns at most {ms(process.eventLoopP99Ms)} late</dd>
        <dt>Processor</dt>
        <dd>{percent(process.cpuS / Math.max(1, process.uptimeS))} of one, since the start</dd>
        <dt>Memory</dt>
        <dd>{formatWith(process.rssBytes, 'bytes')}</dd>
        <dt>To be written</dt>
        <dd>{store.waitingRows === 0 ? 'nothing waits' : `${count(store.waitingRows, 'row')} waiting`}</dd>
      </dl>
    </section>
  );
}

/** One device a minute is not none. */
const rate = (perS: number) => (perS === 0 || perS >= 10 ? whole(perS) : formatNumber(perS));
const ms = (n: number) => (n < 999 ? `${n.toFixed(n < 10 ? 1 : 0)} ms` : formatWith(n, 'ms'));
