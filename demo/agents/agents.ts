/** The agents of the fleet on loopback, one a device, with the habits some devices have. */
import type { DemoDevice, DemoFleet } from '../fleet.ts';
import { demoObjects } from './objects.ts';
import { startScriptedAgent, type ScriptedAgent } from './scripted-agent.ts';

export interface RunningAgent {
  readonly device: DemoDevice;
  readonly address: string;
  readonly port: number;
}
export interface Agents {
  readonly agents: readonly RunningAgent[];
  /** Whether each has an address of its own, all on one port. */
  readonly ownAddresses: boolean;
  close(): Promise<void>;
}
export interface AgentsOptions {
  /** UTC milliseconds; the agents answer for this moment. */
  readonly nowMs: () => number;
  /** Since when they do what happens after a while, UTC milliseconds; null = not yet. One is down from the start. */
  readonly sinceMs: () => number | null;
}

export const COMMUNITY = 'public';
/** Unprivileged, and free as a rule; the next ones are tried when another demonstration has it. */
const FIRST_PORT = 16_161;
const PORTS_TRIED = 20;
const FALLBACK = '127.0.0.1';

const MINUTE_MS = 60_000;
/** One device starts anew this long after everything is ready, and says nothing meanwhile. */
const RESTART_AFTER_MS = 3 * MINUTE_MS;
const RESTART_TAKES_MS = 20_000;
/** Another one is silent for two polls, every half hour, first after five minutes. */
const SILENT_EVERY_MS = 30 * MINUTE_MS;
const SILENT_FROM_MS = 5 * MINUTE_MS;
const SILENT_FOR_MS = 2.3 * MINUTE_MS;

/** @throws Error when not even 127.0.0.1 has room */
export async function startAgents(fleet: DemoFleet, options: AgentsOptions): Promise<Agents> {
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS_TRIED; port++) {
    const started = await tryAll(fleet, options, (device) => ({ host: device.address, port }));
    if (started === 'taken') continue;
    if (started === null) break;
    return { ...started, ownAddresses: true };
  }
  // Where 127.0.0.0/8 is not all loopback, ports tell the agents apart.
  const started = await tryAll(fleet, options, () => ({ host: FALLBACK, port: 0 }));
  if (started === null || started === 'taken') throw new Error('no agent can be started on 127.0.0.1');
  return { ...started, ownAddresses: false };
}

type Place = (device: DemoDevice) => { host: string; port: number };

/** 'taken' when a port is in use, null when an address is not to be had. */
async function tryAll(
  fleet: DemoFleet,
  options: AgentsOptions,
  place: Place,
): Promise<Omit<Agents, 'ownAddresses'> | 'taken' | null> {
  const running: { agent: ScriptedAgent; told: RunningAgent }[] = [];
  const close = async () => void (await Promise.all(running.map(({ agent }) => agent.close())));
  try {
    for (const device of fleet.devices) {
      const { host, port } = place(device);
      const agent = await startOne(fleet, device, options, host, port);
      running.push({ agent, told: { device, address: host, port: agent.port } });
    }
    return { agents: running.map(({ told }) => told), close };
  } catch (error) {
    await close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') return 'taken';
    if (code === 'EADDRNOTAVAIL' || code === 'EACCES' || code === 'EINVAL') return null;
    throw error;
  }
}

function startOne(
  fleet: DemoFleet,
  device: DemoDevice,
  options: AgentsOptions,
  host: string,
  port: number,
): Promise<ScriptedAgent> {
  const { nowMs, sinceMs } = options;
  const lastBootMs = () => device.bootsMs.findLast((bootMs) => bootMs <= nowMs()) ?? fleet.anchorMs;
  const elapsedMs = () => nowMs() - (sinceMs() ?? nowMs());
  const restarts = device.quirk === 'restarts soon';
  const bootMs = () => (restarts && elapsedMs() >= RESTART_AFTER_MS ? (sinceMs() ?? 0) + RESTART_AFTER_MS : lastBootMs());
  const silent = (): boolean => {
    const ms = elapsedMs();
    switch (device.quirk) {
      case 'down':
        return true;
      case 'restarts soon':
        return ms >= RESTART_AFTER_MS && ms < RESTART_AFTER_MS + RESTART_TAKES_MS;
      case 'falls silent now and then':
        return ms >= SILENT_FROM_MS && (ms - SILENT_FROM_MS) % SILENT_EVERY_MS < SILENT_FOR_MS;
      case null:
        return false;
    }
  };
  return startScriptedAgent({
    objects: demoObjects(fleet, device, { nowMs, bootMs }),
    community: COMMUNITY,
    host,
    port,
    behaviour: { drop: silent },
  });
}
