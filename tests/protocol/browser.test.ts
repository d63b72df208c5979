/** The wire door runs where there is nothing of Node: bundled for browsers, in a context that has only what every browser has. */
import vm from 'node:vm';
import { build } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';

let code = '';
let inputs: string[] = [];

beforeAll(async () => {
  const result = await build({
    entryPoints: ['protocol/wire.ts'],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'wire',
    minify: true,
    write: false,
    metafile: true,
  });
  code = result.outputFiles[0]!.text;
  inputs = Object.keys(result.metafile.inputs);
});

test('it brings nothing along', () => {
  expect(inputs.filter((path) => !path.startsWith('protocol/'))).toEqual([]);
});

test('both codecs work without Buffer, process or require', () => {
  const context = vm.createContext({ TextEncoder, TextDecoder });
  vm.runInContext(code, context);
  const answer: unknown = vm.runInContext(
    `JSON.stringify(wire.SUBPROTOCOLS.map((name) => {
      const codec = wire.codecFor(name);
      const bytes = (message) => typeof message === 'string' ? new TextEncoder().encode(message) : message;
      const event = codec.encodeEvent({ type: 'track_skipped', timestamp: 1732129200000, user_id: 'é😀'.repeat(40) });
      const frames = [
        codec.decodeClient(bytes(codec.encode({ op: 'HELLO', producer: 'p', context: { user_id: 'u'.repeat(100) } }))),
        codec.decodeServer(codec.encode({ op: 'BEAT', serverTime: 1732129200000 })),
      ];
      const publish = codec.decodeClient(bytes(codec.encodePublish(1, [event])));
      return { frames, count: publish.count, bytes: publish.events.length - event.bytes };
    }))`,
    context,
  );
  const expected = {
    frames: [
      { op: 'HELLO', producer: 'p', context: { user_id: 'u'.repeat(100) } },
      { op: 'BEAT', serverTime: 1_732_129_200_000 },
    ],
    count: 1,
    bytes: 0,
  };
  expect(JSON.parse(answer as string)).toEqual([expected, expected]);
});
