/** Devices that cannot be changed here: why, and where it is done instead. */
import type { DeviceView } from '../../core/api.ts';
import { href } from '../address.ts';

export function Fixed({ device }: { device: DeviceView }) {
  const self = device.origin === 'self';
  return (
    <div class="prose">
      <p>
        {self
          ? 'This is the machine Saguaro runs on. It is read by the operating system’s own figures, so there is nothing to ask it by; what can be decided about it stands in the configuration file.'
          : 'This device comes from the configuration file, which decides how it is asked. Change it there, or take it away there; its history stays until it is removed here.'}
      </p>
      <pre class="mono">
        {self
          ? `thisMachine:\n  name: ${JSON.stringify(device.name)}\n  interval: ${device.intervalMs / 1000}s\n  snmp: true # ask a local snmpd as well\n  # poll: false ends it`
          : `devices:\n  - name: ${JSON.stringify(device.name)} # the name keeps its history together\n    address: ${device.address}`}
      </pre>
      <p>
        Then let Saguaro read the file again: send it SIGHUP (<span class="mono">systemctl reload</span>), or start it anew.
      </p>
      <p>
        <a class="btn" href={href({ page: 'device', id: device.id })}>
          Back to the device
        </a>
      </p>
    </div>
  );
}
