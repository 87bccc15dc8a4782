/** The running system as the commands see it; main.ts puts it together. */
import type { Config } from '../config.ts';
import type { Device } from '../core/model.ts';
import type { DashboardSource } from '../core/dashboard.ts';
import type { Catalog, Clock, CollectorControl, History, Log } from '../core/ports.ts';
import type { BackupResult } from './installation.ts';
import type { Transport } from './api.ts';

export interface House {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly catalog: Catalog;
  readonly history: History;
  readonly collector: CollectorControl;
  readonly dashboards: DashboardSource;
  readonly newId: () => string;
  /** From now on these networks may be searched. */
  allowDiscovery(networks: readonly string[]): void;
  /** Begins to poll. */
  startPolling(devices: readonly Device[]): Promise<void>;
  /** Answers people and programs. @returns the address to print */
  listen(): Promise<string>;
  /** Answers commands. */
  openSocket(): Promise<void>;
  /** Asks the API from inside this process. */
  readonly inject: Transport;
  backup(file: string, withKey: boolean): Promise<BackupResult>;
  /** Makes and keeps the reviews that are due now. */
  keepReviews(): Promise<unknown>;
  readonly keepHabits: () => Promise<void>;
  readonly keepForecasts: () => Promise<void>;
  readonly keepCapacityReport: () => Promise<unknown>;
  /** The end begins: nobody waits for a server of the history any more. */
  hasten(): void;
  /** Ends polling, writes what waits, lets go of the data folder. */
  close(): Promise<void>;
}
