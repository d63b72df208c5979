/**
 * How many upgrades a network may ask for in a second: one that asks for ten thousand must not keep the others out. A network is an
 * IPv4 address or the first 64 bits of an IPv6 address. Loopback is not counted: there sits the proxy, or a load test.
 */

export interface Admission {
  /** Whether one more upgrade from this address is taken now. The address is 4 or 16 bytes. */
  admit(address: Uint8Array): boolean;
}

/** `perSecond` 0 sets no bound. `now` in ms. */
export function createAdmission(perSecond: number, now: () => number = Date.now): Admission {
  let second = 0;
  let counts = new Map<string, number>();
  return {
    admit(address) {
      if (perSecond === 0 || isLoopbackAddress(address)) return true;
      const current = Math.floor(now() / 1000);
      if (current !== second) {
        second = current;
        counts = new Map();
      }
      const network = networkOf(address);
      const count = counts.get(network) ?? 0;
      if (count >= perSecond) return false;
      counts.set(network, count + 1);
      return true;
    },
  };
}

export function isLoopbackAddress(address: Uint8Array): boolean {
  const v4 = asV4(address);
  if (v4) return v4[0] === 127;
  return address.length === 16 && address[15] === 1 && address.subarray(0, 15).every((byte) => byte === 0);
}

function networkOf(address: Uint8Array): string {
  return (asV4(address) ?? address.subarray(0, 8)).join('.');
}

/** An IPv4 address, also where it comes as ::ffff:1.2.3.4. */
function asV4(address: Uint8Array): Uint8Array | null {
  if (address.length === 4) return address;
  const mapped = address.length === 16 && address[10] === 0xff && address[11] === 0xff;
  return mapped && address.subarray(0, 10).every((byte) => byte === 0) ? address.subarray(12) : null;
}
