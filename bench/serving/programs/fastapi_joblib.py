"""FastAPI by hand: the pickled model behind MLflow's body. MODEL is its file."""

import os

import joblib
import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

model = joblib.load(os.environ["MODEL"])
app = FastAPI()


class Frame(BaseModel):
    columns: list[str]
    data: list[list[float]]


class Question(BaseModel):
    dataframe_split: Frame


@app.get("/health")
def health():
    return {}


@app.post("/invocations")
def invocations(question: Question):
    rows = np.array(question.dataframe_split.data)
    return {"predictions": model.predict(rows).tolist()}
