/** Every command of `saguaro`, in the order of the help. */
import type { Command } from './command.ts';
import { deviceAdd, deviceList, deviceRemove, deviceTest, discover, poll } from './device.ts';
import { forecastCommand } from './forecast.ts';
import { EMBED_COMMANDS } from './embed.ts';
import { habitCommand } from './habit.ts';
import { quietCommand } from './quiet.ts';
import { importCsv, query } from './query.ts';
import { report } from './report.ts';
import { backup, restore, serve, validate } from './installation.ts';
import { status } from './status.ts';
import { STORE_COMMANDS } from './store.ts';
import { storeMigrate } from './store-migrate.ts';

export const COMMANDS: readonly Command[] = [
  serve,
  status,
  validate,
  deviceAdd,
  deviceList,
  deviceRemove,
  deviceTest,
  discover,
  poll,
  query,
  forecastCommand,
  report,
  habitCommand,
  quietCommand,
  importCsv,
  ...EMBED_COMMANDS,
  backup,
  restore,
  ...STORE_COMMANDS,
  storeMigrate,
];
