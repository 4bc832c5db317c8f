"""FastAPI by hand: the converted model in onnxruntime behind MLflow's body. MODEL is its file."""

import os

import numpy as np
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["MODEL"], options)
app = FastAPI()


class Frame(BaseModel):
    columns: list[str]
    data: list[list[float]]


class Question(BaseModel):
    dataframe_split: Frame


@app.get("/health")
async def health():
    return {}


# Quicker than a thread's turn, so in the loop.
@app.post("/invocations")
async def invocations(question: Question):
    rows = np.array(question.dataframe_split.data, dtype=np.float32)
    return {"predictions": session.run(["label"], {"rows": rows})[0].tolist()}
