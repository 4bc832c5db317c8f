import { afterAll, beforeAll } from 'vitest';
import { describeEngine } from '../conformance/engine-suite.ts';
import { openTestedEngine, removeModels, saveModels, testedPython } from './local-engine.fixture.ts';

let models: Promise<string>;
beforeAll(async () => {
  models = saveModels((await testedPython()).python);
  await models;
}, 300_000);
afterAll(async () => removeModels(await models));

describeEngine('of this machine, in a jail', async () => openTestedEngine('auto', { models: await models }));
describeEngine('of this machine, without one', async () => openTestedEngine('off', { models: await models }));
