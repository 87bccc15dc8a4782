import { describe, expect, it } from 'vitest';
import { parseDiskTypes, parseMeminfo, parseMounts, parseNetDev, parseStat } from '../../../collector/local/proc.ts';

const DISKS = parseDiskTypes('nodev\tproc\nnodev\ttmpfs\nnodev\toverlay\n\text4\n\tvfat\n\tsquashfs\n');
const mounts = (lines: string) => parseMounts(lines, DISKS).map((mount) => mount.point);

describe('mounts', () => {
  it.each<[string, string, string[]]>([
    ['a disk', '27 1 254:0 / / rw - ext4 /dev/vda rw', ['/']],
    ['pseudo filesystems are none', '22 27 0:21 / /proc rw - proc proc rw\n23 27 0:22 / /run rw - tmpfs tmpfs rw', []],
    ['optional fields before the dash', '27 1 254:0 / /srv rw shared:1 master:2 - ext4 /dev/vda rw', ['/srv']],
    ['a space in the name', '27 1 8:1 / /mnt/my\\040disk rw - vfat /dev/sda1 rw', ['/mnt/my disk']],
    [
      'a bind mount counts once',
      '27 1 8:1 / /data rw - ext4 /dev/sda1 rw\n28 1 8:1 /sub /bind rw - ext4 /dev/sda1 rw',
      ['/data'],
    ],
    ['the bind mount first', '28 1 8:1 /sub /bind rw - ext4 /dev/sda1 rw\n27 1 8:1 / /data rw - ext4 /dev/sda1 rw', ['/data']],
    ['subvolumes share a disk', '27 1 0:30 /@ / rw - btrfs /dev/sda2 rw\n28 1 0:31 /@home /home rw - btrfs /dev/sda2 rw', ['/']],
    ['overlay only as the root', '27 1 0:40 / / rw - overlay overlay rw\n28 1 0:41 / /var/lib/x rw - overlay overlay rw', ['/']],
    ['images of packages are none', '27 1 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro', []],
    ['network filesystems', '27 1 0:50 / /home rw - nfs4 server:/home rw', ['/home']],
    ['mounted over another', '27 1 8:1 / /mnt rw - ext4 /dev/sda1 rw\n28 1 8:2 / /mnt rw - ext4 /dev/sda2 rw', ['/mnt']],
    ['nonsense', 'x\n\n1 2 3\n - \n', []],
  ])('%s', (_name, lines, expected) => {
    expect(mounts(lines)).toEqual(expected);
  });
});

it('/proc/stat: guest time is not counted twice', () => {
  const text = 'cpu  100 20 30 4000 50 6 7 8 90 1\ncpu0 1 2 3 4\ncpu1 1 2 3 4\nintr 5\n';
  expect(parseStat(text)).toEqual({ user: 120n, system: 43n, iowait: 50n, used: 171n, cpus: 2 });
  expect(parseStat('')).toBeNull();
});

it('/proc/meminfo: used + cached + buffers + free is everything', () => {
  const text =
    'MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 300 kB\nSwapCached: 7 kB\nSwapTotal: 500 kB\nSwapFree: 400 kB\nSReclaimable: 50 kB\n';
  const m = parseMeminfo(text);
  expect(m).toEqual({
    usedBytes: 500 * 1024,
    sizeBytes: 1000 * 1024,
    cachedBytes: 350 * 1024,
    buffersBytes: 50 * 1024,
    swapUsedBytes: 100 * 1024,
    swapSizeBytes: 500 * 1024,
  });
  expect(parseMeminfo('MemTotal: 1 kB\n')).toBeNull();
});

it('/proc/net/dev: every interface, loopback last, exact beyond 2^53', () => {
  const text = `Inter-|   Receive
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0
  eth0:18446744073709551615 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0
`;
  const found = parseNetDev(text);
  expect(found.map((one) => one.name)).toEqual(['eth0', 'lo']);
  expect(found[0]).toMatchObject({
    inBytes: 2n ** 64n - 1n,
    inPackets: 2n,
    inErrors: 3n,
    inDiscards: 4n,
    outBytes: 5n,
    outDiscards: 8n,
  });
});
