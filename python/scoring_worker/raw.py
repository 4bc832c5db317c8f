"""The way of mlflow's own scoring server, in this process: the body as it came is parsed, checked, predicted on and
rendered by the mlflow of the model's environment. The texts are whole bodies of answers."""

import time

CONTENT_TYPES = {1: "application/json", 2: "text/csv", 3: "application/vnd.apache.parquet"}


def answer(predictor, payload):
    from . import predictor as predictors

    began = time.perf_counter()
    bodies = list(predictor.batches.unpack_raw(payload))
    texts = []
    for segment, (content_type, body) in enumerate(bodies):
        texts.append(one(predictors, predictor, content_type, body, segment if len(bodies) > 1 else None))
    pieces = predictor.batches.pack_texts(texts, whole_bodies=True)
    predictors.limit(pieces, predictor.answer_bytes)
    return predictors.Reply(pieces, predictors.elapsed_micros(began))


def one(predictors, predictor, content_type, body, segment):
    from mlflow.exceptions import MlflowException
    from mlflow.pyfunc import scoring_server

    try:
        response = scoring_server.invocations(
            body, CONTENT_TYPES[content_type], predictor.model, predictor.metadata.get_input_schema()
        )
    except MlflowException as failure:
        # What mlflow says of bad input is for the caller; what it says of an exception of the model is not.
        unexpected = "unexpected error while evaluating the model" in failure.message
        raise predictors.Failure(
            "model" if unexpected else "input",
            failure.__context__ if unexpected and failure.__context__ is not None else failure,
            text=failure.message,
            error=words_of(failure),
            segment=segment,
        )
    except Exception as failure:
        raise predictors.Failure("output", failure, segment=segment)
    if response.status != 200:
        raise predictors.Failure("input", text=response.response, segment=segment)
    return response.response.encode("utf-8")


def words_of(failure):
    """mlflow's own words for the answer, as far as this mlflow has them."""
    names = (("errorCode", "error_code"), ("sqlState", "sqlstate"), ("errorClass", "error_class"))
    return {ours: str(getattr(failure, theirs)) for ours, theirs in names if getattr(failure, theirs, None) is not None}
