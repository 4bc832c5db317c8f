"""The forest as ONNX, as people convert it. python to_onnx.py FOLDER"""

import pathlib
import sys

import joblib
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

folder = pathlib.Path(sys.argv[1])
model = joblib.load(folder / "model.joblib")
converted = to_onnx(
    model,
    initial_types=[("rows", FloatTensorType([None, model.n_features_in_]))],
    options={id(model): {"zipmap": False}},
)
(folder / "model.onnx").write_bytes(converted.SerializeToString())
