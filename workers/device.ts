/** Names for what sent an event: from the User-Agent header with bowser, and from the `agent` of HELLO. Once per kind of client. */
import Bowser from 'bowser';
import { type Entries, packEntries } from './entries.ts';

export interface DeviceInfo {
  /** `mobile`, `tablet`, `desktop`, `tv`, ... as bowser names platforms; lower case. */
  device?: string;
  /** The browser, else the application that HELLO names, without its version. */
  agent_family?: string;
  os_family?: string;
}

/** Longer headers are cut: nobody's browser needs more, and bowser's patterns run over all of it. */
const HEADER_MAX = 512;
const FAMILY_MAX = 64;
const KNOWN_MAX = 1024;
const known = new Map<string, Device>();

/** One kind of client, with its entries packed for each device type that its events name. */
export class Device {
  private readonly info: DeviceInfo;
  private readonly byType = new Map<string, Entries>();

  constructor(info: DeviceInfo) {
    this.info = info;
  }

  /** `device`, `agent_family`, `os_family`: what an event says of its device counts more than what its agent looks like. */
  entries(deviceType = ''): Entries {
    let entries = this.byType.get(deviceType);
    if (!entries) {
      entries = packEntries(deviceType === '' ? { ...this.info } : { ...this.info, device: deviceType });
      this.byType.set(deviceType, entries);
    }
    return entries;
  }
}

export function deviceOf(userAgent = '', agent = ''): Device {
  const header = userAgent.slice(0, HEADER_MAX);
  const application = agent.slice(0, HEADER_MAX);
  const key = `${header}\n${application}`;
  let device = known.get(key);
  if (!device) {
    device = new Device(describe(header, application));
    // A bound, not a cache policy: clients are of few kinds unless somebody makes them up.
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(key, device);
  }
  return device;
}

function describe(userAgent: string, agent: string): DeviceInfo {
  const { browser, os, platform } = userAgent ? Bowser.parse(userAgent) : { browser: {}, os: {}, platform: {} };
  const info: DeviceInfo = {};
  const device = family(platform.type)?.toLowerCase();
  const agentFamily = family(browser.name) ?? family(agent.split(/[/\s(]/, 1)[0]);
  const osFamily = family(os.name);
  if (device) info.device = device;
  if (agentFamily) info.agent_family = agentFamily;
  if (osFamily) info.os_family = osFamily;
  return info;
}

/** A name that may be shown and grouped by: short, and of harmless characters. */
function family(name: string | undefined): string | undefined {
  return (
    name
      ?.replace(/[^A-Za-z0-9 ._+-]/g, '')
      .trim()
      .slice(0, FAMILY_MAX) || undefined
  );
}
