import { expect, it } from 'vitest';
import { readRequirements } from './requirements.ts';

it('reads packages and the versions that are wanted of them', () => {
  const text = [
    '# made by hand',
    'mlflow==3.17.2',
    'Scikit_Learn >= 1.4,  < 2   # why not',
    'ray[serve]==2.1',
    '',
    '--extra-index-url https://example.com',
    '-r other.txt',
    'ours @ https://example.com/ours.whl',
    'pandas\r',
  ].join('\n');
  expect([...readRequirements(text)]).toEqual([
    ['mlflow', '==3.17.2'],
    ['scikit-learn', '>= 1.4, < 2'],
    ['ray[serve]', '==2.1'],
    ['ours', '@ https://example.com/ours.whl'],
    ['pandas', ''],
  ]);
});
