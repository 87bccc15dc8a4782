/** Holds a data folder until it is killed. Run by the lock test. */
import { lockDataFolder } from '../../store/lock.ts';

const user = Number(process.argv[3] ?? '');
if (user > 0) process.setuid?.(user);
await lockDataFolder(process.argv[2] ?? '');
process.stdout.write('held\n');
process.stdin.resume();
