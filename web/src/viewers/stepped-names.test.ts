import { expect, it } from 'vitest';
import { imageSeries, parseSteppedName } from './stepped-names.ts';

const UUID = '5d2c6d0e-8c6f-4a3e-9d9b-0123456789ab';

it.each([
  [`images/samples+step+3+timestamp+1700000000000+${UUID}.png`, 'samples', 3, false],
  [`images/samples%step%3%timestamp%1700000000000%${UUID}%compressed.webp`, 'samples', 3, true],
  [`images/val~confusion matrix+step+-1+timestamp+1+${UUID}.png`, 'val/confusion matrix', -1, false],
  [`images/val#roc%step%0%timestamp%1%${UUID}.png`, 'val/roc', 0, false],
  [`images/a.b-c_d+step+10+timestamp+1+${UUID}+compressed.webp`, 'a.b-c_d', 10, true],
])('reads the name %s', (path, key, step, isSmall) => {
  expect(parseSteppedName(path)).toMatchObject({ key, step, isSmall });
});

it.each(['images/plain.png', 'images/a+step+x+timestamp+1+u.png', 'images/a+step+1%timestamp%1%u.png'])(
  'takes %s for a file like others',
  (path) => {
    expect(parseSteppedName(path)).toBeUndefined();
  },
);

it('puts a picture and its small twin together, by key and in the order of steps', () => {
  const name = (key: string, step: number, ending: string) =>
    `images/${key}+step+${step}+timestamp+17+${UUID}${ending}`;
  const series = imageSeries([
    name('b', 10, '+compressed.webp'),
    name('b', 2, '.png'),
    name('b', 10, '.png'),
    name('a', 0, '+compressed.webp'),
    'images/readme.txt',
  ]);
  expect(series.map(({ key, images }) => [key, images.map(({ step }) => step)])).toEqual([
    ['a', [0]],
    ['b', [2, 10]],
  ]);
  expect(series[1]!.images[1]).toMatchObject({
    path: name('b', 10, '.png'),
    smallPath: name('b', 10, '+compressed.webp'),
  });
  // Only the twin was logged, or the other is on its way.
  expect(series[0]!.images[0]!.path).toBe(name('a', 0, '+compressed.webp'));
});
