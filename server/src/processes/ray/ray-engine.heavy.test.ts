import { afterAll, beforeAll } from 'vitest';
import { type RayHead, startRayHead } from '../../../../tools/ray-head.mjs';
import { describeEngine } from '../conformance/engine-suite.ts';
import { removeModels, saveModels, testedPython } from '../local/local-engine.fixture.ts';
import { openTestedRay } from './ray-engine.fixture.ts';

let head: RayHead;
let models: string;
beforeAll(async () => {
  head = await startRayHead();
  models = await saveModels((await testedPython()).python);
});
afterAll(async () => {
  await head?.stop();
  await removeModels(models);
});

describeEngine('of a Ray cluster', () => openTestedRay(head, models));
