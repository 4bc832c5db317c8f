// A server's stead: a process that runs two replicas, tells their processes in a line, and waits to be killed.
import { setTimeout as pause } from 'node:timers/promises';
import { openTestedEngine } from './local-engine.fixture.ts';

const models = process.argv[2] ?? '';
const isolation = process.argv[3] === 'off' ? 'off' : 'auto';
const { engine, spec, processes } = await openTestedEngine(isolation, { models });
const set = engine.ensure(spec('iris'));
set.scale(2);
while (set.channels.length < 2) await pause(50);
console.log(JSON.stringify(await processes()));
await pause(600_000);
