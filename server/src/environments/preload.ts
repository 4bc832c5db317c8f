/**
 * What is worth importing before a model is known, by the distribution that brings it. These are the imports that take
 * most of a cold start, and that start no thread which a fork would lose.
 */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  numpy: ['numpy'],
  pandas: ['pandas'],
  scipy: ['scipy.sparse', 'scipy.stats'],
  'scikit-learn': ['sklearn.ensemble', 'sklearn.linear_model', 'sklearn.pipeline', 'sklearn.compose'],
  xgboost: ['xgboost'],
  lightgbm: ['lightgbm'],
  catboost: ['catboost'],
  onnxruntime: ['onnxruntime'],
  statsmodels: ['statsmodels.api'],
  torch: ['torch'],
  transformers: ['transformers'],
  cloudpickle: ['cloudpickle'],
  mlflow: ['mlflow.pyfunc'],
  'mlflow-skinny': ['mlflow.pyfunc'],
};

/** Loaders of MLflow's flavors: worth it only where the library that they wrap is there. */
const FLAVORS: Readonly<Record<string, string>> = {
  'scikit-learn': 'mlflow.sklearn',
  xgboost: 'mlflow.xgboost',
  lightgbm: 'mlflow.lightgbm',
  catboost: 'mlflow.catboost',
};

/** Modules to import, of installed distributions by normalised name; libraries before what wraps them. */
export function preloadOf(versions: Readonly<Record<string, string>>): readonly string[] {
  const modules = Object.keys(MODULES)
    .filter((name) => versions[name] !== undefined)
    .flatMap((name) => MODULES[name]!);
  const hasMlflow = versions.mlflow !== undefined || versions['mlflow-skinny'] !== undefined;
  const flavors = Object.keys(FLAVORS)
    .filter((name) => hasMlflow && versions[name] !== undefined)
    .map((name) => FLAVORS[name]!);
  return [...new Set([...modules, ...flavors])];
}
