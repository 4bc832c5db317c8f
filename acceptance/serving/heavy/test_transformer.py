"""Article 000's class for a model of Hugging Face, on a tiny one with random weights, behind an endpoint."""

import sys
import time

import cloudpickle
import mlflow
import pandas as pd
import pytest
import torch
from conftest import config, entity, until
from mlflow.models import infer_signature
from models import pinned
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertForSequenceClassification

# The classes go with the model: where it is served there is no such module.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

WORDS = ["great", "awful", "a", "the", "film", "was", "really", "not"]


# As the article has it.
class TransformerModel(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.tokenizer = AutoTokenizer.from_pretrained(self.model_name)
        self.model = AutoModelForSequenceClassification.from_pretrained(self.model_name)

    def predict(self, context, model_input):
        texts = model_input.iloc[:, 0].tolist()
        inputs = self.tokenizer(texts, return_tensors="pt", padding=True, truncation=True)
        with torch.no_grad():
            outputs = self.model(**inputs)
        return pd.DataFrame(torch.softmax(outputs.logits, dim=-1).numpy())


class SentimentModel(TransformerModel):
    """The article leaves the name of the model open: here it is the folder that lies beside the class."""

    def load_context(self, context):
        self.model_name = context.artifacts["model"]
        super().load_context(context)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What `save_pretrained` leaves of a classifier with two classes that was never trained."""
    place = tmp_path_factory.mktemp("tiny") / "model"
    torch.manual_seed(7)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    BertForSequenceClassification(BertConfig(vocab_size=len(vocabulary), **sizes)).save_pretrained(place)
    (place / "vocab.txt").write_text("\n".join(vocabulary))
    (place / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer", "do_lower_case": true}')
    return str(place)


def test_it_is_served_from_the_folder_that_it_was_logged_with(workspace, http, experiment, forest, folder, endpoint_name):
    texts = pd.DataFrame({"text": ["a great film", "the film was really awful", "not great", "the the the"]})
    model = f"sentiment-{forest}"
    with mlflow.start_run():
        mlflow.pyfunc.log_model(
            name="model",
            python_model=SentimentModel(),
            artifacts={"model": folder},
            signature=infer_signature(texts, pd.DataFrame({0: [0.5], 1: [0.5]}).astype("float32")),
            pip_requirements=pinned("mlflow", "torch", "transformers", "pandas", "numpy"),
            registered_model_name=model,
        )
    begun = time.monotonic()
    endpoints = workspace.serving_endpoints
    endpoints.create(name=endpoint_name, config=config(endpoint_name, entity(model, name="sentiment")))
    until(lambda: endpoints.get(endpoint_name).state.config_update.value != "IN_PROGRESS", 1800, every=0.5)
    made = endpoints.get(endpoint_name)
    assert made.pending_config is None, made.pending_config.served_entities[0].state.deployment_state_message
    print(f"\nup after {time.monotonic() - begun:.1f} s")

    path = f"/serving-endpoints/{endpoint_name}/invocations"
    body = {"dataframe_split": {"columns": ["text"], "data": texts.values.tolist()}}
    answer = http("POST", path, json=body)
    assert answer.status_code == 200, answer.text
    here = SentimentModel()
    here.model_name = folder
    TransformerModel.load_context(here, None)
    expected = here.predict(None, texts)
    expected.columns = [str(column) for column in expected.columns]
    pd.testing.assert_frame_equal(pd.DataFrame(answer.json()["predictions"]), expected, check_dtype=False, atol=1e-6)
    assert len({round(row["0"], 6) for row in answer.json()["predictions"]}) > 1

    took = []
    for _ in range(100):
        begun = time.monotonic()
        assert http("POST", path, json={"dataframe_split": {"columns": ["text"], "data": [["a great film"]]}}).ok
        took.append(time.monotonic() - begun)
    took.sort()
    print(f"one text: p50 {took[50] * 1000:.1f} ms, p99 {took[99] * 1000:.1f} ms")
