import { expect, it } from 'vitest';
import { readPackages } from './packages.ts';

it('reads versions of packages from what mlflow writes', () => {
  const packages = readPackages({
    'requirements.txt':
      'mlflow==3.17.2\nscikit_learn==1.7.0 ; python_version > "3.9"\nnumpy>=2\n# comment==1\npandas[all]==2.3.0\n',
    'conda.yaml':
      'channels:\n- conda-forge\ndependencies:\n- python=3.11.9\n- pip<=24.0\n- pip:\n  - mlflow==3.17.2\n  - cloudpickle==3.1.1\nname: mlflow-env\n',
  });
  expect(packages).toEqual({
    python: '3.11.9',
    mlflow: '3.17.2',
    'scikit-learn': '1.7.0',
    numpy: '>=2',
    pandas: '2.3.0',
    pip: '<=24.0',
    cloudpickle: '3.1.1',
  });
});
