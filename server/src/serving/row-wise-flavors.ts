import type { ModelFile } from './model-file.ts';

/** Models whose answer to a row does not depend on its neighbours, as long as that is proven on their example. */
const ROW_WISE_FLAVORS = ['sklearn', 'xgboost', 'lightgbm', 'catboost', 'onnx'];

export const isRowWiseByKind = ({ flavors }: ModelFile): boolean =>
  flavors.some((flavor) => ROW_WISE_FLAVORS.includes(flavor));
